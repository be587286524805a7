import { beforeEach, describe, expect, it } from 'vitest';
import { newMember, newRole } from './members.ts';
import { advance, control, ETHER, EXCHANGE, failure, fund, openWallet, reset, sdk, USDC } from './support.ts';

beforeEach(reset);

const FEE = 65_000n * 2_000_000_000n;

async function sponsored(funds = ETHER) {
  const admin = await sdk('admin-1');
  const [{ wallet: sponsorWallet }, { wallet }] = [await openWallet(['sponsor']), await openWallet()];
  if (funds !== '0') await fund(sponsorWallet.id, funds);
  await control('POST', `/wallets/${wallet.id}/fund`, { kind: 'Erc20', contract: USDC, amount: '900' });
  const sponsor = await admin.feeSponsors.createFeeSponsor({ body: { walletId: sponsorWallet.id, name: 'gas' } });
  const send = (feeSponsorId?: string) =>
    admin.wallets.transferAsset({
      walletId: wallet.id,
      body: { kind: 'Erc20', contract: USDC, to: EXCHANGE, amount: '5', ...(feeSponsorId && { feeSponsorId }) },
    });
  const statusOf = (transferId: string) => admin.wallets.getTransfer({ walletId: wallet.id, transferId });
  return { admin, sponsorWallet, wallet, sponsor, send, statusOf };
}

const etherOf = async (walletId: string) => {
  const { assets } = await (await sdk('admin-1')).wallets.getWalletAssets({ walletId });
  return BigInt(assets.find(({ kind }) => kind === 'Native')?.balance ?? 0);
};

