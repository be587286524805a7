// Incidents from open to resolved, by persons and by proof; the token's end; what the product counts of itself; readiness.
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { hearBreaker } from '../../src/domain/breaker.ts';
import { incidentKinds, ownership, provenOver } from '../../src/domain/incident.ts';
import { addSeconds } from '../../src/domain/time.ts';
import { findBreaker, replaceBreaker } from '../../src/store/breaker.ts';
import { commit } from '../../src/store/commit.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openIncident } from '../../src/store/incidents.ts';
import { provenance } from '../support/build.ts';
import { openWorld, type World } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

declare global {
  interface ImportMeta {
    /** Vite's: the texts of all files that match. */
    glob(pattern: string, options: { eager: true; query: '?raw'; import: 'default' }): Record<string, string>;
  }
}

const database = openDatabase(env.DB);
const QUARTER = '*/15 * * * *';
let world: World;
beforeEach(async () => {
  world = await openWorld();
});

/** As a job or a consumer opens it. */
async function opened(kind: (typeof incidentKinds)[number], about = 'acc_1'): Promise<Json> {
  const by = provenance(world.app.newId, { at: world.at });
  await commit(database, {
    by,
    changes: await openIncident(database, by, { kind, about, accountId: null, detail: 'x' }),
  });
  const { items } = (await world.get('admin-1', `/v1/incidents?kind=${kind}&status=open`)).body;
  return items[0];
}

describe('an incident', () => {
  it('has a severity, an owner and a runbook, is acknowledged, resolved with a note, and then done', async () => {
    const incident = await opened('deposit_after_close');
    expect(incident).toMatchObject({
      severity: 'high',
      owner: 'operator',
      runbook: 'docs/runbooks/deposit-after-close.md',
    });
    const path = `/v1/incidents/${incident.id}`;
    expect(await world.must('compliance-1', `${path}/acknowledge`)).toMatchObject({ status: 'acknowledged' });
    expect((await world.post('admin-1', `${path}/resolve`, { note: ' ' })).status).toBe(400);
    expect((await world.post('operator-1', `${path}/resolve`, { note: 'Sent back.' })).status).toBe(403);
    expect(await world.must('admin-1', `${path}/resolve`, { note: 'Sent back.' })).toMatchObject({
      status: 'resolved',
      note: 'Sent back.',
      acknowledgedAt: world.at,
      resolvedAt: world.at,
    });
    expect((await world.post('admin-1', `${path}/resolve`, { note: 'Again.' })).body.code).toBe('wrong_status');
    expect((await world.get('auditor-1', path)).body.status).toBe('resolved');
    expect((await world.get('admin-1', '/v1/incidents?severity=critical')).body.items).toEqual([]);
  });

  it('opens again after it was resolved, and only once while it is open', async () => {
    const first = await opened('wallet_failed');
    expect((await opened('wallet_failed')).id).toBe(first.id);
    await world.must('admin-1', `/v1/incidents/${first.id}/resolve`, { note: 'Done.' });
    expect((await opened('wallet_failed')).id).not.toBe(first.id);
  });

  it('whose cause our records show to be gone is resolved, and no other', async () => {
    const account = await world.openAccount();
    const broken = await opened('fence_broken', account.id);
    const silent = await opened('custody_silent', 'maker');
    const manual = await opened('sanctions_hit', 'dst_1');
    const shut = hearBreaker(await findBreaker(database), 'barred', Date.parse(world.at));
    await replaceBreaker(database, await findBreaker(database), shut);
    await world.tick(QUARTER);
    const statusOf = async ({ id }: Json) => (await world.get('admin-1', `/v1/incidents/${id}`)).body.status;
    // The last check is older than the incident, and custody has not answered since.
    expect([await statusOf(broken), await statusOf(silent), await statusOf(manual)]).toEqual(['open', 'open', 'open']);
    await world.advance(14 * 3600);
    await world.tick(QUARTER);
    await world.settle();
    await replaceBreaker(database, shut, { failures: 0, openings: 0, openUntil: null });
    await world.tick(QUARTER);
    expect([await statusOf(broken), await statusOf(silent), await statusOf(manual)]).toEqual([
      'resolved',
      'resolved',
      'open',
    ]);
    const { body } = await world.get('admin-1', `/v1/incidents/${broken.id}`);
    expect(body.note).toBe(provenOver.fence_broken);
  });

  it('of each kind has a page of its own that says what to do', async () => {
    const pages = import.meta.glob('../../docs/runbooks/*.md', { eager: true, query: '?raw', import: 'default' });
    const texts = new Map(Object.entries(pages).map(([path, text]) => [path.split('/').at(-1), text]));
    for (const kind of incidentKinds) {
      const text = texts.get(`${kind.replaceAll('_', '-')}.md`) ?? '';
      expect(text, kind).toContain(`\`${kind}\``);
      expect(text.length, kind).toBeGreaterThan(350);
      const { severity, owner } = ownership[kind];
      expect(text, kind).toContain(`Severity and owner: ${severity}, ${owner}.`);
    }
  });
});

