// The checker reviews transfers of orders: what it approves, what it leaves to people and why, and that it votes once.
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { backTest } from '../../src/checker/back-test.ts';
import { runJobs } from '../../src/checker/cron.ts';
import { openDatabase, replaceSanctions } from '../../src/checker/store.ts';
import { openReviewCustody } from '../../src/dfns/review-custody.ts';
import { addSeconds } from '../../src/domain/time.ts';
import { control, sdk } from '../support/outside.ts';
import { EXCHANGE, USDC } from '../support/world.ts';
import { askGroup, type Bench, companyWallet, type Json, LIMITS, openBench, userIdsOf } from './bench.ts';

/** The database of the checker, where something else happens before each reading whose statement names this. */
const beforeReadingOf = (named: string, act: () => Promise<void>): D1Database =>
  new Proxy(env.CHECKER_DB, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name !== 'prepare') return typeof member === 'function' ? member.bind(target) : member;
      return (text: string) => {
        const statement = target.prepare(text);
        if (!text.startsWith('select') || !text.includes(named)) return statement;
        const bind = statement.bind.bind(statement);
        statement.bind = (...params: unknown[]) => {
          const bound = bind(...params);
          const raw = bound.raw.bind(bound);
          return Object.assign(bound, { raw: () => act().then(() => raw()) });
        };
        return statement;
      };
    },
  });

const VOTES = { method: 'POST', path: '/v2/policy-approvals/*/decisions' };
const codes = ({ findings }: Json): string[] => findings.map(({ code }: Json) => code);

