// Brings a change of the limits template to custody's tags and books it when they are read as wanted. We may add a tag and
// never take one off: a raise waits until a person of the organisation has taken the lower one off there.

import { type App, begin } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import type { Job } from '../../app/job.ts';
import { readShared } from '../../app/shared-policies.ts';
import { type Account, limitsTagOf } from '../../domain/account.ts';
import {
  apply,
  bindLimits,
  expire,
  isAtCustody,
  isTaggedFor,
  type LimitsChange,
  lookAgain,
} from '../../domain/account-limits.ts';
import { system } from '../../domain/actor.ts';
import type { TagAnswer } from '../../domain/custody.ts';
import { checkLimits } from '../../domain/fence.ts';
import type { LimitsTemplate } from '../../domain/limits-template.ts';
import { isIn } from '../../domain/machine.ts';
import type { Timestamp } from '../../domain/time.ts';
import { bodies, checkFence, SettleLimits, settleLimits } from '../../kit/messages.ts';
import { accountChange, findAccount, listWallets } from '../../store/accounts.ts';
import { commit } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { limitsChangeChange, listLimitsChangesDue, listOpenLimitsChanges } from '../../store/limits-changes.ts';
import { message } from '../../store/outbox.ts';

export const settleLimitsStep = consumer('money', SettleLimits, async (app, { accountId }, by) => {
  const database = databaseFor(app, accountId);
  const account = await findAccount(database, 'staff', accountId);
  if (account?.status !== 'active') return 'done';
  const change = (await listOpenLimitsChanges(database, accountId)).find(isAtCustody);
  return change === undefined ? 'done' : settle(app, by, account, change);
});

async function settle(
  app: App,
  by: Provenance,
  account: Account<'active'>,
  change: LimitsChange<'confirmed'>,
): Promise<Outcome> {
  const database = databaseFor(app, account.id);
  const wallets = await listWallets(database, 'staff', account.id);
  // One that is being made carries the tag of its time, and is looked at once custody has it.
  let isWhole = !wallets.some(({ status }) => status === 'creating') && (await isInForce(app, by.at, change));
  for (const { custodyId } of wallets) {
    if (custodyId === null) continue;
    const tagged = await ensureTag(app, custodyId, change);
    if (typeof tagged === 'object') return hindered(app, by, change, tagged);
    isWhole &&= tagged;
  }
  const after = isWhole ? apply(change, by.at) : lookAgain(change, by.at);
  const committed = await commit(database, {
    by,
    changes: [
      limitsChangeChange(change, after, isWhole ? undefined : 'limits_change.waits'),
      // A lowering binds since it was asked for.
      ...(isWhole && change.direction === 'raise'
        ? [accountChange(account, bindLimits(account, change), 'account.limits_raised')]
        : []),
    ],
    messages: isWhole ? [message('events', checkFence({ accountId: account.id }))] : [],
  });
  return committed.ok ? 'done' : 'again';
}

/** The tag alone holds nothing in: its policy does. */
async function isInForce(app: App, at: Timestamp, { template }: LimitsChange): Promise<boolean> {
  if (template === null) return true;
  const findings = checkLimits({ limitsTemplate: template }, await readShared(app, at, { isDirect: true, template }));
  return !findings.some(({ severity }) => severity === 'breaks');
}

/** Whether the wallet's tags are as wanted, after the new one was added where it was missing. */
async function ensureTag(
  app: App,
  custodyId: string,
  change: LimitsChange<'confirmed'>,
): Promise<boolean | Exclude<TagAnswer, { kind: 'tagged' }>> {
  const { template } = change;
  if (template === null) return true;
  const read = async () => (await app.custody.findWallet(custodyId))?.tags ?? [];
  let tags = await read();
  if (!tags.includes(limitsTagOf(template))) {
    const answer = await app.custody.addTags(custodyId, [limitsTagOf(template)]);
    if (answer.kind !== 'tagged') return answer;
    tags = await read();
  }
  const hasTagOf = (name: LimitsTemplate) => tags.includes(limitsTagOf(name));
  return isTaggedFor(change, hasTagOf);
}

/** Adding a tag twice is harmless, so whatever was not refused is simply asked for again. */
async function hindered(
  app: App,
  by: Provenance,
  { id, accountId }: LimitsChange,
  answer: Exclude<TagAnswer, { kind: 'tagged' }>,
): Promise<Outcome> {
  if (answer.kind === 'refused' || answer.kind === 'barred') {
    const database = databaseFor(app, accountId);
    const detail = `Custody did not take the tag of the new limits (${answer.status}): ${answer.message}`;
    const changes = await openIncident(database, by, { kind: 'limits_not_applied', about: id, accountId, detail });
    await commit(database, { by, changes });
  }
  return 'again';
}

const CHANGES_PER_RUN = 90;

/** Changes that nobody decided about in time, and those whose tags are to be looked at again. */
export const wakeLimitsChanges: Job = async (app, { scheduledTime }) => {
  const by = begin(app, system('limits.wake'), app.newId('msg'));
  const due = await listLimitsChangesDue(app.database, scheduledTime, CHANGES_PER_RUN);
  const waiting = due.filter(isAtCustody);
  for (const change of due.filter(({ id }) => !waiting.some((other) => other.id === id))) {
    if (!isIn(change, ['proposed', 'confirmed'])) continue;
    // A lost race means that somebody decided at this moment.
    const changes = [limitsChangeChange(change, expire(change, by.at))];
    await commit(databaseFor(app, change.accountId), { by, changes });
  }
  if (waiting.length > 0)
    await app.bindings.MONEY.sendBatch(bodies(waiting.map(({ accountId }) => settleLimits({ accountId })(null))));
};
