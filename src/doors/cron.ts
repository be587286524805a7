// The cron door: a table of jobs. Each is bounded, safe twice and late, and fails alone.
import type { App } from '../app/app.ts';
import type { Job } from '../app/job.ts';
import { relay, relayQuietly } from '../app/relay.ts';
import { addSeconds, timestamp } from '../domain/time.ts';
import { wakeWallets } from '../features/accounts/add-wallet.ts';
import { checkOldFences } from '../features/accounts/fence/check.ts';
import { startSweep } from '../features/accounts/fence/sweep.ts';
import { wakeOpenings } from '../features/accounts/open.ts';
import { expireProposals, recertifyDestinations } from '../features/destinations/lapse.ts';
import { wakeRescreening } from '../features/destinations/rescreen.ts';
import { wakePolicyChanges } from '../features/destinations/wake-changes.ts';
import { resolveIncidents, watchToken } from '../features/incidents/jobs.ts';
import { signCheckpoints } from '../features/journal/checkpoint.ts';
import { wakeStream } from '../features/journal/stream.ts';
import { wakeLimitsChanges } from '../features/limits/settle.ts';
import { expireMandates, followDestinations } from '../features/mandates/service.ts';
import { forgetOldDeliveries, wakeDeliveries } from '../features/notices/deliver.ts';
import { releaseDueOrders } from '../features/orders/release.ts';
import { releaseScheduledOrders } from '../features/orders/release-later.ts';
import { endBrokenLoads } from '../features/payouts/broken-loads.ts';
import { runPayouts } from '../features/payouts/run.ts';
import { askForMonthStatements } from '../features/reports/months.ts';
import { forgetOldPrints } from '../features/reports/print.ts';
import { watchEpoch } from '../features/restores/watch.ts';
import { fireOnBalances } from '../features/schedules/triggers.ts';
import { wakeArrivals } from '../features/transfers/arrivals.ts';
import { lookForUnknownTransfers, tellOfSlowTransfers } from '../features/transfers/audit.ts';
import { wakeTransfers } from '../features/transfers/reconcile.ts';
import { takeUpPayouts } from '../features/transfers/recover-payout.ts';
import { sweepStops } from '../features/transfers/stops.ts';
import { backfillEvents } from '../features/webhooks/backfill.ts';
import { lookAtOrphans } from '../features/webhooks/orphans.ts';
import { faultFields } from '../kit/log.ts';
import { forgetAnswers } from '../store/idempotency.ts';
import { forgetOrderWaits } from '../store/order-waits.ts';

const ANSWERS_SECONDS = 24 * 3600;

const relayOutbox: Job = async (app) => {
  await relay(app);
};
const forgetOldAnswers: Job = async (app, { scheduledTime }) => {
  await forgetAnswers(app.database, addSeconds(scheduledTime, -ANSWERS_SECONDS));
};

/** Longer than any wait between two looks. */
const WAITS_SECONDS = 3600;
const forgetOldWaits: Job = async (app, { scheduledTime }) => {
  await forgetOrderWaits(app.database, addSeconds(scheduledTime, -WAITS_SECONDS));
};

const jobs: Readonly<Record<string, Readonly<Record<string, Job>>>> = {
  '* * * * *': {
    watchEpoch,
    expireMandates,
    followDestinations,
    releaseDueOrders,
    releaseScheduledOrders,
    fireOnBalances,
    relayOutbox,
    runPayouts,
    takeUpPayouts,
    wakeTransfers,
    wakePolicyChanges,
    wakeOpenings,
    wakeWallets,
    wakeLimitsChanges,
    lookAtOrphans,
    wakeDeliveries,
    wakeStream,
    wakeArrivals,
  },
  '*/5 * * * *': { signCheckpoints },
  '*/15 * * * *': {
    backfillEvents,
    startSweep,
    checkOldFences,
    expireProposals,
    endBrokenLoads,
    recertifyDestinations,
    wakeRescreening,
    forgetOldAnswers,
    forgetOldWaits,
    tellOfSlowTransfers,
    sweepStops,
    lookForUnknownTransfers,
    resolveIncidents,
    watchToken,
    forgetOldDeliveries,
    askForMonthStatements,
    forgetOldPrints,
  },
};

export async function runJobs(
  { cron, scheduledTime }: Pick<ScheduledController, 'cron' | 'scheduledTime'>,
  app: App,
): Promise<void> {
  for (const [name, job] of Object.entries(jobs[cron] ?? {})) {
    try {
      await job(app, { scheduledTime: timestamp(scheduledTime) });
    } catch (fault) {
      // The next fire finds the same work: a job looks for what is due, not for what this fire brought.
      app.log.error('cron.fault', { job: name, ...faultFields(fault) });
    }
  }
  await relayQuietly(app);
}
