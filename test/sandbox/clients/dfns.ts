/** What the programs share: settings from the environment, the Dfns client, and the approvals that wait. */
import { DfnsApiClient, DfnsError, PolicyPendingError } from '@dfns/sdk';
import { AsymmetricKeySigner } from '@dfns/sdk-keysigner';

export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: see .env.example`);
  return value;
}

/** The private key of an .env file may be written on one line. */
export const connect = (): DfnsApiClient =>
  new DfnsApiClient({
    baseUrl: setting('DFNS_API_URL'),
    orgId: setting('DFNS_ORG_ID'),
    authToken: setting('DFNS_AUTH_TOKEN'),
    signer: new AsymmetricKeySigner({
      credId: setting('DFNS_CRED_ID'),
      privateKey: setting('DFNS_PRIVATE_KEY').replaceAll('\\n', '\n'),
    }),
  });

export type Approval = Awaited<ReturnType<DfnsApiClient['policies']['listApprovals']>>['items'][number];
export type Decision = { value: 'Approved' | 'Denied'; reason: string };

/** Everything that waits for a vote of this account, page by page. */
export async function listWaiting(dfns: DfnsApiClient): Promise<Approval[]> {
  const waiting: Approval[] = [];
  let paginationToken: string | undefined;
  do {
    const query = { status: 'Pending', approverId: setting('DFNS_USER_ID'), limit: '50' } as const;
    const page = await dfns.policies.listApprovals({
      query: { ...query, ...(paginationToken && { paginationToken }) },
    });
    waiting.push(...page.items);
    paginationToken = page.nextPageToken;
  } while (paginationToken !== undefined);
  return waiting.filter(({ decisions }) => decisions.every(({ userId }) => userId !== setting('DFNS_USER_ID')));
}

/** Votes; false where somebody else has settled the approval meanwhile. */
export async function vote(dfns: DfnsApiClient, approvalId: string, body: Decision): Promise<boolean> {
  try {
    await dfns.policies.createApprovalDecision({ approvalId, body });
    return true;
  } catch (fault) {
    if (!(fault instanceof DfnsError)) throw fault;
    const { status } = await dfns.policies.getApproval({ approvalId });
    if (status === 'Pending') throw fault;
    return false;
  }
}

/** Dfns may answer a request that waits for an approval with 202, which the SDK throws: it was taken on all the same. */
export async function accepted<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (fault) {
    // The body of such an answer is the request, as it is with 200.
    if (fault instanceof PolicyPendingError) return fault.context as T;
    throw fault;
  }
}
