// What tests arrange at custody: a person for each transfer, an answer that is lost.
import { control, sdk } from './outside.ts';

/** Every transfer waits until compliance-1 decides. */
export async function letAPersonDecideTransfers(): Promise<void> {
  const { users } = await control('GET', '/organization');
  const approvers = { userId: { in: [users['compliance-1'].userId] } };
  await (await sdk('setup')).policies.createPolicy({
    body: {
      name: 'A person looks at each transfer',
      activityKind: 'Wallets:Sign',
      rule: { kind: 'AlwaysTrigger' },
      action: { kind: 'RequestApproval', approvalGroups: [{ quorum: 1, approvers }] },
    },
  });
}

/** The next such call takes effect, and its answer never arrives. */
export const loseAnswer = (call: { readonly method: string; readonly path: string }) =>
  control('POST', '/faults', { ...call, kind: 'status', status: 502, afterEffect: true, times: 1 });
