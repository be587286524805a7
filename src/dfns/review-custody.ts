// Custody as the checker needs it: reading what waits for a decision and what bears on it, and one vote. It has no method that
// makes, moves or changes anything.
import { DfnsError } from '@dfns/sdk';
import type { CustodyApproval, CustodyApprovalInFull, CustodyPolicy, CustodyWallet } from '../domain/custody.ts';
import { type Hindrance, hindranceOf } from './answers.ts';
import { toApproval, toReviewedApproval } from './approval-mapping.ts';
import { all, type DfnsCredential, keepTo, openClient, pagedAsText } from './client.ts';
import { CustodyUnavailable, type Page } from './custody.ts';
import * as to from './mapping.ts';
import { MUTATION_CALLS, type Pace, unpaced } from './pace.ts';
import { toPolicy } from './policy-mapping.ts';

export interface ReviewedApproval extends Omit<CustodyApprovalInFull, 'request'> {
  readonly evaluatedPolicyIds: readonly string[];
  readonly request:
    | {
        readonly kind: string;
        readonly id: string;
        readonly walletId: string;
        readonly externalId: string | undefined;
        readonly body: unknown;
      }
    | undefined;
}

export type VoteAnswer = { readonly kind: 'voted'; readonly approval: CustodyApproval } | Hindrance;

export interface ReviewCustody {
  /** The user id under which this credential votes. */
  readonly userId: string;
  findApproval(approvalId: string): Promise<ReviewedApproval | undefined>;
  pageOfPendingApprovals(after: string | undefined): Promise<Page<{ readonly id: string }>>;
  findPolicy(policyId: string): Promise<CustodyPolicy | undefined>;
  listPolicies(): Promise<readonly CustodyPolicy[]>;
  findWallet(walletId: string): Promise<CustodyWallet | undefined>;
  vote(approvalId: string, value: 'Approved' | 'Denied', reason: string): Promise<VoteAnswer>;
  /** Every operation that its own account holds, by whichever way custody shows them. */
  listOwnOperations(): Promise<readonly string[]>;
}

/** A bearer token of Dfns says whose it is; undefined for anything else. */
export function userIdOf(authToken: string): string | undefined {
  try {
    const middle = (authToken.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const userId: unknown = JSON.parse(atob(middle))['https://custom/app_metadata']?.userId;
    return typeof userId === 'string' ? userId : undefined;
  } catch {
    // No token of Dfns: the question asked, and its answer.
    return undefined;
  }
}

export function openReviewCustody(credential: DfnsCredential, pace: Pace = unpaced): ReviewCustody {
  const { look, demand, mutate } = keepTo(pace);
  const userId = userIdOf(credential.authToken) ?? 'unknown';
  let opened: ReturnType<typeof openClient> | undefined;
  const dfns = () => (opened ??= openClient(credential));

  const pageOfPolicies = (after: string | undefined) =>
    demand(
      () => dfns().policies.listPolicies({ query: { ...pagedAsText(after), status: 'Active' } }),
      (answer) => to.toPage(answer, toPolicy),
    );

  return {
    userId,
    findApproval: (approvalId) => look(() => dfns().policies.getApproval({ approvalId }), toReviewedApproval),
    pageOfPendingApprovals: (after) =>
      demand(
        () => dfns().policies.listApprovals({ query: { ...pagedAsText(after), status: 'Pending' } }),
        (answer) => to.toPage(answer, toApproval),
      ),
    findPolicy: (policyId) => look(() => dfns().policies.getPolicy({ policyId }), toPolicy),
    listPolicies: () => all(pageOfPolicies),
    findWallet: (walletId) => look(() => dfns().wallets.getWallet({ walletId }), to.toWallet),

    async vote(approvalId, value, reason) {
      try {
        const body = { value, reason };
        const answer = await mutate('changes', () => dfns().policies.createApprovalDecision({ approvalId, body }));
        return { kind: 'voted', approval: toApproval(answer) };
      } catch (fault) {
        return hindranceOf(fault);
      }
    },

    async listOwnOperations() {
      const assignments = await demand(
        () => dfns().auth.getServiceAccount({ serviceAccountId: userId }),
        to.toAssignments,
      );
      const operations = await Promise.all(
        assignments.map(
          ({ permissionId, operations: shown }) =>
            shown ?? demand(() => dfns().permissions.getPermission({ permissionId }), to.toOperations),
        ),
      );
      return [...new Set(operations.flat())];
    },
  };
}

/** Spaces calls out in this process: the checker's share of what custody allows the whole organisation. */
export function spacedPace(
  callsPerMinute: number,
  sleep: (milliseconds: number) => Promise<void>,
  now: () => number = Date.now,
): Pace {
  const spacing = 60_000 / callsPerMinute;
  let freeAt = 0;
  return {
    async take(_share, calls) {
      const at = now();
      freeAt = Math.max(freeAt, at - BURST_CALLS * spacing) + calls * spacing;
      if (freeAt > at) await sleep(freeAt - at);
    },
    async holdBack(seconds) {
      freeAt = Math.max(freeAt, now() + Math.min(seconds, HELD_SECONDS_MAX) * 1000);
    },
  };
}
/** One review with its vote fits without a wait. */
const BURST_CALLS = 8 * MUTATION_CALLS;
const HELD_SECONDS_MAX = 60;

/** Whether custody said that this account may not read it, rather than nothing at all. */
export const isForbidden = (fault: unknown): boolean =>
  fault instanceof CustodyUnavailable && fault.cause instanceof DfnsError && fault.cause.httpStatus === 403;