describe('a transfer of an order', () => {
  it('is approved under the limits, and arrives', async () => {
    const bench = await openBench();
    const { approvalId } = await bench.orderWaits();
    await bench.takeEvents();
    expect(codes(await bench.review())).toEqual([]);
    expect(await bench.votesOfChecker(approvalId)).toMatchObject([{ value: 'Approved' }]);
    expect(await bench.review()).toMatchObject({ verdict: 'approve', status: 'closed', outcome: 'approved' });
    await bench.world.settle();
    expect(await bench.world.rows('SELECT status FROM transfers')).toEqual([{ status: 'confirmed' }]);
    expect(await bench.rows('SELECT id, units FROM sums ORDER BY id')).toHaveLength(2);
    expect(bench.notices).toEqual([]);
  });

  it('above the limit waits for a person, who is told, reminded, and followed by the next group', async () => {
    const bench = await openBench({ policies: false });
    const [chief] = await userIdsOf('compliance-3');
    await askGroup({ more: [{ name: 'Chiefs', quorum: 1, approvers: { userId: { in: [chief] } } }] });
    bench.open({ terms: { limits: { [USDC]: { ...LIMITS[USDC], perPayment: '2999999' } } as Json } });
    const { approvalId } = await bench.orderWaits('3000000');
    await bench.takeEvents();
    expect(await bench.votesOfChecker(approvalId)).toEqual([]);
    const review = await bench.review();
    expect(review).toMatchObject({ verdict: 'abstain', status: 'abstained' });
    expect(codes(review)).toEqual(['payment_above_limit']);
    const people = await userIdsOf('compliance-1', 'compliance-2');
    expect(bench.notices).toMatchObject([{ level: 'told', approvalId, people }]);
    expect(bench.notices[0].text).toContain('Reviewers');
    expect(bench.notices[0].text).not.toMatch(/0x[0-9a-f]{40}/);

    await bench.world.advance(31 * 60);
    bench.noticesAreTaken = false;
    await bench.tick();
    bench.noticesAreTaken = true;
    await bench.world.advance(60);
    await bench.tick();
    await bench.tick();
    await bench.world.advance(18 * 60);
    await bench.tick();
    await bench.tick();
    expect(bench.notices.map(({ level }) => level)).toEqual(['told', 'reminded', 'reminded', 'escalated']);
    expect(bench.notices.at(-1)).toMatchObject({ people: [chief] });

    await bench.world.decide(approvalId, 'Approved');
    await control('POST', `/approvals/${approvalId}/decide`, { user: 'compliance-3', value: 'Approved' });
    await bench.takeEvents();
    expect(await bench.review()).toMatchObject({ status: 'closed', outcome: 'approved', by_people: 1, tell_at: null });
  });

  it('nobody could be told of stays to be told, as /readyz and the figures say, and is told once there is somebody', async () => {
    const bench = await openBench();
    await bench.tick('*/15 * * * *');
    const terms: Json = { limits: { [USDC]: { ...LIMITS[USDC], perPayment: '2999999' } } };
    bench.open({ terms, settings: { NOTIFY_URL: undefined } });
    const { approvalId } = await bench.orderWaits('3000000');
    await bench.takeEvents();
    await bench.world.advance(31 * 60);
    await bench.tick();
    expect([bench.notices, await bench.review()]).toMatchObject([[], { told: 0, status: 'abstained' }]);
    expect(bench.logged.filter(({ event }) => event === 'review.untold')).toMatchObject([{ fields: { approvalId } }]);
    const ready = async () => (await bench.request(undefined, 'GET', '/readyz')).text;
    const span = `from=${addSeconds(bench.world.at, -7200)}&to=${addSeconds(bench.world.at, 60)}`;
    const figures = async () => (await bench.read('auditor-1', `/v1/checker/metrics?${span}`)).notices;
    expect(await ready()).toContain('NOTIFY_URL');
    expect(await figures()).toEqual({ isConfigured: false, untold: 1, told: 0, reminded: 0, escalated: 0 });

    bench.open({ mode: 'shadow', settings: { NOTIFY_URL: undefined } });
    expect(await ready()).not.toContain('NOTIFY_URL');
    bench.open({ terms });
    expect(await ready()).not.toContain('NOTIFY_URL');
    await bench.tick();
    await bench.world.advance(60);
    await bench.tick();
    expect(bench.notices.map(({ level }) => level)).toEqual(['told', 'reminded']);
    expect(await figures()).toEqual({ isConfigured: true, untold: 0, told: 1, reminded: 1, escalated: 0 });
  });

  it('under a stop is left to people, and so is one that the product cannot be asked about', async () => {
    const bench = await openBench();
    await bench.orderWaits();
    await bench.world.must('operator-1', '/v1/halts', { level: 'all', reason: 'look first' });
    const silent = { findTransferFacts: () => Promise.reject(new Error('gone')), stops: async () => [] };
    await bench.takeEvents();
    const review = await bench.review();
    expect(codes(review)).toEqual(['stopped']);
    expect(review.findings[0].says).toContain('look first');

    const second = await openBench();
    second.open({ settings: { FACTS: silent } });
    const { approvalId } = await second.orderWaits();
    await second.takeEvents();
    expect(codes(await second.review())).toEqual(expect.arrayContaining(['origin_unknown', 'stopped']));
    expect(await second.votesOfChecker(approvalId)).toEqual([]);
  });

  it('is left to people when the list in force at custody does not hold the recipient, whatever the product says', async () => {
    const bench = await openBench();
    const { approvalId } = await bench.orderWaits();
    const admin = await sdk('admin-1');
    const { items } = await admin.policies.listPolicies({ query: { status: 'Active' } });
    const list: Json = items.find(({ rule }) => rule.kind === 'TransactionRecipientWhitelist');
    const { name, activityKind, action, filters } = list;
    const rule = { kind: 'TransactionRecipientWhitelist', configuration: { addresses: [] } };
    const change = admin.policies.updatePolicy({
      policyId: list.id,
      body: { name, activityKind, action, filters, rule } as Json,
    });
    await change.catch(() => undefined); // waits for an officer
    const pending: Json = await admin.policies.getPolicy({ policyId: list.id });
    await bench.world.decide(pending.pendingChangeRequest.approvalId, 'Approved');
    await bench.takeEvents();
    const reviews = await bench.rows(`SELECT findings FROM reviews WHERE id = '${approvalId}'`);
    expect(codes({ findings: JSON.parse(reviews[0].findings) })).toEqual(['not_on_live_list']);
    // The change of the list itself was decided by then; while it waits it is for people alone.
    expect(await bench.votesOfChecker(approvalId)).toEqual([]);
  });
});

