// Whether this account may be a checker at all: it may read and vote, and nothing else, and it sits in no group that decides
// about policies, rights or the approved list of a client. Read at custody; while it is not proven, no vote is cast.

import { CustodyUnavailable } from '../dfns/custody.ts';
import { isForbidden } from '../dfns/review-custody.ts';
import type { CustodyPolicy } from '../domain/custody.ts';
import { guardActivities } from '../domain/fence.ts';
import { addSeconds, type Timestamp } from '../domain/time.ts';
import type { Checker } from './checker.ts';
import { CLIENT_TAG } from './facts.ts';
import { findStanding, keepStanding } from './store.ts';

/** Proven again by cron long before this. */
const FITNESS_SECONDS_MAX = 3600;

const votes: ReadonlySet<string> = new Set(['Policies:Evaluations:Vote', 'Policies:Approvals:Approve']);
/** These also cancel and speed up, whatever they are called. */
const powerfulReads: ReadonlySet<string> = new Set(['Wallets:Transfers:Read', 'Wallets:Transactions:Read']);
const isHarmless = (operation: string): boolean =>
  votes.has(operation) || (operation.endsWith(':Read') && !powerfulReads.has(operation));

/** What keeps the account of these operations from being a checker. */
export function unfitBecause(
  userId: string,
  operations: readonly string[],
  policies: readonly CustodyPolicy[],
): readonly string[] {
  const tooMuch = operations.filter((operation) => !isHarmless(operation)).sort();
  const guarded = policies.filter(
    (policy) => guardActivities.some((activity) => activity === policy.activity) || isListOfClients(policy),
  );
  return [
    ...(tooMuch.length === 0 ? [] : [`it may do more than read and vote (${tooMuch.join(', ')})`]),
    ...guarded
      .filter(
        ({ action }) =>
          action.kind === 'approval' && action.groups.some(({ approvers }) => approvers?.includes(userId)),
      )
      .map(({ id }) => `it is in a group of the policy ${id}, which is for people alone`),
  ];
}

/** A list without any tag holds clients' wallets too. */
const isListOfClients = ({ rule, walletTagsAll }: CustodyPolicy): boolean =>
  rule.kind === 'approved_list' &&
  (walletTagsAll.length === 0 || walletTagsAll.some((tag) => tag.startsWith(CLIENT_TAG)));

const SILENT = 'custody does not tell its rights at the moment';

/** Reads it at custody and keeps what was found. Silence is not kept: the next review asks again. */
export async function checkFitness(checker: Checker): Promise<readonly string[]> {
  const { custody, database, clock, log } = checker;
  const unfit = await readFitness(checker);
  if (unfit.length > 0) log.error('checker.unfit', { userId: custody.userId, problems: unfit.length, first: unfit[0] });
  if (!unfit.includes(SILENT))
    await keepStanding(database, 'fitness', { value: JSON.stringify(unfit), at: clock.now() });
  return unfit;
}

async function readFitness({ custody }: Checker): Promise<readonly string[]> {
  try {
    const [operations, policies] = await Promise.all([custody.listOwnOperations(), custody.listPolicies()]);
    return unfitBecause(custody.userId, operations, policies);
  } catch (fault) {
    // Not known is not fit; anything but custody's silence or refusal is a bug and goes up.
    if (!(fault instanceof CustodyUnavailable)) throw fault;
    return [
      isForbidden(fault) ? 'it may not read its own rights (Auth:ServiceAccounts:Read, Permissions:Read)' : SILENT,
    ];
  }
}

/** What was found last, or is found now where that is too long ago. */
export async function fitness(checker: Checker): Promise<readonly string[]> {
  const kept = await findStanding(checker.database, 'fitness');
  return kept !== undefined && isRecent(kept.at, checker.clock.now())
    ? (JSON.parse(kept.value) as string[]) // Written by `checkFitness` above.
    : checkFitness(checker);
}

/** For /readyz: what is known, without asking anybody. */
export async function knownFitness({ database, clock }: Checker): Promise<readonly string[] | undefined> {
  const kept = await findStanding(database, 'fitness');
  return kept !== undefined && isRecent(kept.at, clock.now()) ? (JSON.parse(kept.value) as string[]) : undefined;
}

const isRecent = (at: Timestamp, now: Timestamp): boolean => at >= addSeconds(now, -FITNESS_SECONDS_MAX);
