// The checker's own database: the machine of a review as D1 enforces it, what was said stays, sums are reserved in turn, and no
// query reads a whole table.
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { metricsOf } from '../../src/checker/metrics.ts';
import { type Review, reviewMachine } from '../../src/checker/review-record.ts';
import { triggers } from '../../src/checker/schema.ts';
import * as store from '../../src/checker/store.ts';
import { sumIdsOf } from '../../src/checker/sums.ts';
import { listening, type Recorded } from '../support/statements.ts';

const AT = '2031-03-03T09:00:00.000Z';
const heard: Recorded[] = [];
const database = store.openDatabase(listening(env.CHECKER_DB, heard));
const outlay = { asset: 'Base/native', walletId: 'wa-1', day: '2031-03-03', units: '5' };

beforeAll(() => applyD1Migrations(env.CHECKER_DB, env.CHECKER_MIGRATIONS));

const review = (id: string, of: Partial<Review> = {}): Review => ({
  ...{ id, version: 1, status: 'intended', mode: 'live', verdict: 'approve', kind: 'transfer', walletId: 'wa-1' },
  facts: {
    approval: { id, status: 'pending', activity: 'Wallets:Sign', initiatorId: 'us-1' },
    voter: { userId: 'us-2', unfit: [] },
    ...{ request: null, wallet: null, policies: [], known: null, stops: [], sums: [] },
    sanctions: { edition: null, screened: [], hits: [] },
  },
  ...{ findings: [], outlays: [], asked: [], pendingAt: AT, receivedAt: AT, decidedAt: AT, votedAt: AT },
  ...{ expiresAt: null, outcome: null, outcomeAt: null, byPeople: null, nextLookAt: AT, told: 0, tellAt: null },
  ...of,
});
const statuses = Object.keys(reviewMachine) as (keyof typeof reviewMachine)[]; // the keys of a table written out
const complaintOf = (statement: D1PreparedStatement): Promise<string> =>
  statement.run().then(
    () => 'ok',
    (fault: Error) => fault.message,
  );

describe('a review', () => {
  it('moves along every legal transition and along no other', async () => {
    for (const from of statuses) {
      for (const to of statuses.filter((status) => status !== from)) {
        const id = `${from}-${to}`;
        expect(await store.addReview(database, review(id, { status: from }), [])).toBe('written');
        const moved = env.CHECKER_DB.prepare('UPDATE reviews SET status = ?, version = 2 WHERE id = ?').bind(to, id);
        const isLegal = (reviewMachine[from] as readonly string[]).includes(to);
        expect(await complaintOf(moved)).toEqual(isLegal ? 'ok' : expect.stringContaining('illegal transition'));
      }
    }
  });

  it('keeps what was said, never votes in shadow mode, and is neither replaced nor deleted', async () => {
    await store.addReview(database, review('kept', { status: 'abstained', verdict: 'abstain' }), []);
    const run = (sql: string) => complaintOf(env.CHECKER_DB.prepare(sql));
    for (const set of ["verdict = 'approve'", "findings = '[1]'", "facts = '{}'", "mode = 'shadow'"])
      expect(await run(`UPDATE reviews SET ${set}, version = 2 WHERE id = 'kept'`)).toContain('what was said stays');
    expect(await run("DELETE FROM reviews WHERE id = 'kept'")).toContain('not deleted');
    expect(await store.addReview(database, review('kept'), [])).toBe('lost');
    await expect(store.addReview(database, review('shadow', { mode: 'shadow' }), [])).rejects.toThrow();
    await expect(store.addReview(database, review('silent', { verdict: 'abstain' }), [])).rejects.toThrow();
  });

  it('has the triggers of its machine, word for word', async () => {
    const { results } = await env.CHECKER_DB.prepare("SELECT sql FROM sqlite_master WHERE type = 'trigger'").all();
    expect(results.map(({ sql }) => sql).sort()).toEqual([...triggers].sort());
  });
});

