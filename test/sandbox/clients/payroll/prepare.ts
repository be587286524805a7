/** Run once by an administrator: the wallet that pays, and the policy that puts each of its payments up for review. */
import { connect, setting } from '../dfns.ts';
import { envText } from '../env-text.ts';

const dfns = connect();
const wallet = await dfns.wallets.createWallet({ body: { network: 'EthereumSepolia', name: 'Payroll' } });
await dfns.policies.createPolicy({
  body: {
    name: 'Every payment of the payroll is reviewed',
    activityKind: 'Wallets:Sign',
    rule: { kind: 'AlwaysTrigger' },
    filters: { walletId: { in: [wallet.id] } },
    action: {
      kind: 'RequestApproval',
      approvalGroups: [
        {
          name: 'Reviewers',
          quorum: 1,
          approvers: { userId: { in: [setting('REVIEWER_USER_ID'), setting('HUMAN_USER_ID')] } },
          serviceAccountsCanApprove: true,
        },
      ],
    },
  },
});
console.log(envText({ PAYROLL_WALLET_ID: wallet.id }));