describe('the token toward custody', () => {
  const encode = (value: object) => btoa(JSON.stringify(value)).replaceAll('=', '');
  const tokenUntil = (at: string) => `${encode({ alg: 'none' })}.${encode({ exp: Date.parse(at) / 1000 })}.x`;
  const told = async () => (await world.get('admin-1', '/v1/incidents?kind=custody_token_expiring')).body.items;

  it('is told of 60, 14 and 3 days before its end, once each, and is over with another token', async () => {
    const end = addSeconds(world.at, 61 * 86_400);
    world.restart({ bindings: { ...world.bindings, DFNS_AUTH_TOKEN: tokenUntil(end) } });
    const counts: number[] = [];
    for (const days of [0, 1, 30, 16, 0, 11, 5]) {
      world.at = addSeconds(world.at, days * 86_400);
      for (let twice = 0; twice < 2; twice += 1) await world.tick(QUARTER);
      counts.push((await told()).length);
    }
    expect(counts).toEqual([0, 1, 1, 2, 2, 3, 3]);
    expect((await told())[0].detail).toContain(end);
    world.restart({ bindings: { ...world.bindings, DFNS_AUTH_TOKEN: tokenUntil(addSeconds(end, 365 * 86_400)) } });
    await world.tick(QUARTER);
    expect((await told()).map(({ status }: Json) => status)).toEqual(['resolved', 'resolved', 'resolved']);
  });

  it('that says nothing of its end is passed over', async () => {
    world.restart({ bindings: { ...world.bindings, DFNS_AUTH_TOKEN: 'opaque' } });
    await world.tick(QUARTER);
    expect(await told()).toEqual([]);
    expect(world.logged.filter(({ event }) => event === 'cron.fault').map(({ fields }) => fields?.job)).not.toContain(
      'watchToken',
    );
  });
});

describe('metrics', () => {
  it('count what is open and say since when it waits', async () => {
    await world.readyToTrade();
    while (world.queued.length > 0) await world.drainOnce();
    await world.must('operator-1', '/v1/halts', { level: 'all', reason: 'For the numbers.' });
    await opened('transfer_slow', 'xfr_1');
    world.queued = [];
    await world.advance(90);
    const { body } = await world.get('auditor-1', '/v1/metrics');
    expect(body).toMatchObject({
      at: world.at,
      open: { accounts: { active: 1 }, transfers: {}, incidents: { transfer_slow: 1 }, halts: 1 },
      messages: { notify: { count: 2, seconds: 90 } },
      notices: { count: 0, oldestAt: null, seconds: null },
      deadLetters: 0,
    });
    expect(body.lastEventAt).toEqual(expect.any(String));
    expect(body.oldestFenceCheckAt).toEqual(expect.any(String));
    expect((await world.get('client-1', '/v1/metrics')).status).toBe(403);
  });
});

describe('readiness', () => {
  it('is lost while a message that is long due is not sent, and answers from memory for some seconds', async () => {
    const ready = async () => (await world.request(undefined, 'GET', '/readyz')).body;
    await world.must('operator-1', '/v1/halts', { level: 'all', reason: 'For the lag.' });
    world.queued = [];
    expect(await ready()).toMatchObject({ status: 'ready' });
    await world.advance(900);
    expect(await ready()).toMatchObject({ status: 'ready' });
    world.restart({ bindings: { ...world.bindings, DB: new Proxy(world.bindings.DB, {}) } });
    expect(await ready()).toMatchObject({
      status: 'not ready',
      checks: expect.arrayContaining([{ name: 'queues', ok: false }]),
    });
  });
});
