// The whole story through the real doors: a client's wish, an officer's approval inside custody, a scheduled transfer to an
// exchange, a webhook, a line on a statement.
import { describe, expect, it } from 'vitest';
import { addSeconds } from '../../src/domain/time.ts';
import { EXCHANGE, openWorld, USDC } from '../support/world.ts';

describe('a client', () => {
  it('sees the transfer of its mandate on its statement, from an account that was empty in the morning', async () => {
    const world = await openWorld();
    const { account, destination, mandate, schedule } = await world.readyToTrade();
    expect(destination).toMatchObject({ status: 'approved', label: 'Exchange' });
    expect(mandate.status).toBe('active');

    await world.tick();
    await world.settle();

    const order = await world.order(schedule.id);
    expect(order).toMatchObject({
      status: 'executed',
      slot: schedule.nextSlot,
      amount: { asset: USDC, units: '3000000' },
    });
    const from = addSeconds(world.at, -86_400);
    const { body: statement } = await world.get(
      'client-1',
      `/v1/accounts/me/statement?from=${from}&to=${addSeconds(world.at, 60)}`,
    );
    const line = statement.lines.find(({ direction }: { direction: string }) => direction === 'out');
    expect(line).toMatchObject({ orderId: order.id, transactionHash: order.transactionHash, destination: 'Exchange' });
    expect(line.to.toLowerCase()).toBe(EXCHANGE);
    expect(statement.assets.find(({ asset }: { asset: string }) => asset === USDC)).toMatchObject({
      opening: '0',
      received: '10000000',
      sent: '3000000',
      closing: '7000000',
    });
    const { body: balances } = await world.get('client-1', '/v1/accounts/me/balances');
    expect(balances.wallets[0].balances).toContainEqual({ asset: USDC, units: '7000000', formatted: '7 USDC' });
    expect(await world.custodyTransfers(account)).toHaveLength(1);
  });
});
