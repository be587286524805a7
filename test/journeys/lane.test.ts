// Transfers of one wallet go one after another, in the order in which they were prepared.
import { beforeEach, describe, expect, it } from 'vitest';
import { letAPersonDecideTransfers } from '../support/custody.ts';
import { control } from '../support/outside.ts';
import { openWorld, type World } from '../support/world.ts';

const TRANSFERS = { method: 'POST', path: '/wallets/*/transfers' };

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

const statuses = async (): Promise<string[]> =>
  (await world.rows('SELECT status FROM transfers ORDER BY id')).map(({ status }) => status);

/** Two orders of one wallet, released and prepared; no call was made for either. */
async function twoPrepared(): Promise<Json> {
  const ready = await world.readyToTrade('client-1', '1000000');
  const second = await world.schedule(ready.mandate.id, '2000000');
  await world.advance((Date.parse(second.nextSlot) - Date.parse(world.at)) / 1000 + 1);
  await world.holdMoney();
  await world.tick();
  await world.drainOnce();
  expect(await statuses()).toEqual(['prepared', 'prepared']);
  await world.freeMoney();
  await world.tick();
  return { ...ready, second };
}

describe('two transfers of one wallet', () => {
  it('reach custody one after another, and both arrive', async () => {
    const { account } = await twoPrepared();
    await world.drainOnce();
    expect(await statuses()).toEqual(['submitted', 'prepared']);
    await world.settle();
    expect(await statuses()).toEqual(['confirmed', 'confirmed']);
    const made = await world.custodyTransfers(account);
    expect(made.map(({ requestBody }) => requestBody.amount).sort()).toEqual(['1000000', '2000000']);
  });

  it('keep their order when the later one is carried out first', async () => {
    const { account } = await twoPrepared();
    world.queued.reverse();
    await world.drainOnce();
    expect(await statuses()).toEqual(['submitted', 'prepared']);
    expect(await world.custodyTransfers(account)).toMatchObject([{ requestBody: { amount: '1000000' } }]);
  });

  it('are never in flight at once, even when two consumers carry both out interleaved', async () => {
    const { account } = await twoPrepared();
    const now = [...world.queued, ...world.queued];
    world.queued = [];
    await Promise.all(now.map((message) => world.carryOut(message)));
    expect((await statuses()).filter((status) => status !== 'prepared')).toHaveLength(1);
    await world.settle();
    expect(await statuses()).toEqual(['confirmed', 'confirmed']);
    expect(await world.custodyTransfers(account)).toHaveLength(2);
  });

  it('wait while custody does not answer, and the second goes when the first has ended', async () => {
    await twoPrepared();
    await control('POST', '/faults', { ...TRANSFERS, kind: 'status', status: 500, times: 1 });
    await world.settle({ webhooks: false, ticks: false });
    expect(await statuses()).toEqual(['submitting', 'prepared']);
    await control('POST', '/faults', { ...TRANSFERS, kind: 'status', status: 400, times: 1 });
    await world.advance(120);
    await world.settle();
    expect(await statuses()).toEqual(['needs_review', 'confirmed']);
  });

  it('do not wait for each other while one waits for a person', async () => {
    await twoPrepared();
    await letAPersonDecideTransfers();
    await world.settle();
    expect(await statuses()).toEqual(['awaiting_approval', 'awaiting_approval']);
  });

  it('end with the reason when their hour passes while they wait', async () => {
    const { second } = await twoPrepared();
    await control('POST', '/faults', { ...TRANSFERS, kind: 'status', status: 500, times: 100 });
    await world.waitFor(async () => (await statuses())[1] === 'canceled', { minutes: 75 });
    expect(await world.order(second.id)).toMatchObject({ status: 'skipped' });
  });
});

it('five thousand that wait in one wallet take no place of another wallet', async () => {
  await world.readyToTrade('client-1', '1000000');
  await world.readyToTrade('client-2', '1000000');
  await world.holdMoney();
  await world.tick();
  await world.drainOnce();
  expect(await statuses()).toEqual(['confirmed', 'prepared']);
  await world.freeMoney();
  const [{ id: waiting }] = await world.rows("SELECT id FROM transfers WHERE status = 'prepared'");
  await world.rows(`INSERT INTO transfers (id, order_id, external_id, next_attempt_at, version, status, created_at, facts,
      account_id, wallet_id, custody_wallet_id, destination_id, asset, units, request_body)
    WITH RECURSIVE numbers (n) AS (SELECT 10000 UNION ALL SELECT n + 1 FROM numbers WHERE n < 14999)
    SELECT 'xfr_Z' || n, 'ord_Z' || n, 'f1-' || n, '2031-01-01T00:00:00.000Z', 1, 'prepared', made.created_at, '{}',
      made.account_id, made.wallet_id, made.custody_wallet_id, made.destination_id, made.asset, made.units, '{}'
    FROM transfers AS made, numbers WHERE made.status = 'confirmed'`);
  const woken = async () => {
    world.queued = [];
    await world.advance(61);
    await world.tick();
    const bodies = world.queued.map(({ body }) => body as { type: string; transferId: string }); // as every message is
    return new Set(bodies.filter(({ type }) => type === 'transfer.due').map(({ transferId }) => transferId));
  };
  expect(await woken()).toEqual(new Set(['xfr_Z10000', waiting]));
  // What holds the wallet keeps all behind it at rest.
  await world.rows(
    "UPDATE transfers SET status = 'submitting', version = 2, next_attempt_at = '2032' WHERE id = 'xfr_Z10000'",
  );
  expect(await woken()).toEqual(new Set([waiting]));
});
