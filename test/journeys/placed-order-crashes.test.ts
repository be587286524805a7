// Every point at which an order can die, from the request to its end: one order, one transfer, one reservation.
import { beforeAll, describe, expect, it } from 'vitest';
import { walkCrashes } from '../support/crash.ts';
import { openWorld, USDC, type World } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

let world: World;
let account: Json;
let destination: Json;
beforeAll(async () => {
  world = await openWorld();
  account = await world.openAccount();
  await world.fund(account, '9000000000000000000');
  await world.fund(account, '1000000000000', USDC.split('/')[1]);
  destination = await world.approved('client-1');
});

interface Placing {
  readonly key: string;
  readonly before: { readonly sent: number; readonly reserved: bigint };
}
let placings = 0;

async function standing(): Promise<Placing['before']> {
  const [row] = await world.rows('SELECT reserved FROM limit_days');
  return { sent: (await world.custodyTransfers(account)).length, reserved: BigInt(row?.reserved ?? '0') };
}

describe('a share that a client withdraws', () => {
  it('that dies at any effect is one order, taken once and sent once', async () => {
    const { points, broken } = await walkCrashes<Placing>({
      prepare: async () => {
        placings += 1;
        return { world, of: { key: `placing-${placings}`, before: await standing() } };
      },
      act: (_, { key }) =>
        world.request(
          'client-1',
          'POST',
          '/v1/orders',
          { kind: 'withdrawal', destinationId: destination.id, asset: USDC, amount: { shareBasisPoints: 1 } },
          { 'idempotency-key': key },
        ),
      verify: async (_, { key, before }) => {
        const find = () => world.rows('SELECT id, status, units FROM orders WHERE origin LIKE ?', `%|${key}`);
        await world.waitFor(async () => (await find()).every(({ status }) => status === 'executed'));
        const orders = await find();
        expect(orders).toMatchObject([{ status: 'executed' }]);
        expect(await standing()).toEqual({
          sent: before.sent + 1,
          reserved: before.reserved + BigInt(orders[0].units),
        });
      },
      // A read that is lost leaves what the next point before a call leaves.
      only: (point) => !point.startsWith('D1 read'),
    });
    expect(broken).toEqual([]);
    for (const moment of ['before', 'after']) expect(points).toContain(`custody.transfer, ${moment}`);
  }, 120_000);
});
