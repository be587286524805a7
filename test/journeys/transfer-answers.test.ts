// What custody can answer to a transfer, each to the status that it leads to; and what a person then says became of it.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { externalIdOf } from '../../src/app/external-id.ts';
import { letAPersonDecideTransfers } from '../support/custody.ts';
import { control, sdk } from '../support/outside.ts';
import { EXCHANGE, openWorld, USDC, type World } from '../support/world.ts';

const TRANSFERS = { method: 'POST', path: '/wallets/*/transfers' };
const NOTE = 'Read in the dashboard of custody and on the network.';
const HASH = `0x${'ab'.repeat(32)}`;

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

const transfer = async (): Promise<Json> => (await world.get('operator-1', '/v1/transfers')).body.items[0];
const reserved = async (): Promise<string[]> =>
  (await world.rows("SELECT reserved FROM limit_days WHERE id LIKE 'limit:mnd%'")).map((row) => row.reserved);

async function handOver(fault?: object): Promise<Json> {
  const ready = await world.readyToTrade();
  if (fault !== undefined) await control('POST', '/faults', { ...TRANSFERS, times: 1, ...fault });
  await world.tick();
  await world.settle({ webhooks: false, ticks: false });
  return ready;
}

const HOUR = 3_600_000;
/** Until custody has it so, where it stays. */
const handOverUntil = async (status: string, settings: object): Promise<Json> => {
  const ready = await world.readyToTrade();
  await control('PUT', '/settings', settings);
  await world.tick();
  await world.settle();
  const [made] = await world.custodyTransfers(ready.account);
  expect(made.status).toBe(status);
  return { ...ready, made };
};

/** Past the time of the next attempt, and then of the next look at what came of it. */
async function goOn(): Promise<void> {
  for (const _ of ['attempt', 'look']) {
    await world.advance(120);
    await world.settle({ webhooks: false });
  }
}

/** In review: an attempt without an answer, which landed or not, and then a refusal. */
async function inReview({ landed }: { landed: boolean }): Promise<Json> {
  const ready = await handOver({ kind: 'status', status: 500, afterEffect: landed });
  await control('POST', '/faults', { ...TRANSFERS, kind: 'status', status: 400, times: 1 });
  await world.advance(120);
  await world.settle({ webhooks: false });
  expect(await transfer()).toMatchObject({ status: 'needs_review' });
  return ready;
}

describe('an answer that says nothing', () => {
  const shapes = [
    { kind: 'html', status: 502 },
    { kind: 'status', status: 500 },
    { kind: 'status', status: 503 },
    { kind: 'no_response', seconds: 0 },
    { kind: 'redirect' },
    { kind: 'empty' },
    { kind: 'garbled' },
  ];
  it.each(shapes.flatMap((shape) => [false, true].map((afterEffect) => ({ ...shape, afterEffect }))))(
    '%j is unknown and never failed, and the transfer is made once',
    async (fault) => {
      const { account, schedule } = await handOver(fault);
      expect(await transfer()).toMatchObject({ status: 'submitting', custodyId: null, attempts: 1 });
      expect(await world.custodyTransfers(account)).toHaveLength(fault.afterEffect ? 1 : 0);
      expect(await reserved()).toEqual(['3000000']);
      await goOn();
      expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
      expect((await transfer()).attempts).toBe(2);
      expect(await world.custodyTransfers(account)).toHaveLength(1);
    },
  );

  afterEach(() => void vi.useRealTimers());
  it('within the time of a call is unknown too, and the transfer is made once', async () => {
    const { account, schedule } = await world.readyToTrade();
    await world.tick();
    await control('POST', '/faults', { ...TRANSFERS, kind: 'latency', seconds: 3, afterEffect: true, times: 1 });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const settled = world.settle({ webhooks: false, ticks: false });
    while ((await control('GET', '/faults')).items.length > 0); // until the call is there
    vi.advanceTimersByTime(30_000);
    await settled;
    vi.useRealTimers();
    expect(await transfer()).toMatchObject({ status: 'submitting', custodyId: null, attempts: 1 });
    await goOn();
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
    expect(await world.custodyTransfers(account)).toHaveLength(1);
  });
});