it('figures and decisions of records with 5,000 payees each are read without them', async () => {
  const RECORDS = 60;
  const span = { from: '2031-04-01T00:00:00.000Z', to: '2031-04-02T00:00:00.000Z' };
  const payees = Array.from({ length: 5000 }, (_, n) => `0x${n.toString(16).padStart(40, '0')}`);
  const list = { id: 'plc-1', name: 'List', rule: 'approved_list', isTriggered: false, walletTags: [], groups: [] };
  const facts = { ...review('x').facts, policies: [{ ...list, addresses: payees }] };
  const findings = [{ rule: 'day', code: 'day_above_limit', says: 'above' }];
  for (let n = 0; n < RECORDS; n += 1)
    await store.addReview(database, review(`many-${n}`, { facts, findings, decidedAt: span.from }), []);
  const bytesOf = (read: unknown) => new TextEncoder().encode(JSON.stringify(read)).byteLength;
  const figures = await store.listFiguresBetween(database, span, RECORDS);
  const decisions = await store.listDecisionsBetween(database, span, RECORDS);
  expect([figures.length, decisions.length]).toEqual([RECORDS, RECORDS]);
  expect(bytesOf(figures)).toBeLessThan(RECORDS * 300);
  expect(bytesOf(decisions)).toBeLessThan(RECORDS * 600);
  expect(metricsOf(figures, true)).toMatchObject({ reviews: RECORDS, byRule: [{ rule: 'day', no: RECORDS }] });
});

describe('a sum', () => {
  it('that moved since it was read refuses the review that was judged by it, and is given back once', async () => {
    const ids = Object.values(sumIdsOf(outlay));
    const seen = await store.findSums(database, ids);
    const [one, other] = ['one', 'other'].map((id) => review(id, { outlays: [outlay] }));
    if (one === undefined || other === undefined) throw new TypeError('two reviews are made above');
    const written = await Promise.all([one, other].map((each) => store.addReview(database, each, seen)));
    expect(written.sort()).toEqual(['lost', 'written']);
    const units = async () => (await store.findSums(database, ids)).map((sum) => sum.units);
    expect(await units()).toEqual([5n, 5n]);
    const won = (await store.findReview(database, 'one')) ?? (await store.findReview(database, 'other'));
    if (won === undefined) throw new TypeError('one of them was written');
    const close = () => store.saveReview(database, won, { status: 'closed', outcome: 'denied' }, { givesBack: true });
    expect([await close(), await close()]).toEqual(['written', 'lost']);
    expect(await units()).toEqual([0n, 0n]);
  });
});

it('no query reads a whole table', async () => {
  const module: object = store;
  const calls: Readonly<Record<string, () => Promise<unknown>>> = {
    findReview: () => store.findReview(database, 'x'),
    findSums: () => store.findSums(database, ['x']),
    findStanding: () => store.findStanding(database, 'fitness'),
    listApprovalsDue: () => store.listApprovalsDue(database, ['x'], AT, 50),
    listReviewsDue: () => store.listReviewsDue(database, AT, 50),
    listReviewsToTell: () => store.listReviewsToTell(database, AT, 50),
    listReviewsBetween: () => store.listReviewsBetween(database, { from: AT, to: AT, after: `${AT}|x` }, 50),
    listDecisionsBetween: () => store.listDecisionsBetween(database, { from: AT, to: AT, after: `${AT}|x` }, 50),
    listFiguresBetween: () => store.listFiguresBetween(database, { from: AT, to: AT }, 50),
    listBuriedSince: () => store.listBuriedSince(database, AT, 5),
    findScreening: () => store.findScreening(database, ['0x1']),
  };
  expect(Object.keys(calls).sort()).toEqual(
    Object.keys(module)
      .filter((name) => /^(find|list)/.test(name))
      .sort(),
  );
  for (const call of Object.values(calls)) {
    heard.length = 0;
    await call();
    expect(heard).toHaveLength(1);
    for (const { sql, params } of heard) {
      const explained = env.CHECKER_DB.prepare(`EXPLAIN QUERY PLAN ${sql}`).bind(...params);
      const { results } = await explained.all<{ detail: string }>();
      const scans = results.filter(({ detail }) => /^SCAN /.test(detail) && !/json_each/.test(detail));
      expect(scans, sql).toEqual([]);
    }
  }
});
