/** What the tests of the sandbox share: its controls, and the unmodified SDK as one of its accounts. */
import { DfnsApiClient, DfnsError, PolicyPendingError } from '@dfns/sdk';
import { AsymmetricKeySigner } from '@dfns/sdk-keysigner';
import { expect } from 'vitest';

export const SANDBOX = 'http://sandbox.test';
export const USDC = '0x1c7d4b196cb0c7b01d743fbc6116a902379c7238';
export const EXCHANGE = '0x1111111111111111111111111111111111111111';
export const STRANGER = '0x2222222222222222222222222222222222222222';
export const ETHER = '1000000000000000000';

type Access = { userId: string; authToken: string; credentialId: string; privateKey: string };
type Known = { orgId: string; apiUrl: string; serviceAccounts: Record<string, Access>; users: Record<string, Access> };
export type Json = Record<string, unknown>;

export async function control<T = Json>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${SANDBOX}/_sandbox${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const parsed = await answer.json<T>();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(parsed)}`);
  return parsed;
}

export const organization = () => control<Known>('GET', '/organization');
export const reset = () => control('POST', '/reset', {});
export const advance = (seconds: number) => control<{ now: string }>('POST', '/time/advance', { seconds });
export const settings = (change: Json) => control('PUT', '/settings', change);

export type Delivery = {
  id: string;
  eventId: string;
  body: string;
  headers: Record<string, string>;
  attempt: number;
  status: string;
  responseStatus?: number;
  dateSent?: string;
};
export const deliveries = async () => (await control<{ items: Delivery[] }>('GET', '/deliveries')).items;
export const eventOf = (delivery: Delivery) => JSON.parse(delivery.body) as Json & { data: Record<string, Json> };
export const kinds = async () => (await deliveries()).map((delivery) => eventOf(delivery).kind);

export async function account(name: string): Promise<Access> {
  const { serviceAccounts, users } = await organization();
  const found = serviceAccounts[name] ?? users[name];
  if (!found) throw new Error(`no account ${name}`);
  return found;
}

/** The SDK as anyone would configure it. In the Workers runtime an Ed25519 key must be given no algorithm. */
export async function sdk(name: string): Promise<DfnsApiClient> {
  const { authToken, credentialId, privateKey } = await account(name);
  const { orgId } = await organization();
  const signer = new AsymmetricKeySigner({ credId: credentialId, privateKey });
  return new DfnsApiClient({ baseUrl: SANDBOX, orgId, authToken, signer });
}

/** Raw HTTP, for what the SDK would never send. */
export async function raw(method: string, path: string, { token = '', text = '', headers = {} } = {}) {
  const answer = await fetch(`${SANDBOX}${path}`, {
    method,
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
    ...(text && { body: text }),
  });
  const body = await answer.json<{ error?: { id: string; status: number; message: string; details?: Json } } & Json>();
  return { status: answer.status, headers: answer.headers, body };
}

/** A request signed by hand: what is signed and what is sent may differ. */
export async function userAction(
  name: string,
  signed: { method: string; path: string; text: string },
): Promise<string> {
  const { authToken, credentialId, privateKey } = await account(name);
  const post = async (path: string, body: unknown) => {
    const answer = await raw('POST', path, { token: authToken, text: JSON.stringify(body) });
    expect(answer.status).toBe(200);
    return answer.body;
  };
  const challenge = await post('/auth/action/init', {
    userActionPayload: signed.text,
    userActionHttpMethod: signed.method,
    userActionHttpPath: signed.path,
  });
  const signer = new AsymmetricKeySigner({ credId: credentialId, privateKey });
  // The signer looks at nothing but the challenge and the allowed credentials.
  const firstFactor = await signer.sign(challenge as unknown as Parameters<typeof signer.sign>[0]);
  const { userAction } = await post('/auth/action', {
    challengeIdentifier: challenge.challengeIdentifier,
    firstFactor,
  });
  return String(userAction);
}

/** The SDK types the context of its errors as unknown; these are the parts that it always sets for an HTTP error. */
type Failure = DfnsError & { context: { headers: Headers; body: { error: Json } } };

/** The error of a call that must fail. */
export async function failure(call: Promise<unknown>): Promise<Failure> {
  const fault = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(fault instanceof DfnsError)) throw new Error(`expected a DfnsError, got ${String(fault)}`);
  return fault as Failure;
}

/** The change request of a call that must be held up by a policy. */
export async function pending(call: Promise<unknown>): Promise<{ id: string; approvalId: string; status: string }> {
  const fault = await failure(call);
  if (!(fault instanceof PolicyPendingError)) throw fault;
  return fault.context as unknown as { id: string; approvalId: string; status: string };
}

export const whitelist = (addresses: string[], tag = 'client:1', action: Json = { kind: 'Block' }) => ({
  name: 'approved list',
  activityKind: 'Wallets:Sign' as const,
  rule: { kind: 'TransactionRecipientWhitelist' as const, configuration: { addresses } },
  action: action as { kind: 'Block' },
  filters: { walletTags: { hasAny: [tag] } },
});

export const approvalBy = (userIds: string[], quorum = 1, extra: Json = {}) => ({
  kind: 'RequestApproval' as const,
  approvalGroups: [{ quorum, approvers: { userId: { in: userIds } }, ...extra }],
});

export const userIds = (...names: string[]) => Promise.all(names.map(async (name) => (await account(name)).userId));

export type Action = ReturnType<typeof approvalBy> & { autoRejectTimeout?: number };
export async function createGuard(action: Action) {
  const setup = await sdk('setup');
  const rule = { kind: 'AlwaysTrigger' } as const;
  return setup.policies.createPolicy({ body: { name: 'guard', activityKind: 'Policies:Modify', rule, action } });
}

/** A list of one address under a guard, and a wish to replace it waiting for approval. */
export async function waitingChange(action: Action) {
  await createGuard(action);
  const maker = await sdk('maker');
  const policy = await maker.policies.createPolicy({ body: whitelist([EXCHANGE]) });
  const change = await pending(maker.policies.updatePolicy({ policyId: policy.id, body: whitelist([STRANGER]) }));
  const addresses = async () => {
    const { rule } = await maker.policies.getPolicy({ policyId: policy.id });
    return rule.kind === 'TransactionRecipientWhitelist' ? rule.configuration.addresses : [];
  };
  return { maker, policy, change, addresses, approvalId: change.approvalId };
}

export const decide = async (name: string, approvalId: string, value: 'Approved' | 'Denied', reason?: string) =>
  (await sdk(name)).policies.createApprovalDecision({ approvalId, body: { value, ...(reason && { reason }) } });

export const openWallet = async (tags = ['client:1']) => {
  const maker = await sdk('maker');
  return { maker, wallet: await maker.wallets.createWallet({ body: { network: 'EthereumSepolia', tags } }) };
};
export const fund = (walletId: string, amount = ETHER) =>
  control('POST', `/wallets/${walletId}/fund`, { kind: 'Native', amount });
export const hold = async () => {
  const setup = await sdk('setup');
  await control('PUT', '/webhooks/mode', { mode: 'hold' });
  await setup.webhooks.createWebhook({ body: { url: 'http://receiver.test/', events: ['*'] } });
};
