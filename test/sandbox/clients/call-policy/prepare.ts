/**
 * Run once by an administrator: a wallet, a service account that may send contract calls from it, and the policy that
 * puts each of them up for approval. Prints the .env file of send.ts.
 */
import { connect, setting } from '../dfns.ts';
import { envText } from '../env-text.ts';
import { createServiceAccount } from '../service-account.ts';

const dfns = connect();
const wallet = await dfns.wallets.createWallet({ body: { network: 'EthereumSepolia', name: 'Contract calls' } });
await dfns.policies.createPolicy({
  body: {
    name: 'Every contract call is judged',
    activityKind: 'Wallets:Sign',
    rule: { kind: 'AlwaysTrigger' },
    filters: { walletId: { in: [wallet.id] } },
    action: {
      kind: 'RequestApproval',
      approvalGroups: [
        {
          name: 'Judges',
          quorum: 1,
          approvers: { userId: { in: [setting('WATCHER_USER_ID'), setting('HUMAN_USER_ID')] } },
          serviceAccountsCanApprove: true,
        },
      ],
    },
  },
});
const access = await createServiceAccount(dfns, 'Sender of contract calls', [
  'Wallets:Read',
  'Wallets:Transactions:Create',
  'Wallets:Transactions:Read',
]);
console.log(envText({ ...access, CALL_WALLET_ID: wallet.id }));