describe('two requests that both fit the day', () => {
  it('do not both pass, though they are reviewed at once; a denial gives back what it took', async () => {
    const bench = await openBench();
    const { mandate, account } = await bench.world.readyToTrade('client-1', '4000000');
    await bench.world.settle();
    const second = await bench.world.schedule(mandate.id, '4000000');
    await bench.world.advance((Date.parse(second.nextSlot) - Date.parse(bench.world.at)) / 1000 + 1);
    await bench.world.settle();
    expect(await bench.world.custodyTransfers(account)).toHaveLength(2);
    const tight = { limits: { [USDC]: { ...LIMITS[USDC], perDayOfWallet: '7999999' } } as Json };
    const { items } = await (await sdk('admin-1')).policies.listApprovals({ query: { status: 'Pending' } });
    const bodies = items.map(({ id }) => ({ v: 1, type: 'review.due', approvalId: id, receivedAt: bench.world.at }));
    const [one, other] = [bench.open({ terms: tight }), bench.open({ terms: tight })];
    await Promise.all([bench.carryOut(bodies[0], one), bench.carryOut(bodies[1], other)]);
    const verdicts = (await bench.rows('SELECT verdict FROM reviews ORDER BY verdict')).map(({ verdict }) => verdict);
    expect(verdicts).toEqual(['abstain', 'approve']);
    expect(await bench.rows('SELECT DISTINCT units FROM sums')).toEqual([{ units: '4000000' }]);
  });

  it('count again when custody did not pay: in shadow mode a person denies', async () => {
    const bench = await openBench();
    bench.open({ mode: 'shadow' });
    const { approvalId } = await bench.orderWaits('3000000');
    await bench.takeEvents();
    expect(await bench.review()).toMatchObject({ status: 'shadowed', verdict: 'approve', mode: 'shadow' });
    expect((await bench.approval(approvalId)).decisions).toEqual([]);
    expect(await bench.rows('SELECT DISTINCT units FROM sums')).toEqual([{ units: '3000000' }]);
    await bench.world.decide(approvalId, 'Denied');
    await bench.takeEvents();
    expect(await bench.review()).toMatchObject({ status: 'closed', outcome: 'denied', by_people: 1 });
    expect(await bench.rows('SELECT DISTINCT units FROM sums')).toEqual([{ units: '0' }]);
    const span = `from=${addSeconds(bench.world.at, -3600)}&to=${addSeconds(bench.world.at, 3600)}`;
    const metrics = await bench.read('auditor-1', `/v1/checker/metrics?${span}`);
    expect(metrics.agreementInShadow).toEqual({ compared: 1, agreed: 0, rate: 0 });
    expect(bench.notices).toEqual([]);
  });
});