describe('too many calls', () => {
  it.each([
    [600, { retryAfter: 600 }],
    [60, {}],
  ])('is tried again after %i s, which custody names or we take', async (seconds, fault) => {
    const { account, schedule } = await handOver({ kind: 'status', status: 429, ...fault });
    const { nextAttemptAt, status } = await transfer();
    expect(status).toBe('submitting');
    // Settling took a few seconds of the world.
    const left = (Date.parse(nextAttemptAt) - Date.parse(world.at)) / 1000;
    expect([left <= seconds, left > seconds - 30]).toEqual([true, true]);
    await world.advance(seconds + 60);
    await world.settle();
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
    expect(await world.custodyTransfers(account)).toHaveLength(1);
  });
});

describe('a late refusal, after an attempt that landed and whose answer was lost', () => {
  it.each([400, 401, 403])('of %i never fails the transfer, and never makes a second one', async (status) => {
    const { account, schedule } = await handOver({ kind: 'status', status: 500, afterEffect: true });
    await control('POST', '/faults', { ...TRANSFERS, kind: 'status', status, times: 1 });
    const seen = new Set<string>();
    for (let minute = 0; minute < 15; minute += 1) {
      await world.advance(60);
      await world.tick();
      await world.settle({ webhooks: false, ticks: false });
      seen.add((await transfer()).status);
    }
    expect(seen).not.toContain('failed');
    expect(await world.custodyTransfers(account)).toHaveLength(1);
    expect([...seen].at(-1)).toBe(status === 400 ? 'needs_review' : 'confirmed');
    expect((await world.order(schedule.id)).status).toBe(status === 400 ? 'executing' : 'executed');
    expect(await reserved()).toEqual(['3000000']);
  });
});

describe('a conflict', () => {
  it('with our own earlier attempt is that attempt', async () => {
    const { account, schedule } = await handOver({ kind: 'status', status: 500, afterEffect: true });
    // Custody compares by the text from now on, and had kept the values: the same request is a conflict with itself.
    await control('PUT', '/settings', { externalIdComparison: 'text' });
    await goOn();
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
    expect((await transfer()).attempts).toBe(2);
    expect(await world.custodyTransfers(account)).toHaveLength(1);
  });

  it.each(['body', 'wallet'])('with another %s under our external id waits for a person', async (other) => {
    const { account, schedule } = await world.readyToTrade();
    const maker = await sdk('maker');
    const stranger =
      other === 'wallet' ? await maker.wallets.createWallet({ body: { network: 'EthereumSepolia' } }) : undefined;
    const made = await maker.wallets.transferAsset({
      walletId: stranger?.id ?? account.wallets[0].custodyId,
      body: {
        kind: 'Native',
        to: EXCHANGE,
        amount: '1',
        externalId: await externalIdOf(`${schedule.id}|${schedule.nextSlot}`),
      },
    });
    await world.tick();
    await world.settle();
    expect(await transfer()).toMatchObject({ status: 'needs_review', custodyId: null });
    expect(await reserved()).toEqual(['3000000']);
    const ours = await world.custodyTransfers(account);
    expect(ours.map(({ id }) => id)).toEqual(other === 'wallet' ? [] : [made.id]);
  });
});

describe('an end at custody', () => {
  it.each([
    ['without', 'Executing', { transferBroadcastedMilliseconds: HOUR }],
    ['with', 'Broadcasted', { transferConfirmedMilliseconds: HOUR }],
  ])('as failed %s a hash is failed, keeps the limit, and is never tried again', async (_, status, settings) => {
    const { account, schedule, made } = await handOverUntil(status, settings);
    await control('POST', `/requests/${made.id}/settle`, { outcome: 'failed', reason: 'reverted' });
    await world.settle();
    const transactionHash = made.txHash ?? null;
    expect(transactionHash === null).toBe(status === 'Executing');
    expect(await transfer()).toMatchObject({ status: 'failed', transactionHash, reason: 'reverted' });
    expect(await world.order(schedule.id)).toMatchObject({ status: 'failed' });
    await goOn();
    expect(await reserved()).toEqual(['3000000']);
    expect(await world.custodyTransfers(account)).toHaveLength(1);
  });

  it('as denied by an officer is rejected and gives the limit back', async () => {
    const { schedule } = await world.readyToTrade();
    await letAPersonDecideTransfers();
    await world.tick();
    await world.settle();
    await world.decide((await transfer()).approvalId, 'Denied', 'not today');
    await world.settle();
    expect(await transfer()).toMatchObject({ status: 'rejected' });
    expect(await world.order(schedule.id)).toMatchObject({ status: 'rejected' });
    expect(await reserved()).toEqual(['0']);
  });
});