describe('a fee sponsor', () => {
  it('pays for a wallet that holds only a token, and the fee is listed', async () => {
    const { admin, sponsorWallet, wallet, sponsor, send, statusOf } = await sponsored();
    const alone = await send();
    const helped = await send(sponsor.id);
    expect(helped.feeSponsorId).toBe(sponsor.id);
    expect(await admin.feeSponsors.listSponsoredFees({ feeSponsorId: sponsor.id })).toEqual({ items: [] });
    await advance(2);
    expect(await statusOf(alone.id)).toMatchObject({ status: 'Failed', reason: expect.stringContaining('native') });
    const confirmed = await statusOf(helped.id);
    expect(confirmed).toMatchObject({ status: 'Confirmed', fee: String(FEE) });
    expect(await etherOf(wallet.id)).toBe(0n);
    expect(await etherOf(sponsorWallet.id)).toBe(BigInt(ETHER) - FEE);
    const { items } = await admin.feeSponsors.listSponsoredFees({ feeSponsorId: sponsor.id });
    const { dateRequested, dateConfirmed } = confirmed;
    const ids = { feeSponsorId: sponsor.id, sponsoreeId: wallet.id, requestId: helped.id };
    expect(items).toEqual([{ ...ids, fee: String(FEE), dateRequested, dateConfirmed }]);
    const { items: history } = await admin.wallets.getWalletHistory({
      walletId: wallet.id,
      query: { direction: 'Out' },
    });
    expect(history.map(({ fee }) => fee)).toEqual([undefined]);
  });

  it('can pay only once with the same coins', async () => {
    const { sponsor, send, statusOf, sponsorWallet, admin } = await sponsored(String(FEE + FEE / 2n));
    const sent = [await send(sponsor.id), await send(sponsor.id)];
    const body = { kind: 'Native', to: EXCHANGE, amount: '1' } as const;
    const own = await admin.wallets.transferAsset({ walletId: sponsorWallet.id, body });
    await advance(2);
    const statuses = await Promise.all(sent.map(async ({ id }) => (await statusOf(id)).status));
    expect(statuses.toSorted()).toEqual(['Confirmed', 'Failed']);
    const { status } = await admin.wallets.getTransfer({ walletId: sponsorWallet.id, transferId: own.id });
    expect(status).toBe('Confirmed'); // What is left is enough for a plain payment.
    expect(await etherOf(sponsorWallet.id)).toBeGreaterThanOrEqual(0n);
  });

  it('is not charged for a transfer that was cancelled on the way', async () => {
    const { admin, sponsor, send, statusOf, wallet, sponsorWallet } = await sponsored(String(FEE + FEE / 2n));
    await fund(wallet.id);
    const { id: transferId } = await send(sponsor.id);
    await advance(0.7);
    await admin.wallets.cancelTransfer({ walletId: wallet.id, transferId });
    await advance(2);
    expect((await statusOf(transferId)).status).toBe('Failed');
    expect(await etherOf(sponsorWallet.id)).toBe(FEE + FEE / 2n);
    expect(await admin.feeSponsors.listSponsoredFees({ feeSponsorId: sponsor.id })).toEqual({ items: [] });
    // What was set aside for it is free again.
    const next = await send(sponsor.id);
    await advance(2);
    expect((await statusOf(next.id)).status).toBe('Confirmed');
  });

  it('fails what it sponsors while a policy blocks its own wallet', async () => {
    const { admin, sponsor, send, statusOf } = await sponsored();
    const filters = { walletTags: { hasAny: ['sponsor'] } };
    const rule = { kind: 'AlwaysTrigger' } as const;
    const block = {
      name: 'frozen',
      activityKind: 'Wallets:Sign' as const,
      rule,
      action: { kind: 'Block' as const },
      filters,
    };
    await admin.policies.createPolicy({ body: block });
    const { id } = await send(sponsor.id);
    await advance(2);
    expect(await statusOf(id)).toMatchObject({ status: 'Failed', reason: expect.stringContaining('policy') });
  });

  it('is listed, read, switched off and on, and deleted', async () => {
    const { admin, sponsor, send } = await sponsored();
    const { id: feeSponsorId } = sponsor;
    expect(sponsor).toMatchObject({ name: 'gas', network: 'EthereumSepolia', status: 'Active' });
    expect(await admin.feeSponsors.getFeeSponsor({ feeSponsorId })).toEqual(sponsor);
    expect(await admin.feeSponsors.listFeeSponsors()).toEqual({ items: [sponsor] });
    expect((await admin.feeSponsors.deactivateFeeSponsor({ feeSponsorId })).status).toBe('Deactivated');
    expect((await failure(send(feeSponsorId))).httpStatus).toBe(422);
    expect((await admin.feeSponsors.activateFeeSponsor({ feeSponsorId })).status).toBe('Active');
    expect((await send(feeSponsorId)).status).toBe('Pending');
    expect((await admin.feeSponsors.deleteFeeSponsor({ feeSponsorId })).status).toBe('Archived');
    expect((await failure(send(feeSponsorId))).httpStatus).toBe(422);
    expect((await failure(admin.feeSponsors.activateFeeSponsor({ feeSponsorId }))).httpStatus).toBe(422);
  });

  it('is refused where it is unknown, elsewhere, not allowed, or impossible', async () => {
    const { admin, sponsor, send, wallet } = await sponsored();
    expect((await failure(send('fs-none'))).httpStatus).toBe(404);
    const elsewhere = await admin.wallets.createWallet({ body: { network: 'BaseSepolia' } });
    const body = { kind: 'Native', to: EXCHANGE, amount: '1', feeSponsorId: sponsor.id } as const;
    const transfer = (walletId: string) => admin.wallets.transferAsset({ walletId, body });
    expect((await failure(transfer(elsewhere.id))).httpStatus).toBe(400);
    const bitcoin = await admin.wallets.createWallet({ body: { network: 'BitcoinSignet' } });
    const impossible = admin.feeSponsors.createFeeSponsor({ body: { walletId: bitcoin.id } });
    expect((await failure(impossible)).httpStatus).toBe(400);
    const { client } = await newMember('Ed25519', (await newRole('Wallets:Transfers:Create')).id);
    const refused = await failure(client.wallets.transferAsset({ walletId: wallet.id, body }));
    expect(refused.message).toContain('FeeSponsors:Use');
  });
});
