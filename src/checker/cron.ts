// The cron door: what events did not bring is found by looking. Each job is bounded, safe twice and late, and fails alone.
import { faultFields } from '../kit/log.ts';
import type { Checker } from './checker.ts';
import { checkFitness } from './fitness.ts';
import { reviewDue } from './message.ts';
import { followQuietly } from './review.ts';
import { listKnownReviews, listReviewsDue, listReviewsToTell } from './store.ts';
import { tell } from './tell.ts';

const PAGES_MAX = 10;
const REVIEWS_PER_RUN = 50;
/** A queue takes so many messages a call. */
const MESSAGES_MAX = 100;

type Job = (checker: Checker) => Promise<void>;

/** Approvals that wait at custody and of which no event came. */
export const lookForApprovals: Job = async ({ custody, database, bindings, clock }) => {
  let after: string | undefined;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const { items, next } = await custody.pageOfPendingApprovals(after);
    const ids = items.map(({ id }) => id);
    const known = new Set(await listKnownReviews(database, ids));
    const fresh = ids.filter((id) => !known.has(id)).slice(0, MESSAGES_MAX);
    if (fresh.length > 0) await bindings.REVIEWS.sendBatch(fresh.map((id) => ({ body: reviewDue(id, clock.now()) })));
    if (next === undefined) return;
    after = next;
  }
};

const followReviews: Job = async (checker) => {
  for (const review of await listReviewsDue(checker.database, checker.clock.now(), REVIEWS_PER_RUN))
    await followQuietly(checker, review);
};

const tellPeople: Job = async (checker) => {
  for (const review of await listReviewsToTell(checker.database, checker.clock.now(), REVIEWS_PER_RUN))
    await tell(checker, review);
};

const proveFitness: Job = async (checker) => {
  await checkFitness(checker);
};

const jobs: Readonly<Record<string, Readonly<Record<string, Job>>>> = {
  '* * * * *': { lookForApprovals, followReviews, tellPeople },
  '*/15 * * * *': { proveFitness },
};

export async function runJobs({ cron }: Pick<ScheduledController, 'cron'>, checker: Checker): Promise<void> {
  for (const [name, job] of Object.entries(jobs[cron] ?? {})) {
    try {
      await job(checker);
    } catch (fault) {
      // The next fire finds the same work: a job looks for what is due, not for what this fire brought.
      checker.log.error('cron.fault', { job: name, ...faultFields(fault) });
    }
  }
}