describe('a transfer that was replaced at custody', () => {
  const SENT = { transferConfirmedMilliseconds: HOUR };
  const idsOf = (of: Json) => ({ walletId: of.walletId, transferId: of.id });
  /** Sent and then replaced by these, each by the next. */
  const replaced = async (...kinds: readonly ('cancel' | 'speedUp')[]): Promise<Json> => {
    const ready = await handOverUntil('Broadcasted', SENT);
    const { wallets } = await sdk('admin-1');
    const [first, ...others] = kinds;
    const of = idsOf(ready.made);
    let last: Json = first === 'cancel' ? await wallets.cancelTransfer(of) : await wallets.speedUpTransfer(of);
    for (const kind of others) {
      const next = { walletId: last.walletId, transactionId: last.id };
      last = kind === 'cancel' ? await wallets.cancelTransaction(next) : await wallets.speedUpTransaction(next);
    }
    return { ...ready, last };
  };
  const end = async (id: string, outcome: string): Promise<void> => {
    await control('POST', `/requests/${id}/settle`, { outcome });
    await world.settle();
  };

  it.each([[['cancel']], [['speedUp', 'cancel']], [['cancel', 'speedUp']]] as const)(
    'by %j has failed once that is confirmed, proven without effect: the limit is free again',
    async (kinds) => {
      const { schedule, last, made } = await replaced(...kinds);
      await goOn();
      expect(await transfer()).toMatchObject({ status: 'broadcast', transactionHash: made.txHash });
      expect(await reserved()).toEqual(['3000000']);
      await end(last.id, 'confirmed');
      expect(await transfer()).toMatchObject({ status: 'failed', reason: expect.stringContaining(last.txHash) });
      expect(await world.order(schedule.id)).toMatchObject({ status: 'failed' });
      expect(await reserved()).toEqual(['0']);
    },
  );

  it.each([[['speedUp']], [['speedUp', 'speedUp']]] as const)(
    'by %j is confirmed with the hash of the last',
    async (kinds) => {
      const { schedule, last } = await replaced(...kinds);
      await end(last.id, 'confirmed');
      expect(await transfer()).toMatchObject({ status: 'confirmed', transactionHash: last.txHash });
      expect(await world.order(schedule.id)).toMatchObject({ status: 'executed', transactionHash: last.txHash });
      expect(await reserved()).toEqual(['3000000']);
    },
  );

  it('too late is confirmed with its own hash', async () => {
    const { schedule, made } = await replaced('cancel');
    await end(made.id, 'confirmed');
    expect(await transfer()).toMatchObject({ status: 'confirmed', transactionHash: made.txHash });
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
  });

  it('by what failed waits for a person', async () => {
    const { last } = await replaced('speedUp');
    await end(last.id, 'failed');
    expect(await transfer()).toMatchObject({ status: 'needs_review', reason: expect.stringContaining(last.id) });
    expect(await reserved()).toEqual(['3000000']);
  });

  it('by what may not be read waits for a person, who cannot call failed what was paid', async () => {
    const { last } = await replaced('speedUp');
    await control('POST', '/faults', { method: 'GET', path: '/wallets/*/transactions/*', kind: 'status', status: 403 });
    await end(last.id, 'confirmed');
    expect(await transfer()).toMatchObject({ status: 'needs_review', reason: expect.stringContaining(last.id) });
    expect(await reserved()).toEqual(['3000000']);
    await control('DELETE', '/faults');
    const path = `/v1/transfers/${(await transfer()).id}/resolve`;
    const said = await world.post('operator-1', path, { outcome: 'failed', note: NOTE });
    expect(said).toMatchObject({ status: 409, body: { code: 'resolution_contradicted' } });
    const paid = { outcome: 'confirmed', transactionHash: last.txHash, note: NOTE };
    expect((await world.post('operator-1', path, paid)).status).toBe(202);
    expect((await world.post('operator-2', path, paid)).status).toBe(200);
    expect(await transfer()).toMatchObject({ status: 'confirmed', transactionHash: last.txHash });
  });
});