describe('one vote', () => {
  it('is cast for an event that comes twice, to two checkers at once, and once more by looking', async () => {
    const bench = await openBench();
    const { approvalId } = await bench.orderWaits();
    await bench.tick();
    expect(bench.queued).toMatchObject([{ approvalId }]);
    const [body] = bench.queued;
    bench.queued = [];
    const [one, other] = [bench.open(), bench.open()];
    await Promise.all([bench.carryOut(body, one), bench.carryOut(body, other)]);
    await bench.takeEvents();
    await bench.carryOut(body);
    expect(await bench.votesOfChecker(approvalId)).toHaveLength(1);
    expect(bench.logged.filter(({ event }) => event === 'review.vote')).toHaveLength(1);
  });

  it('is known after its answer was lost, and cast later where it never arrived', async () => {
    for (const afterEffect of [true, false]) {
      const bench = await openBench();
      const { approvalId } = await bench.orderWaits();
      await control('POST', '/faults', { ...VOTES, kind: 'status', status: 502, afterEffect, times: 1 });
      await bench.takeEvents();
      await bench.tick();
      expect((await bench.votesOfChecker(approvalId)).length).toBe(afterEffect ? 1 : 0);
      await bench.world.advance(120);
      const [one, other] = [bench.open(), bench.open()];
      await Promise.all([one, other].map((checker) => runJobs({ cron: '* * * * *' }, checker)));
      expect(await bench.votesOfChecker(approvalId)).toHaveLength(1);
      expect(await bench.review()).toMatchObject({ outcome: 'approved', verdict: 'approve' });
      expect(bench.logged.filter(({ event }) => event === 'review.vote')).toHaveLength(afterEffect ? 1 : 2);
    }
  });

  it('is taken back where a stop came before it was heard, and what it took of the day is free', async () => {
    const bench = await openBench();
    const { approvalId } = await bench.orderWaits();
    await control('POST', '/faults', { ...VOTES, kind: 'status', status: 502, afterEffect: false, times: 1 });
    await bench.takeEvents();
    expect(await bench.review()).toMatchObject({ status: 'intended' });
    await bench.world.must('operator-1', '/v1/halts', { level: 'all', reason: 'stop' });
    await bench.world.advance(120);
    await bench.tick();
    const review = await bench.review();
    expect(review).toMatchObject({ status: 'abstained', verdict: 'abstain' });
    expect(codes(review)).toEqual(['stopped']);
    expect(await bench.votesOfChecker(approvalId)).toEqual([]);
    expect(await bench.rows('SELECT DISTINCT units FROM sums')).toEqual([{ units: '0' }]);
    expect(bench.notices).toMatchObject([{ level: 'told' }]);
  });

  it('refused by custody leaves the request to people', async () => {
    const bench = await openBench();
    await control('PUT', '/settings', { serviceAccountVotes: false });
    await bench.orderWaits();
    await bench.takeEvents();
    const review = await bench.review();
    expect(review).toMatchObject({ status: 'abstained' });
    expect(codes(review)).toEqual(['vote_refused']);
    expect(bench.notices).toMatchObject([{ level: 'told' }]);
  });
});

it('what waits at custody is sent to the queue as fast as it can be reviewed, again only when its look is due, and a repeat asks custody nothing', async () => {
  const bench = await openBench({ policies: false });
  const wallet = await companyWallet();
  const admin = await sdk('admin-1');
  const WAITING = 12;
  const body: Json = { kind: 'Eip1559', to: EXCHANGE, data: '0xa9059cbb' };
  for (let n = 0; n < WAITING; n += 1) await admin.wallets.broadcastTransaction({ walletId: wallet.id, body });
  const calls: string[] = [];
  const count =
    (name: string, member: (...asked: unknown[]) => unknown) =>
    (...asked: unknown[]) => {
      calls.push(name);
      return member(...asked);
    };
  const counted = Object.entries(bench.checker.custody).map(([name, member]) => [
    name,
    typeof member === 'function' ? count(name, member) : member,
  ]);
  // Nine calls a review: five reviews fit into a minute.
  bench.open({ settings: { DFNS_CALLS_PER_MINUTE: '45' }, custody: Object.fromEntries(counted) });
  const sentBy = async () => {
    const before = bench.queued.length;
    await bench.tick();
    return bench.queued.slice(before).map((message) => (message as Json).approvalId);
  };
  const sent: string[][] = [];
  for (let minute = 0; minute < 4; minute += 1) {
    sent.push(await sentBy());
    await bench.world.advance(60);
  }
  expect(sent.map(({ length }) => length)).toEqual([5, 5, 2, 0]);
  expect(new Set(sent.flat()).size).toBe(WAITING);
  await bench.world.advance(11 * 60);
  expect((await sentBy()).sort()).toEqual(sent[0]?.sort());

  await bench.drain();
  expect(await bench.rows('SELECT status, count(*) many FROM reviews GROUP BY status')).toEqual([
    { status: 'abstained', many: WAITING },
  ]);
  calls.length = 0;
  const again = sent.flat().map((approvalId) => ({ v: 1, type: 'review.due', approvalId, receivedAt: bench.world.at }));
  for (const message of again) await bench.carryOut({ ...message, isDecided: false });
  expect(calls).toEqual([]);
  expect(await sentBy()).toEqual([]);
});

