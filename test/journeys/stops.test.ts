// Stops that come when custody has the money's order already: marked, told to whoever asked and to who decides, never resent.
import { beforeEach, describe, expect, it } from 'vitest';
import { letAPersonDecideTransfers } from '../support/custody.ts';
import { control } from '../support/outside.ts';
import { openWorld, USDC, type World } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

const TRANSFERS = { method: 'POST', path: '/wallets/*/transfers' };
const WAITING = 'Already with the custodian, waiting for a person, who is asked to deny it.';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

const transfer = async (): Promise<Json> => (await world.get('operator-1', '/v1/transfers')).body.items[0];
const approval = async (): Promise<Json> =>
  (await world.get('compliance-1', '/v1/approvals')).body.items.find((item: Json) => item.transfer !== null);
const reserved = async (): Promise<string[]> =>
  (await world.rows("SELECT reserved FROM limit_days WHERE id LIKE 'limit:mnd%'")).map((row) => row.reserved);
const orderOf = async ({ schedule }: Json, who = 'client-1'): Promise<Json> =>
  (await world.get(who, `/v1/orders/${(await world.order(schedule.id)).id}`)).body;
const cancel = async (ready: Json): Promise<Json> =>
  world.post('operator-1', `/v1/orders/${(await orderOf(ready, 'operator-1')).id}/cancel`);

/** At custody, where a person has to decide about it. */
async function waiting(): Promise<Json> {
  const ready = await world.readyToTrade();
  await letAPersonDecideTransfers();
  await world.tick();
  await world.settle();
  expect((await transfer()).status).toBe('awaiting_approval');
  expect((await orderOf(ready)).stop).toBeNull();
  return ready;
}

const halt = (who: string, asked: object) => world.must(who, '/v1/halts', { reason: 'Wait.', ...asked });
const stops: [string, (ready: Json) => Promise<unknown>, RegExp][] = [
  ['the client’s halt', () => halt('client-1', { level: 'account', accountId: 'me' }), /^Wait\.$/],
  ['a halt of all', () => halt('admin-1', { level: 'all' }), /^Wait\.$/],
  ['a halt of its mandate', ({ mandate }) => halt('operator-1', { level: 'mandate', mandateId: mandate.id }), /^Wait/],
  ['a revoked mandate', ({ mandate }) => world.must('client-1', `/v1/mandates/${mandate.id}/revoke`), /revoked/],
  [
    'a removed destination',
    ({ destination }) => world.must('client-1', `/v1/destinations/${destination.id}/remove`),
    /removing/,
  ],
  [
    'a suspended destination',
    ({ destination }) => world.must('compliance-1', `/v1/destinations/${destination.id}/suspend`, { reason: 'Odd.' }),
    /suspended/,
  ],
  ['a cancel', cancel, /Canceled by the desk/],
];

describe('a transfer that waits at custody', () => {
  it.each(stops)('and is stopped by %s is marked, and the officer is asked to deny it', async (_, stop, reason) => {
    const ready = await waiting();
    await stop(ready);
    await world.settle({ webhooks: false, ticks: false });
    expect(await transfer()).toMatchObject({ status: 'awaiting_approval' });
    const { stop: shown, status } = await orderOf(ready);
    expect(shown).toMatchObject({ says: WAITING, reason: expect.stringMatching(reason) });
    expect(status).toBe('executing');
    const [listed] = (await world.get('client-1', '/v1/orders')).body.items;
    expect(listed.stop).toEqual(shown);
    const asked = await approval();
    expect(asked).toMatchObject({ isAskedForHere: true, severity: 'none', says: expect.stringMatching(/^Deny it: /) });
    expect(asked.transfer.stopRequested).toEqual({ at: shown.requestedAt, reason: shown.reason });
    await world.decide((await transfer()).approvalId, 'Denied', 'as asked');
    await world.settle();
    expect(await orderOf(ready)).toMatchObject({ status: 'rejected', stop: null });
    expect(await reserved()).toEqual(['0']);
  });

  it('loses the mark when the halt is lifted, but not a person’s wish to stop it', async () => {
    const ready = await waiting();
    const { id } = await halt('client-1', { level: 'account', accountId: 'me' });
    await world.settle({ webhooks: false, ticks: false });
    await world.must('operator-1', `/v1/halts/${id}/lift`, { reason: 'All is well.' });
    await world.settle({ webhooks: false, ticks: false });
    expect((await orderOf(ready)).stop).toBeNull();
    expect((await approval()).says).not.toContain('Deny it');
    expect(await cancel(ready)).toMatchObject({ status: 202, body: { status: 'executing', stop: { says: WAITING } } });
    expect((await cancel(ready)).status).toBe(202);
    await world.tick('*/15 * * * *');
    await world.settle({ webhooks: false, ticks: false });
    expect((await orderOf(ready)).stop).toMatchObject({ reason: 'Canceled by the desk.' });
  });

  it('is found by the sweep when nobody sent word of the stop', async () => {
    const ready = await waiting();
    await halt('admin-1', { level: 'all' });
    await world.rows("DELETE FROM outbox WHERE body LIKE '%transfers.mark_stops%'");
    world.queued = [];
    await world.tick('*/15 * * * *');
    await world.settle({ webhooks: false, ticks: false });
    expect((await orderOf(ready)).stop).toMatchObject({ says: WAITING });
  });

  it('may still be approved by the officer, who has the last word: then it is paid', async () => {
    const ready = await waiting();
    await halt('client-1', { level: 'account', accountId: 'me' });
    await world.settle({ webhooks: false, ticks: false });
    await world.decide((await transfer()).approvalId, 'Approved');
    await world.settle();
    expect(await orderOf(ready)).toMatchObject({ status: 'executed', stop: null });
  });
});

