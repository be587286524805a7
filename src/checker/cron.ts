// The cron door: what events did not bring is found by looking. Each job is bounded, safe twice and late, and fails alone.
import { addSeconds } from '../domain/time.ts';
import { faultFields } from '../kit/log.ts';
import type { Checker } from './checker.ts';
import { checkFitness } from './fitness.ts';
import { reviewDue } from './message.ts';
import { followQuietly } from './review.ts';
import { keepLooks, listApprovalsDue, listReviewsDue, listReviewsToTell } from './store.ts';
import { tell } from './tell.ts';

const PAGES_MAX = 10;
const REVIEWS_PER_RUN = 50;
/** A queue takes so many messages a call. */
const MESSAGES_MAX = 100;
/** Of custody, with its vote. */
const CALLS_PER_REVIEW = 9;
/** So long one that was sent may lie on the queue behind others before it is sent again. */
const LOOK_AGAIN_SECONDS = 900;
const FORGET_SECONDS = 86_400;

type Job = (checker: Checker) => Promise<void>;

/** Approvals that wait at custody and of which no event came, as many as a minute can review. */
export const lookForApprovals: Job = async ({ config, custody, database, bindings, clock }) => {
  const waiting: string[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const { items, next } = await custody.pageOfPendingApprovals(after);
    waiting.push(...items.map(({ id }) => id));
    if (next === undefined) break;
    after = next;
  }
  const at = clock.now();
  const many = Math.min(MESSAGES_MAX, Math.ceil(config.callsPerMinute / CALLS_PER_REVIEW));
  const due = await listApprovalsDue(database, waiting, at, many);
  if (due.length === 0) return;
  await bindings.REVIEWS.sendBatch(due.map((id) => ({ body: reviewDue(id, at) })));
  // After it was sent: one that is sent twice costs no call, one that was never sent would wait.
  const kept = { nextLookAt: addSeconds(at, LOOK_AGAIN_SECONDS), forgetBefore: addSeconds(at, -FORGET_SECONDS) };
  await keepLooks(database, due, kept);
};

const followReviews: Job = async (checker) => {
  for (const review of await listReviewsDue(checker.database, checker.clock.now(), REVIEWS_PER_RUN))
    await followQuietly(checker, review);
};

const tellPeople: Job = async (checker) => {
  // Each was told in the log when it was decided; here it would be all of them each minute.
  if (checker.config.notifyUrl === undefined) return;
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