describe('a checker', () => {
  it('never votes on a change of a policy, even where a group names it, and then votes on nothing', async () => {
    const bench = await openBench();
    const [checker] = await userIdsOf('checker');
    const admin = await sdk('admin-1');
    await admin.policies.createPolicy({
      body: {
        name: 'A second guard',
        activityKind: 'Policies:Modify',
        rule: { kind: 'AlwaysTrigger' },
        action: {
          kind: 'RequestApproval',
          approvalGroups: [
            { name: 'All', quorum: 1, approvers: { userId: { in: [checker] } }, serviceAccountsCanApprove: true },
          ],
        },
      } as Json,
    });
    await bench.tick('*/15 * * * *');
    await bench.world.ask('client-1', EXCHANGE).catch(() => bench.world.openAccount());
    await bench.world.ask('client-1', EXCHANGE);
    await bench.world.settle();
    const approvalId = await bench.waiting();
    await bench.takeEvents();
    const review = await bench.review();
    expect(codes(review)).toEqual(['activity_not_reviewed', 'checker_unfit']);
    expect(bench.notices).toEqual([]);
    expect(await bench.votesOfChecker(approvalId)).toEqual([]);
    const { status, text } = await bench.request(undefined, 'GET', '/readyz');
    expect(status).toBe(503);
    expect(text).toContain('it is in a group of the policy');
  });

  it('whose account may create anything votes on nothing, until custody shows that it no longer may', async () => {
    const bench = await openBench();
    const admin = await sdk('admin-1');
    const [checker = ''] = await userIdsOf('checker');
    // The guard of rights asks an officer about each step.
    const decided = async (act: () => Promise<unknown>) => {
      await act().catch(() => undefined);
      const { items } = await admin.policies.listApprovals({ query: { status: 'Pending' } });
      for (const { id } of items) await bench.world.decide(id, 'Approved');
    };
    const role = await admin.permissions.createPermission({ body: { name: 'More', operations: ['Wallets:Create'] } });
    await decided(() => admin.permissions.createAssignment({ permissionId: role.id, body: { identityId: checker } }));
    await bench.tick('*/15 * * * *');
    const { approvalId } = await bench.orderWaits();
    await bench.takeEvents();
    const reviews = await bench.rows(`SELECT findings FROM reviews WHERE id = '${approvalId}'`);
    expect(codes({ findings: JSON.parse(reviews[0].findings) })).toEqual(['checker_unfit']);
    expect((await bench.request(undefined, 'GET', '/readyz')).text).toContain('Wallets:Create');

    const { items } = await admin.permissions.listAssignments({ permissionId: role.id });
    await decided(() =>
      admin.permissions.deleteAssignment({ permissionId: role.id, assignmentId: items[0]?.id ?? '' }),
    );
    await bench.tick('*/15 * * * *');
    const { status, text } = await bench.request(undefined, 'GET', '/readyz');
    expect([status, text]).toEqual([200, expect.stringContaining('"mode":"live"')]);
  });

  it('denies a sanctioned recipient only where that is switched on', async () => {
    for (const deniesSanctioned of [false, true]) {
      const bench: Bench = await openBench();
      bench.open({ terms: { deniesSanctioned } });
      const { approvalId } = await bench.orderWaits();
      await bench.loadSanctions([EXCHANGE.toUpperCase().replace('0X', '0x')], 'newer');
      await bench.takeEvents();
      expect(codes(await bench.review())).toEqual(['sanctioned']);
      const votes = await bench.votesOfChecker(approvalId);
      expect(votes.map(({ value }) => value)).toEqual(deniesSanctioned ? ['Denied'] : []);
    }
  });

  it('finds a sanctioned recipient whose list is replaced while it is screened, and says by which edition', async () => {
    const bench = await openBench();
    await bench.loadSanctions([EXCHANGE], 'first');
    const { approvalId } = await bench.orderWaits();
    let editions = 0;
    const DB = beforeReadingOf('"sanctions"', async () => {
      editions += 1;
      await replaceSanctions(openDatabase(env.CHECKER_DB), {
        ...{ edition: `next ${editions}`, addresses: [EXCHANGE.toLowerCase()], at: bench.world.at },
      });
    });
    bench.open({ settings: { DB } });
    await bench.takeEvents();
    const review = await bench.review();
    expect([editions, codes(review)]).toEqual([1, ['sanctioned']]);
    expect(JSON.parse(review.facts).sanctions).toMatchObject({ edition: 'next 1', hits: [EXCHANGE.toLowerCase()] });
    expect(review.findings[0].says).toContain('next 1');
    expect(await bench.votesOfChecker(approvalId)).toEqual([]);
  });
});

