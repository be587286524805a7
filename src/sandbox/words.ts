/** Owns how the page puts things: amounts, requests and what waits for approval, each as one sentence. */
import { decodeFunctionData, erc20Abi } from 'viem';
import type { PermissionChange } from './directory-types.ts';
import type { Approval, Signature, Transaction, Transfer } from './entities.ts';
import { type AssetInfo, assetInfo, assetOf, NATIVE } from './networks.ts';
import { policyInWords } from './policy-words.ts';
import { type EvmCall, readCall, readSigned } from './transaction-schemas.ts';
import type { World } from './world.ts';

/** Base units as one would say them: exact, because they never become a number. */
export function amountInWords(units: string, { decimals, symbol = 'units' }: AssetInfo): string {
  const digits = BigInt(units)
    .toString()
    .padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ' ');
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return `${whole}${fraction && `.${fraction}`} ${symbol}`;
}

export type Names = (id: string) => string;

/** People and wallets by the names that a developer gave them. */
export const namesOf =
  ({ store }: World): Names =>
  (id) =>
    store.find('accounts', id)?.name ?? store.find('wallets', id)?.name ?? store.find('keys', id)?.name ?? id;

export function transferInWords({ requestBody, network, walletId }: Transfer, nameOf: Names): string {
  const what =
    requestBody.kind === 'Erc721'
      ? `token ${requestBody.tokenId} of ${requestBody.contract}`
      : amountInWords(requestBody.amount, assetInfo(network, assetOf(requestBody)));
  return `${what} from ${nameOf(walletId)} to ${requestBody.to}`;
}

export function transactionInWords({ requestBody, network, walletId }: Transaction, nameOf: Names): string {
  const call = 'signedTx' in requestBody ? readSigned(requestBody.signedTx) : readCall(requestBody);
  const value = call.value > 0n ? ` with ${amountInWords(call.value.toString(), assetInfo(network, NATIVE))}` : '';
  return `${callInWords(call)}${value} from ${nameOf(walletId)}`;
}

function callInWords({ to, data }: EvmCall): string {
  if (to === undefined) return 'a new contract';
  if (data === '0x') return `a payment to ${to}`;
  return `${functionInWords(data)} of ${to}`;
}

/** The functions of a token can be read; of any other call only its selector is known. */
function functionInWords(data: string): string {
  try {
    const { functionName, args = [] } = decodeFunctionData({ abi: erc20Abi, data: data as `0x${string}` });
    return `${functionName}(${args.join(', ')})`;
  } catch {
    return `call ${data.slice(0, 10)}`;
  }
}

export function signatureInWords({ requestBody, walletId, keyId }: Signature, nameOf: Names): string {
  return `${requestBody.kind} by ${walletId === undefined ? `key ${nameOf(keyId)}` : nameOf(walletId)}`;
}

/** What would happen, and where something is to change, how it is before and would be after. */
export type Asked = { title: string; before?: string; after?: string };

export function askedInWords(world: World, { subject }: Approval): Asked {
  const { store } = world;
  const nameOf = namesOf(world);
  if (subject.kind === 'Wallets:Sign') return { title: requestInWords(world, subject, nameOf) };
  if (subject.kind !== 'Policies:Modify') {
    const change = store.find('permission_changes', subject.changeRequestId);
    return change ? permissionChangeInWords(world, change, nameOf) : { title: subject.kind };
  }
  const change = store.find('change_requests', subject.changeRequestId);
  const policy = change && store.find('policies', change.entityId);
  if (!change || !policy) return { title: subject.kind };
  const before = policyInWords(policy, nameOf);
  return change.body.status === 'Archived'
    ? { title: `Archive the policy "${policy.name}"`, before }
    : { title: `Change the policy "${policy.name}"`, before, after: policyInWords(change.body, nameOf) };
}

type SigningSubject = Extract<Approval['subject'], { kind: 'Wallets:Sign' }>;

function requestInWords({ store }: World, { table, requestId }: SigningSubject, nameOf: Names): string {
  if (table === 'transfers') {
    const transfer = store.find(table, requestId);
    return transfer ? `Transfer of ${transferInWords(transfer, nameOf)} on ${transfer.network}` : 'A transfer';
  }
  if (table === 'transactions') {
    const transaction = store.find(table, requestId);
    return transaction ? `Transaction: ${transactionInWords(transaction, nameOf)}` : 'A transaction';
  }
  const signature = store.find(table, requestId);
  return signature ? `Signature: ${signatureInWords(signature, nameOf)}` : 'A signature';
}

function permissionChangeInWords({ store }: World, change: PermissionChange, nameOf: Names): Asked {
  if (change.kind === 'Permission') {
    const { name = change.entityId, operations = [] } = store.find('permissions', change.entityId) ?? {};
    const title = change.body.isArchived ? `Archive the role "${name}"` : `Change the role "${name}"`;
    return { title, before: operations.join(', '), after: change.body.operations.join(', ') };
  }
  const role = store.find('permissions', change.body.permissionId)?.name ?? change.body.permissionId;
  const who = nameOf(change.body.identityId);
  return {
    title:
      change.operationKind === 'Create' ? `Give the role "${role}" to ${who}` : `Take the role "${role}" from ${who}`,
  };
}
