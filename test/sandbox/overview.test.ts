import { beforeEach, describe, expect, it } from 'vitest';
import {
  approvalBy,
  control,
  createGuard,
  EXCHANGE,
  fund,
  openWallet,
  pending,
  reset,
  STRANGER,
  sdk,
  settings,
  USDC,
  userIds,
  whitelist,
} from './support.ts';

beforeEach(reset);

type Said = { inWords: string };
type Overview = Record<'transfers' | 'transactions' | 'signatures' | 'policies', Said[]> & {
  wallets: { balances: Said[] }[];
  approvals: { title: string; before?: string; after?: string; groups: { quorum: number; members: string[] }[] }[];
  settings: { name: string; value: unknown }[];
};
const overview = () => control<Overview>('GET', '/overview');

describe('the overview', () => {
  it('says amounts exactly, with the digits of the asset', async () => {
    const { wallet } = await openWallet();
    await fund(wallet.id, '1234567000000000000000000001');
    await control('POST', `/wallets/${wallet.id}/fund`, { kind: 'Erc20', contract: USDC, amount: '10' });
    const { wallets } = await overview();
    const said = wallets[0]?.balances.map(({ inWords }) => inWords);
    expect(said).toEqual(expect.arrayContaining(['1 234 567 000.000000000000000001 ETH', '0.00001 USDC']));
  });

  it('says what was asked of a wallet, whatever its kind', async () => {
    const { maker, wallet } = await openWallet();
    const admin = await sdk('admin-1');
    const walletId = wallet.id;
    const nft = { kind: 'Erc721', contract: STRANGER, to: EXCHANGE, tokenId: '7' } as const;
    await maker.wallets.transferAsset({ walletId, body: nft });
    const data = `0x095ea7b3${EXCHANGE.slice(2).padStart(64, '0')}${'5'.padStart(64, '0')}`;
    await admin.wallets.broadcastTransaction({ walletId, body: { kind: 'Evm', to: USDC, data, value: '0' } });
    await admin.wallets.broadcastTransaction({ walletId, body: { kind: 'Evm', to: USDC, data: '0x12345678' } });
    await admin.wallets.generateSignature({ walletId, body: { kind: 'Message', message: '0x01' } });
    const { transfers, transactions, signatures } = await overview();
    const said = [transfers, transactions, signatures].map((items) => items.map(({ inWords }) => inWords));
    expect(said).toEqual([
      [`token 7 of ${STRANGER} from ${walletId} to ${EXCHANGE}`],
      [`call 0x12345678 of ${USDC} from ${walletId}`, `approve(${EXCHANGE}, 5) of ${USDC} from ${walletId}`],
      [`Message by ${walletId}`],
    ]);
  });

  it('says a change of a policy as before and after, and who may decide, by name', async () => {
    const officers = await userIds('compliance-1', 'compliance-2');
    await createGuard(approvalBy(officers, 2));
    const maker = await sdk('maker');
    const { id: policyId } = await maker.policies.createPolicy({ body: whitelist([EXCHANGE]) });
    await pending(maker.policies.updatePolicy({ policyId, body: whitelist([]) }));
    const { approvals, policies } = await overview();
    expect(policies.map(({ inWords }) => inWords)).toEqual([
      `When a wallet tagged client:1 signs anything that is not for ${EXCHANGE}, it is blocked.`,
      'When anybody changes a policy, it needs the approval of 2 of compliance-1, compliance-2.',
    ]);
    expect(approvals).toMatchObject([
      {
        title: 'Change the policy "approved list"',
        before: expect.stringContaining(`not for ${EXCHANGE}`),
        after: expect.stringContaining('signs anything at all (the list is empty), it is blocked'),
        groups: [{ quorum: 2, members: ['compliance-1', 'compliance-2'] }],
      },
    ]);
  });

  it('names the settings that were changed, and only those', async () => {
    expect((await overview()).settings).toEqual([]);
    await settings({ serviceAccountVotes: true });
    expect((await overview()).settings).toEqual([{ name: 'serviceAccountVotes', value: true }]);
  });
});
