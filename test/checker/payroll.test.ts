// A payroll of the company under the preset `standard`, as the set-up applies it: what the checker approves, what waits for a
// person, and that its figures say exactly that.
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { applySetup, planSetup } from '../../scripts/setup/apply.ts';
import { readPayees } from '../../scripts/setup/payees.ts';
import { payoutPresets } from '../../src/domain/payout-preset.ts';
import { addSeconds } from '../../src/domain/time.ts';
import { checkerFactsOf } from '../../src/features/checker-facts/service.ts';
import { addressOf, fileOf, GENEROUS, lineTo, Office } from '../support/office.ts';
import { sdk, wantedForTests } from '../support/outside.ts';
import { NATIVE, USDC } from '../support/world.ts';
import { type Bench, type Json, openBench } from './bench.ts';

const ROWS = Number(env.PAYROLL_ROWS);
const [OVER, UNKNOWN] = [Math.ceil(ROWS / 50), 2];
const KNOWN = ROWS - OVER - UNKNOWN;
const SALARY = '120.5';
const MILLION = 1_000_000n;
/** What one wallet may pay a day under the preset is far above the whole payroll. */
const TERMS = {
  limits: { [USDC]: { perPayment: '10000000000', perDayOfWallet: '90000000000', perDay: '90000000000' } },
};

async function setUp({ world }: Bench): Promise<void> {
  const dfns = await sdk('setup');
  const { items } = await dfns.webhooks.listWebhooks({});
  const { webhookUrl, ...wanted } = await wantedForTests();
  const kept = items.find(({ url }) => url === webhookUrl);
  if (kept === undefined) throw new Error('no webhook');
  const payees = await readPayees(async (path) => (await world.get('admin-1', path)).body);
  const asked = { ...wanted, webhookUrl, payees, payoutPresets: [payoutPresets.standard] };
  const applied = await applySetup(dfns, asked, { id: kept.id, url: kept.url, secret: 'kept-in-tests' });
  expect([applied.isRefused, applied.done.length]).toEqual([false, payoutPresets.standard.rules.length]);
  // The lists at custody stay as they are where nobody names the payees.
  for (const one of [asked, { ...asked, payees: undefined }])
    expect((await planSetup(dfns, one, applied.webhook)).filter(({ state }) => state !== 'right')).toEqual([]);
}

async function confirmPayee({ world }: Bench, address: string): Promise<void> {
  const payee = { network: 'EthereumSepolia', address, name: 'Staff' };
  const { id } = await world.must('operator-1', '/v1/payees', payee);
  await world.must('compliance-1', `/v1/payees/${id}/confirm`);
}

/** Until nothing is left that a machine may do. */
async function runOn(bench: Bench, office: Office, id: string, isDone: (counts: Json) => boolean): Promise<void> {
  for (let round = 0; round < 30 + 2 * ROWS; round += 1) {
    // A lane sends one row after another.
    await bench.world.settle({ rounds: 60 + ROWS });
    await bench.takeEvents();
    if (isDone((await office.read(id)).counts)) return;
  }
  throw new Error(
    `not so: ${JSON.stringify((await office.read(id)).counts)} ${JSON.stringify(bench.logged.slice(-5))}`,
  );
}