describe('a transfer in review', () => {
  const say = async (who: string, body: object) =>
    world.post(who, `/v1/transfers/${(await transfer()).id}/resolve`, { note: NOTE, ...body });

  it('that custody does not know is failed by two persons, and its limit is free again', async () => {
    const { schedule } = await inReview({ landed: false });
    expect(await say('operator-1', { outcome: 'failed' })).toMatchObject({
      status: 202,
      body: { status: 'needs_review', proposal: { outcome: 'failed', note: NOTE } },
    });
    expect(await say('operator-1', { outcome: 'failed' })).toMatchObject({
      status: 403,
      body: { code: 'resolution_needs_another_person' },
    });
    expect(await reserved()).toEqual(['3000000']);
    expect(await say('operator-2', { outcome: 'failed' })).toMatchObject({ status: 200, body: { status: 'failed' } });
    expect(await world.order(schedule.id)).toMatchObject({ status: 'failed' });
    expect(await reserved()).toEqual(['0']);
  });

  it('that custody has made is never failed or rejected, and confirmed only by its own hash', async () => {
    const { account, schedule } = await inReview({ landed: true });
    await world.advance(60);
    const [made] = await world.custodyTransfers(account);
    for (const body of [
      { outcome: 'failed' },
      { outcome: 'rejected' },
      { outcome: 'confirmed', transactionHash: HASH },
    ]) {
      expect(await say('operator-1', body)).toMatchObject({
        status: 409,
        body: { code: 'resolution_contradicted', found: 'confirmed' },
      });
    }
    const right = { outcome: 'confirmed', transactionHash: made.txHash };
    expect((await say('operator-1', right)).status).toBe(202);
    expect((await say('compliance-1', right)).status).toBe(200);
    expect(await transfer()).toMatchObject({ status: 'confirmed', custodyId: made.id, transactionHash: made.txHash });
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
  });

  it('is not confirmed by the transaction of another payment of the same sum to the same address', async () => {
    const { account, mandate } = await inReview({ landed: true });
    const [made] = await world.custodyTransfers(account);
    const again = { kind: 'trade_funding', mandateId: mandate.id, asset: USDC, amount: { units: '3000000' } };
    const other = await world.must('operator-1', '/v1/orders', again);
    await world.waitFor(
      async () => (await world.get('operator-1', `/v1/orders/${other.id}`)).body.status === 'executed',
    );
    const { transactionHash } = (await world.get('operator-1', `/v1/orders/${other.id}`)).body;
    expect(transactionHash).not.toBe(made.txHash);
    const { items } = (await world.get('operator-1', '/v1/transfers')).body;
    const review = items.find(({ status }: Json) => status === 'needs_review');
    const said = { outcome: 'confirmed', transactionHash, note: NOTE };
    const answer = await world.post('operator-1', `/v1/transfers/${review.id}/resolve`, said);
    expect(answer).toMatchObject({ status: 409, body: { code: 'resolution_contradicted' } });
  });

  it('of a small sum is resolved by one person; by no auditor, and not twice', async () => {
    world = await openWorld({ settings: { RESOLVE_ALONE_UP_TO: JSON.stringify({ [USDC]: '3000000' }) } });
    await inReview({ landed: false });
    const { id } = await transfer();
    expect((await say('auditor-1', { outcome: 'failed' })).status).toBe(403);
    expect((await say('operator-1', { outcome: 'failed' })).status).toBe(200);
    expect((await say('operator-2', { outcome: 'failed' })).body).toMatchObject({ code: 'wrong_status' });
    const [entry] = await world.rows("SELECT actor FROM journal WHERE subject_id = ? AND kind = 'transfer.failed'", id);
    expect(entry.actor).toContain('operator-1');
  });
});
