// Evidence bundles: made through the real doors, checked with nothing but the file and the published keys, and refused by
// name once anything in them is not as it was.
import { beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/domain/canonical.ts';
import { explainEvidence } from '../../src/kit/explain-evidence.ts';
import { checkFence } from '../../src/kit/messages.ts';
import { verifyEvidence } from '../../src/kit/verify-evidence.ts';
import { corruptions } from '../support/evidence.ts';
import { control } from '../support/outside.ts';
import { EXCHANGE, MONDAY, openWorld, type World } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: bundles are taken apart and altered here
type Json = any;

let world: World;
let account: Json;
let transferId: string;
let bundle: string;
let keys: string;

const FROM = MONDAY;
const TO = '2031-03-04T09:00:00.000Z';
const query = (accountId: string, from = FROM, to = TO) => `/v1/evidence?accountId=${accountId}&from=${from}&to=${to}`;

async function signs(): Promise<void> {
  await world.tick('*/5 * * * *');
  await world.settle({ ticks: false, webhooks: false });
}

beforeAll(async () => {
  world = await openWorld();
  // Another client's entries lie between ours in every checkpoint.
  await world.openAccount('client-2');
  const ready = await world.readyToTrade();
  account = ready.account;
  await signs();
  await world.tick();
  await world.settle();
  transferId = (await world.order(ready.schedule.id)).transferId;
  await signs();
  await world.ask('client-1', '0x8617e340b3d01fa5f11f306f4090fd50e238070d');
  world.queued.push({ queue: 'fiducia-events', body: checkFence({ accountId: account.id })(null), attempts: 1 });
  await world.settle();
  await signs();
  const answer = await world.get('auditor-1', query(account.id));
  expect(answer.status).toBe(200);
  bundle = JSON.stringify(answer.body);
  keys = JSON.stringify((await world.request(undefined, 'GET', '/.well-known/fiducia-attestation-keys.json')).body);
}, 120_000);

const problemOf = async (text: string): Promise<string | undefined> => {
  const answer = await verifyEvidence(text, keys);
  return answer.ok ? undefined : answer.problem;
};
/** What the verifier says of the bundle once this was done to it. */
async function afterwards(change: (evidence: Json) => unknown): Promise<string | undefined> {
  const evidence = JSON.parse(bundle);
  await change(evidence);
  return problemOf(JSON.stringify(evidence));
}
describe('an evidence bundle', () => {
  it('holds the whole story of the period, and verifies with the file and the keys alone', async () => {
    const answer = await verifyEvidence(bundle, keys);
    if (!answer.ok) throw new Error(answer.problem);
    const { summary } = answer;
    expect(summary).toMatchObject({ unbound: 0, checkpoints: { from: 1, to: 3 }, account: { id: account.id } });
    const rows = await world.rows('SELECT id FROM journal WHERE account_id = ? ORDER BY place', account.id);
    expect(JSON.parse(bundle).entries.map(({ id }: Json) => id)).toEqual(rows.map(({ id }) => id));
    expect(summary.records.transfers).toMatchObject([
      { id: transferId, facts: { status: 'confirmed', transactionHash: expect.stringMatching(/^0x/) } },
    ]);
    expect(summary.records.policyVersions[0]).toMatchObject({
      facts: { status: 'applied', addressesBefore: [], addressesWanted: [EXCHANGE], addressesRead: [EXCHANGE] },
    });
    expect(summary.custody.approvals[0]).toMatchObject({
      status: 'approved',
      decisions: [{ value: 'approved' }],
    });
    const checks = await world.rows('SELECT count(*) n FROM attestations WHERE account_id = ?', account.id);
    expect(summary.attestations).toBe(checks[0].n);
    expect(JSON.parse(bundle).cannotProve.length).toBeGreaterThan(5);
  });

  it('holds what people and machines signed at custody, each with a signature that fits', async () => {
    const { auditLog } = JSON.parse(bundle).custody;
    expect(auditLog.status).toBe('read');
    const paths = auditLog.lines.map(({ summary }: Json) => summary);
    expect(paths.some((path: string) => path.includes(`/wallets/${account.wallets[0].custodyId}/transfers`))).toBe(
      true,
    );
    const answer = await verifyEvidence(bundle, keys);
    expect(answer).toMatchObject({ ok: true, summary: { signatures: { genuine: auditLog.actions.length } } });
    expect(auditLog.actions.length).toBeGreaterThan(1);
  });

  it('says in words what is in it', async () => {
    const answer = await verifyEvidence(bundle, keys);
    if (!answer.ok) throw new Error(answer.problem);
    const text = JSON.stringify(explainEvidence(answer.summary));
    for (const words of [account.id, transferId, 'confirmed', 'Number 1 to 3, without a gap'])
      expect(text).toContain(words);
  });

  it('of a period with unbound entries says how many, and so does one of no entries at all', async () => {
    await world.ask('client-1', '0xde709f2102306220921060314715629080e2fb77');
    const fresh = await verifyEvidence(JSON.stringify((await world.get('auditor-1', query(account.id))).body), keys);
    expect(fresh).toMatchObject({ ok: true });
    expect(fresh.ok && fresh.summary.unbound).toBeGreaterThan(0);
    const none = await world.get(
      'auditor-1',
      query(account.id, '2031-02-01T00:00:00.000Z', '2031-02-02T00:00:00.000Z'),
    );
    expect(await verifyEvidence(JSON.stringify(none.body), keys)).toMatchObject({
      ok: true,
      summary: { entries: 0, checkpoints: null },
    });
  });

  it('is refused for a period that is too long, turned round or of nobody, and to everybody but auditors', async () => {
    const long = await world.get('auditor-1', query(account.id, FROM, '2031-04-04T09:00:00.000Z'));
    expect(long).toMatchObject({ status: 422, body: { code: 'period_invalid' } });
    expect((await world.get('auditor-1', query(account.id, TO, FROM))).body.code).toBe('period_invalid');
    expect((await world.get('auditor-1', query(`acc_${'9'.repeat(26)}`))).status).toBe(404);
    expect((await world.get('client-1', query(account.id))).status).toBe(403);
    expect((await world.get('operator-1', query(account.id))).status).toBe(403);
  });

  it.each([
    [403, 'not_permitted', 'may not read the audit log'],
    [500, 'unavailable', 'did not answer'],
  ])('says so where custody answers %i for its audit log, and proves the rest', async (status, found, words) => {
    await control('POST', '/faults', { method: 'GET', path: '/auth/action/logs', kind: 'status', status, times: 1 });
    const { body } = await world.get('auditor-1', query(account.id));
    expect(body.custody.auditLog).toMatchObject({ status: found, says: expect.stringContaining(words), lines: [] });
    expect(body.custody.approvals).toHaveLength(JSON.parse(bundle).custody.approvals.length);
    expect(await problemOf(JSON.stringify(body))).toBeUndefined();
  });
});

describe('a corrupted bundle is refused and says why:', () => {
  it.each(corruptions.map(({ name, change, words }) => [name, change, words] as const))(
    '%s',
    async (_, change, words) => {
      expect(await afterwards(() => undefined)).toBeUndefined();
      expect(await afterwards(change)).toContain(words);
    },
  );

  it('other text, and other keys', async () => {
    expect(await problemOf('')).toContain('not an evidence bundle');
    expect(await problemOf(bundle.slice(0, -1))).toContain('not an evidence bundle');
    expect(await problemOf(canonicalJson(JSON.parse(bundle)))).toBeUndefined();
    expect(await verifyEvidence(bundle, '{"keys":[]}')).toMatchObject({
      ok: false,
      problem: 'The key file holds no key.',
    });
  });
});
