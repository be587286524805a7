// What time does to destinations: proposals lapse, and addresses that nobody used or confirmed for long are asked about again.

import { begin } from '../../app/app.ts';
import type { Job } from '../../app/job.ts';
import { nameOf, system } from '../../domain/actor.ts';
import { askAgain, expireProposal, suspend } from '../../domain/destination.ts';
import { addSeconds } from '../../domain/time.ts';
import { commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import {
  destinationChange,
  listDestinationsToAskAbout,
  listLapsedProposals,
  listUnconfirmedDestinations,
} from '../../store/destinations.ts';

const ROWS_PER_RUN = 50;
/** How long the client has to say that an address is still its own. */
const ANSWER_SECONDS = 14 * 86_400;
const DAY_SECONDS = 86_400;

/** Each row is a commit of its own: one that changed meanwhile is left to the next run and takes no other with it. */
export const expireProposals: Job = async (app, { scheduledTime }) => {
  const by = begin(app, system('expire-proposals'), app.newId('msg'));
  for (const proposal of await listLapsedProposals(app.database, scheduledTime, ROWS_PER_RUN)) {
    await commit(databaseFor(app, proposal.accountId), {
      by,
      changes: [destinationChange(proposal, expireProposal(proposal))],
    });
  }
};

/** Asks first, and shuts what was asked about in vain. Off unless the deployment says after how many days. */
export const recertifyDestinations: Job = async (app, { scheduledTime }) => {
  const { recertifyDays } = app.config;
  if (recertifyDays === 0) return;
  const by = begin(app, system('recertify'), app.newId('msg'));
  const before = addSeconds(scheduledTime, -recertifyDays * DAY_SECONDS);
  for (const destination of await listUnconfirmedDestinations(app.database, scheduledTime, ROWS_PER_RUN)) {
    const reason = 'Nobody said in time that this address is still right. The client opens it again by confirming it.';
    const suspended = { reason, suspendedBy: 'system' as const, suspendedByName: nameOf(by.actor), at: by.at };
    await commit(databaseFor(app, destination.accountId), {
      by,
      changes: [destinationChange(destination, suspend(destination, suspended))],
    });
  }
  for (const destination of await listDestinationsToAskAbout(app.database, before, ROWS_PER_RUN)) {
    await commit(databaseFor(app, destination.accountId), {
      by,
      changes: [
        destinationChange(
          destination,
          askAgain(destination, addSeconds(by.at, ANSWER_SECONDS)),
          'destination.asked_again',
        ),
      ],
    });
  }
};