describe('facts that custody does not let the checker read', () => {
  const WALLETS = { method: 'GET', path: '/wallets/*' };
  const POLICIES = { method: 'GET', path: '/v2/policies/*' };
  const secondsOf = (waits: readonly number[]) => waits.reduce((sum, seconds) => sum + seconds, 0);
  /** The message about what waits at custody. */
  const found = async (bench: Bench): Promise<Json> => {
    await bench.tick();
    const [body, ...others] = bench.queued;
    expect(others).toEqual([]);
    bench.queued = [];
    return body;
  };

  it('are asked for again for minutes and then left to the people of its group with the reason, also in figures and back-tests', async () => {
    const bench = await openBench();
    const { approvalId } = await bench.orderWaits();
    await control('POST', '/faults', { ...WALLETS, kind: 'status', status: 403 });
    const waits = await bench.deliver(await found(bench));
    expect(secondsOf(waits)).toBeGreaterThan(240);
    expect(secondsOf(waits)).toBeLessThan(600);
    const review = await bench.review();
    expect([review.status, codes(review)]).toEqual(['abstained', ['facts_unreadable']]);
    expect(review.findings[0].says).toMatch(/the wallet wa-\S+ \(status 403\)/);
    const people = await userIdsOf('compliance-1', 'compliance-2');
    expect(bench.notices).toMatchObject([{ level: 'told', approvalId, people }]);
    expect(bench.notices[0].text).toContain('status 403');
    expect(JSON.parse(review.facts)).toMatchObject({ wallet: null, known: { origin: { kind: 'order' } } });

    await control('DELETE', '/faults');
    const span = `from=${addSeconds(bench.world.at, -7200)}&to=${addSeconds(bench.world.at, 60)}`;
    expect(await bench.read('auditor-1', `/v1/checker/metrics?${span}`)).toMatchObject({
      ...{ reviews: 1, byVerdict: { abstain: 1 }, notices: { told: 1 }, abstained: { open: 1 } },
      byRule: [{ rule: 'readable', no: 1 }],
    });
    const { items, terms } = await bench.read('auditor-1', `/v1/checker/facts?${span}`);
    expect(items).toHaveLength(1);
    expect(backTest(items, terms)).toEqual({ replayed: 0, differences: [] });
    await bench.world.decide(approvalId, 'Approved');
    await bench.takeEvents();
    expect(await bench.review()).toMatchObject({ status: 'closed', outcome: 'approved', by_people: 1 });
  });

  it('for minutes only end in a real review', async () => {
    const bench = await openBench();
    const { approvalId } = await bench.orderWaits();
    await control('POST', '/faults', { ...WALLETS, kind: 'status', status: 503, times: 7 });
    expect(await bench.deliver(await found(bench))).toHaveLength(7);
    expect(await bench.votesOfChecker(approvalId)).toMatchObject([{ value: 'Approved' }]);
    expect(bench.notices).toEqual([]);
  });

  it('tell whom it can find: everybody where the group is among them, nobody where it is not its group', async () => {
    const bench = await openBench();
    const { approvalId } = await bench.orderWaits();
    await control('POST', '/faults', { ...POLICIES, kind: 'garbled' });
    await bench.deliver(await found(bench));
    expect(codes(await bench.review())).toEqual(['facts_unreadable']);
    expect(bench.notices).toMatchObject([{ level: 'told', approvalId, people: [] }]);
    expect(bench.notices[0].text).toContain('"the approvers"');

    const other = await openBench({ policies: false });
    await askGroup({}, ['compliance-1', 'compliance-2']);
    await other.orderWaits();
    await control('POST', '/faults', { ...WALLETS, kind: 'status', status: 403 });
    await other.deliver(await found(other));
    expect(codes(await other.review())).toEqual(['facts_unreadable', 'not_in_group']);
    expect(other.notices).toEqual([]);
  });

  it('take back an intent whose vote nobody heard of', async () => {
    const bench = await openBench();
    const { approvalId } = await bench.orderWaits();
    await control('POST', '/faults', { ...VOTES, kind: 'status', status: 502, afterEffect: false, times: 1 });
    await bench.takeEvents();
    await control('POST', '/faults', { ...WALLETS, kind: 'status', status: 403 });
    await bench.world.advance(120);
    await bench.tick();
    expect(await bench.review()).toMatchObject({ status: 'intended' });
    await bench.world.advance(180);
    await bench.tick();
    const review = await bench.review();
    expect([review.status, codes(review)]).toEqual(['abstained', ['facts_unreadable']]);
    expect(await bench.rows('SELECT DISTINCT units FROM sums')).toEqual([{ units: '0' }]);
    expect(await bench.votesOfChecker(approvalId)).toEqual([]);
    expect(bench.notices).toMatchObject([{ level: 'told' }]);
  });

  it.each([
    ['the approval itself is not shown', { method: 'GET', path: '/v2/policy-approvals/*', status: 403 }],
    ['custody asks to wait each time', { ...WALLETS, status: 429, retryAfter: 1 }],
  ])('make it not ready where %s, until it is reviewed', async (_why, fault) => {
    const bench = await openBench();
    await bench.tick('*/15 * * * *');
    const { approvalId } = await bench.orderWaits();
    const message = await found(bench);
    // Without the pace, which would wait in place.
    bench.open({ custody: openReviewCustody(bench.checker.config.dfns) });
    const ready = async () => {
      const { status, text } = await bench.request(undefined, 'GET', '/readyz');
      return { status, missing: JSON.parse(text).checks.find(({ name }: Json) => name === 'approvals').missing };
    };
    expect(await ready()).toEqual({ status: 200 });
    await control('POST', '/faults', { ...fault, kind: 'status' });
    const waits = await bench.deliver(message);
    expect(secondsOf(waits)).toBeLessThan(1200);
    expect([await bench.rows('SELECT id FROM reviews'), bench.notices]).toEqual([[], []]);
    expect(await ready()).toEqual({ status: 503, missing: [expect.stringContaining(approvalId)] });

    await control('DELETE', '/faults');
    await bench.tick();
    await bench.drain();
    expect(await bench.votesOfChecker(approvalId)).toMatchObject([{ value: 'Approved' }]);
    expect(await ready()).toEqual({ status: 200 });
  });

  it('of one that is gone count for an hour, and a message that is not understood too', async () => {
    const bench = await openBench({ policies: false });
    await bench.tick('*/15 * * * *');
    const gone = { v: 1, type: 'review.due', approvalId: 'ap-gone', receivedAt: bench.world.at };
    for (const body of [gone, gone, { v: 2 }]) await bench.deliver(body);
    const ready = async () => (await bench.request(undefined, 'GET', '/readyz')).text;
    expect(await ready()).toMatch(/"approvals","ok":false,"missing":\["[^"]*","[^"]*"\]/);
    expect(await ready()).toContain('ap-gone');
    await bench.world.advance(3601);
    expect(await ready()).toContain('"approvals","ok":true');
  });
});