describe('a cancel', () => {
  it('of what is on the network is refused, and says so', async () => {
    const ready = await world.readyToTrade();
    await control('PUT', '/settings', { transferConfirmedMilliseconds: 3_600_000 });
    await world.tick();
    await world.settle();
    const { transactionHash } = await transfer();
    expect(await cancel(ready)).toMatchObject({ status: 409, body: { code: 'already_sent', transactionHash } });
    await halt('client-1', { level: 'account', accountId: 'me' });
    await world.settle({ webhooks: false, ticks: false });
    expect((await orderOf(ready)).stop).toBeNull();
  });

  it.each([
    ['known not to have landed ends it', { status: 401 }, 'failed', ['0']],
    ['lost after it landed finds it', { status: 500, afterEffect: true }, 'confirmed', ['3000000']],
    ['lost and not to be found leaves it to a person', { status: 500 }, 'needs_review', ['3000000']],
  ])('after an attempt that is %s: it is never sent again', async (_, fault, becomes, left) => {
    const ready = await world.readyToTrade();
    await control('POST', '/faults', { ...TRANSFERS, kind: 'status', times: 1, ...fault });
    await world.tick();
    await world.settle({ webhooks: false, ticks: false });
    expect(await cancel(ready)).toMatchObject({
      status: 202,
      body: { stop: { says: expect.stringMatching(/^Being/) } },
    });
    await control('POST', '/faults', { ...TRANSFERS, kind: 'status', status: 500 });
    for (const _ of ['attempt', 'look']) {
      await world.advance(400);
      await world.settle({ webhooks: false });
    }
    expect(await transfer()).toMatchObject({ status: becomes, attempts: 1 });
    expect(await world.custodyTransfers(ready.account)).toHaveLength('afterEffect' in fault ? 1 : 0);
    expect(await reserved()).toEqual(left);
  });
});

it('a stop that marks a transfer during the very call loses nothing of custody’s answer', async () => {
  const ready = await world.readyToTrade();
  await control('POST', '/faults', { ...TRANSFERS, kind: 'status', status: 400, times: 1 });
  world.perturb('transfer', (call) => async (...asked) => {
    const answer = await call(...asked);
    await halt('client-1', { level: 'account', accountId: 'me' });
    await world.drainOnce();
    expect((await orderOf(ready)).stop).toMatchObject({ reason: 'Wait.' });
    return answer;
  });
  await world.tick();
  await world.settle({ webhooks: false, ticks: false });
  // Heard as the first answer that it is: refused, and so proven to have moved nothing.
  expect(await transfer()).toMatchObject({ status: 'failed', attempts: 1 });
  expect(await reserved()).toEqual(['0']);
});

it('a halt is lifted by itself: another one of the account stops money still, with its own reason', async () => {
  const ready = await world.readyToTrade();
  await halt('client-1', { level: 'account', accountId: 'me', reason: 'I want to look first.' });
  const { id } = await halt('operator-1', { level: 'mandate', mandateId: ready.mandate.id });
  await world.must('operator-2', `/v1/halts/${id}/lift`, { reason: 'All is well.' });
  const { halts } = (await world.get('client-1', '/v1/accounts/me/restrictions')).body;
  expect(halts).toMatchObject([{ kind: 'client', reason: 'I want to look first.' }]);
  const wish = { kind: 'trade_funding', mandateId: ready.mandate.id, asset: USDC, amount: { units: '1' } };
  expect((await world.post('operator-1', '/v1/orders/preview', wish)).body).toMatchObject({
    outcome: 'refused',
    rule: 'halted',
    halt: { level: 'account', reason: 'I want to look first.' },
  });
});
