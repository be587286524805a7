// Wallets that hold only tokens: with a fee sponsor they pay, without one they are told why not.
import { PolicyPendingError } from '@dfns/sdk';
import { expect, it, vi } from 'vitest';
import { control, sdk } from '../support/outside.ts';
import { NATIVE, openWorld, USDC } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

it('a sponsor pays the fee of a wallet without coin; it is frozen into the transfer, and watched', async () => {
  const world = await openWorld();
  const account = await world.openAccount();
  await world.fund(account, '10000000', USDC.split('/')[1]);
  const { id: destinationId } = await world.approved('client-1');
  const wish = { kind: 'withdrawal', destinationId, asset: USDC, amount: { units: '3000000' } };
  const preview = async (): Promise<Json> => (await world.post('client-1', '/v1/orders/preview', wish)).body;
  const ordered = async (id: string): Promise<Json> => (await world.get('client-1', `/v1/orders/${id}`)).body;
  const held = async (): Promise<Json> => (await world.get('client-1', '/v1/accounts/me/balances')).body.wallets[0];

  expect(await preview()).toMatchObject({ outcome: 'refused', rule: 'no_fee_coin', feePaidBy: 'wallet' });
  const { id: unpaid } = await world.must('client-1', '/v1/orders', wish);
  await world.settle();
  expect(await ordered(unpaid)).toMatchObject({ status: 'blocked', rule: 'no_fee_coin' });

  const admin = await sdk('admin-1');
  const { id: walletId } = await admin.wallets.createWallet({ body: { network: 'EthereumSepolia' } });
  await control('POST', `/wallets/${walletId}/fund`, { kind: 'Native', amount: '1000000000000000000' });
  const { id: sponsorId } = await admin.feeSponsors.createFeeSponsor({ body: { walletId } });
  const { id: permissionId } = await admin.permissions.createPermission({
    body: { name: 'Sponsored', operations: ['FeeSponsors:Use', 'FeeSponsors:Read'] },
  });
  const { userId: identityId } = (await control('GET', '/organization')).serviceAccounts.maker;
  const assigning = admin.permissions.createAssignment({ permissionId, body: { identityId } });
  await expect(assigning).rejects.toThrow(PolicyPendingError);
  for (const { id } of (await admin.policies.listApprovals({ query: { status: 'Pending' } })).items) {
    await world.decide(id, 'Approved');
  }

  const FEE_SPONSORS = JSON.stringify({ EthereumSepolia: sponsorId });
  world.restart({ bindings: { ...world.bindings, FEE_SPONSORS } });
  expect(await preview()).toMatchObject({ outcome: 'sent', feePaidBy: 'sponsor', balance: { feeReserve: '0' } });
  let minutes = 0; // custody's answer serves for half of one
  const readyz = async (): Promise<Json> => {
    minutes += 1;
    vi.spyOn(world.app.clock, 'wall').mockReturnValue(Date.now() + minutes * 60_000);
    const { body } = await world.request(undefined, 'GET', '/readyz');
    return body.checks.find(({ name }: Json) => name === 'fee sponsor of EthereumSepolia');
  };
  expect(await readyz()).toMatchObject({ ok: true });

  const { id: paid } = await world.must('client-1', '/v1/orders', wish);
  await world.drainOnce(); // prepared with the sponsor; the setting is gone before it is sent
  world.restart();
  await world.settle();
  expect(await ordered(paid)).toMatchObject({ status: 'executed' });
  const [made] = await world.custodyTransfers(account);
  expect(made).toMatchObject({ feeSponsorId: sponsorId, requestBody: { feeSponsorId: sponsorId } });
  expect((await held()).balances).toContainEqual(expect.objectContaining({ asset: USDC, units: '7000000' }));
  expect((await held()).balances).toContainEqual(expect.objectContaining({ asset: NATIVE, units: '0' }));

  world.restart({ bindings: { ...world.bindings, FEE_SPONSORS } });
  await admin.feeSponsors.deactivateFeeSponsor({ feeSponsorId: sponsorId });
  expect(await readyz()).toMatchObject({ ok: false });
});