it('a payroll is approved by the checker under the limit; what is above, and whoever is unknown, waits for a person; the figures say so', {
  timeout: 1_200_000,
}, async () => {
  const bench = await openBench({ policies: false, settings: GENEROUS });
  bench.open({ terms: TERMS });
  const office = new Office(bench.world, 'standard');
  await office.addWallet('60000000000');
  await office.addWallet('60000000000');
  // A recipient of each row, but for two that nobody knows.
  for (let n = 0; n < ROWS - UNKNOWN; n += 1) await confirmPayee(bench, addressOf(n));
  await setUp(bench);
  const from = bench.world.at;

  const amountOf = (n: number) => (n < OVER ? '10000.000001' : SALARY);
  const { id } = await office.released(
    fileOf(...Array.from({ length: ROWS }, (_, n) => lineTo(addressOf(n), amountOf(n)))),
  );
  expect((await office.read(id)).check.flags).toEqual({ unknown_recipient: UNKNOWN });
  await runOn(bench, office, id, ({ paid = 0, ready = 0 }) => paid === KNOWN && ready === 0);
  await bench.world.settle();
  await bench.takeEvents();
  expect((await office.read(id)).counts).toEqual({ paid: KNOWN, executing: OVER + UNKNOWN });

  const metrics = async () =>
    bench.read('auditor-1', `/v1/checker/metrics?from=${from}&to=${addSeconds(bench.world.at, 60)}`);
  const reviewed = await metrics();
  expect(reviewed).toMatchObject({
    reviews: ROWS,
    forPeopleAlone: 0,
    byVerdict: { approve: KNOWN, abstain: OVER + UNKNOWN, deny: 0 },
    votesHeard: KNOWN,
    escalationRate: (OVER + UNKNOWN) / ROWS,
    abstained: { open: OVER + UNKNOWN },
  });
  const asked = (rule: string, no: number) => ({ rule, no, peopleApproved: 0, peopleDenied: 0 });
  expect(reviewed.byRule).toEqual([
    asked('destination', UNKNOWN),
    asked('live_list', UNKNOWN),
    asked('payment_limit', OVER),
  ]);
  const codes = await bench.rows("SELECT findings ->> '$[0].code' AS code FROM reviews WHERE verdict = 'abstain'");
  expect(codes.filter(({ code }) => code === 'recipient_unknown')).toHaveLength(UNKNOWN);

  // People pay what is above the limit and one of the unknown, and deny the other.
  const waiting = await bench.world.rows(
    "SELECT t.facts ->> 'approvalId' AS approval, p.line FROM transfers t JOIN payouts p ON p.id = t.payout_id WHERE t.status = 'awaiting_approval' ORDER BY p.line",
  );
  expect(waiting.map(({ line }) => line)).toEqual([...Array(OVER).keys(), ROWS - 2, ROWS - 1].map((n) => n + 2));
  for (const { approval, line } of waiting)
    await bench.world.decide(approval, line === ROWS + 1 ? 'Denied' : 'Approved');
  await runOn(bench, office, id, ({ executing = 0 }) => executing === 0);
  await office.finished(id);
  expect((await office.read(id)).counts).toEqual({ paid: ROWS - 1, rejected: 1 });
  await bench.takeEvents();
  expect(await metrics()).toMatchObject({
    reviews: ROWS,
    byVerdict: { approve: KNOWN, abstain: OVER + UNKNOWN },
    votesHeard: KNOWN,
    abstained: { peopleApproved: OVER + 1, peopleDenied: 1, open: 0 },
  });
  const paid = (await office.atCustody()).filter(({ status }) => status === 'Confirmed');
  const total = paid.reduce((sum, { requestBody }) => sum + BigInt(requestBody.amount), 0n);
  expect(total).toBe(BigInt(OVER) * (10_000n * MILLION + 1n) + (BigInt(KNOWN) + 1n) * 120_500_000n);
});

it('what the product says of a payout is the row as it was handed over, and all that speaks against it now', {
  timeout: 120_000,
}, async () => {
  const bench = await openBench({ settings: GENEROUS });
  const { world } = bench;
  const office = new Office(world);
  await office.addWallet('5000000');
  await confirmPayee(bench, addressOf(1));
  const { id } = await office.released(fileOf(lineTo(addressOf(1), '2'), lineTo(addressOf(2), '3')));
  await world.settle();
  const [first, second] = await world.rows(
    'SELECT t.external_id externalId, t.custody_id custodyId, t.custody_wallet_id walletId, p.id payout, p.line FROM transfers t JOIN payouts p ON p.id = t.payout_id ORDER BY p.line',
  );
  const factsOf = ({ custodyId }: Json) => checkerFactsOf(world.app).findTransferFacts({ externalId: null, custodyId });
  expect(await factsOf(first)).toEqual({
    ...{ origin: { kind: 'payout', id: first.payout }, externalId: first.externalId, custodyId: first.custodyId },
    ...{ custodyWalletId: office.wallets[0].custodyWalletId, status: 'awaiting_approval', stops: [] },
    payments: [{ asset: USDC, units: 2_000_000n, address: addressOf(1), isApproved: true }],
  });
  expect((await factsOf(second))?.payments).toMatchObject([{ units: 3_000_000n, isApproved: false }]);

  const stops = async () => (await factsOf(first))?.stops.map(({ code }) => code);
  await office.act('operator-1', id, 'pause');
  expect(await stops()).toEqual(['payout_batch_not_running']);
  await office.act('operator-1', id, 'resume');
  expect(await stops()).toEqual([]);
  await world.rows('UPDATE payouts SET asset = ?, version = version + 1 WHERE id = ?', NATIVE, first.payout);
  expect(await stops()).toEqual(['payout_differs']);
  await world.rows('UPDATE payouts SET asset = ?, version = version + 1 WHERE id = ?', USDC, first.payout);
  await office.loadSanctions(addressOf(1));
  expect(await stops()).toEqual(['payout_recipient_sanctioned']);
  await world.must('operator-1', '/v1/halts', { level: 'all', reason: 'look first' });
  expect((await checkerFactsOf(world.app).stops(first.walletId)).map(({ code }) => code)).toEqual(['halted']);
  await office.act('operator-2', id, 'cancel', { reason: 'wrong month' });
  expect(await stops()).toContain('payout_batch_not_running');
  await world.settle();
  expect(await stops()).toContain('stop_requested');
  await bench.takeEvents();
  const verdicts = await bench.rows('SELECT verdict FROM reviews');
  expect(verdicts).toEqual([{ verdict: 'abstain' }, { verdict: 'abstain' }]);
});
