/**
 * Run once by an administrator: a key, the service account that signs with it, and the policy that makes a person approve
 * each signature. Argument: `secp256k1` or `ed25519`. Prints the .env file of sign.ts.
 */
import { connect, setting } from '../dfns.ts';
import { envText } from '../env-text.ts';
import { createServiceAccount } from '../service-account.ts';

const choices = {
  secp256k1: { key: { scheme: 'ECDSA', curve: 'secp256k1' }, network: 'EthereumSepolia' },
  ed25519: { key: { scheme: 'EdDSA', curve: 'ed25519' }, network: 'SolanaDevnet' },
} as const;
const [curve = 'secp256k1'] = process.argv.slice(2);
if (curve !== 'secp256k1' && curve !== 'ed25519') throw new Error(`no such curve: ${curve}`);
const { key: keyBody, network } = choices[curve];

const dfns = connect();
const key = await dfns.keys.createKey({ body: { ...keyBody, name: `Gated ${curve} key` } });
// Policies name wallets, not keys: the wallet stands for the key.
const wallet = await dfns.wallets.createWallet({ body: { network, signingKey: { id: key.id }, name: 'Gated' } });
await dfns.policies.createPolicy({
  body: {
    name: `A person approves each signature of the ${curve} key`,
    activityKind: 'Wallets:Sign',
    rule: { kind: 'AlwaysTrigger' },
    filters: { walletId: { in: [wallet.id] } },
    action: {
      kind: 'RequestApproval',
      approvalGroups: [{ name: 'People', quorum: 1, approvers: { userId: { in: [setting('HUMAN_USER_ID')] } } }],
    },
  },
});
const access = await createServiceAccount(dfns, `Signer with the ${curve} key`, [
  'Keys:Read',
  'Keys:Signatures:Create',
  'Keys:Signatures:Read',
]);
console.log(envText({ ...access, GATED_KEY_ID: key.id }));
