// What tests arrange at custody: a policy made by hand, a person for each transfer, an answer that is lost.
import { control, sdk } from './outside.ts';

/** A policy of somebody with every right at custody; as it stands, it blocks all that leaves any wallet. Its id. */
export async function makePolicy(over: object = {}): Promise<string> {
  const body = {
    name: 'Nothing leaves today',
    activityKind: 'Wallets:Sign',
    rule: { kind: 'AlwaysTrigger' },
    action: { kind: 'Block' },
    ...over,
  } as never; // the types of the SDK lack what the newest documents have
  return (await (await sdk('setup')).policies.createPolicy({ body })).id;
}

/** As somebody with every right at custody, whose change an officer approves without looking. */
export async function archivePolicy(policyId: string): Promise<void> {
  const pending = await (await sdk('setup')).policies.archivePolicy({ policyId }).catch((fault) => fault.context);
  if (pending.approvalId === undefined) return;
  await control('POST', `/approvals/${pending.approvalId}/decide`, { user: 'compliance-1', value: 'Approved' });
}

/** Every transfer waits until compliance-1 decides; the policy's id. */
export async function letAPersonDecideTransfers(): Promise<string> {
  const { users } = await control('GET', '/organization');
  const approvers = { userId: { in: [users['compliance-1'].userId] } };
  const action = { kind: 'RequestApproval', approvalGroups: [{ quorum: 1, approvers }] };
  return makePolicy({ name: 'A person looks at each transfer', action });
}

/** The next such call takes effect, and its answer never arrives. */
export const loseAnswer = (call: { readonly method: string; readonly path: string }) =>
  control('POST', '/faults', { ...call, kind: 'status', status: 502, afterEffect: true, times: 1 });
