// Changing the limits of an account. What lowers binds in the commit that asks for it; what raises waits for the client's word
// and then for an officer's.

import type { App } from '../../app/app.ts';
import { retryConflict } from '../../app/retry.ts';
import { readShared } from '../../app/shared-policies.ts';
import type { Account } from '../../domain/account.ts';
import {
  approve,
  askToRaise,
  bindLimits,
  confirm,
  type DailyLimit,
  isNothing,
  isOvertaken,
  type LimitsChange,
  lowerTemplate,
  overtake,
  reject,
  type Split,
  splitWish,
  type WantedLimits,
  withdraw,
} from '../../domain/account-limits.ts';
import { rolesOf } from '../../domain/actor.ts';
import { parseUnits } from '../../domain/amount.ts';
import { findAsset } from '../../domain/asset.ts';
import { checkLimits } from '../../domain/fence.ts';
import type { AccountId, LimitsChangeId } from '../../domain/id.ts';
import { limitDayId } from '../../domain/limit.ts';
import type { LimitsTemplate } from '../../domain/limits-template.ts';
import { inStatus } from '../../domain/machine.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { type Timestamp, utcDay } from '../../domain/time.ts';
import { settleLimits } from '../../kit/messages.ts';
import { accountChange, accountIsActive, findAccount } from '../../store/accounts.ts';
import { type Change, commit, type Message, type Once } from '../../store/commit.ts';
import { databaseFor, type Scope } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import {
  findLimitsChange,
  limitsChangeChange,
  listLimitsChanges,
  listOpenLimitsChanges,
} from '../../store/limits-changes.ts';
import { findLimitDay } from '../../store/mandates.ts';
import { message } from '../../store/outbox.ts';

export interface Limits {
  readonly account: Account;
  /** What has left today, by asset, as far as the account has a daily limit for it. */
  readonly used: ReadonlyMap<string, bigint>;
  readonly changes: readonly LimitsChange[];
}
export interface Wish {
  readonly template?: LimitsTemplate | undefined;
  readonly dailyLimits?: readonly { readonly asset: string; readonly units: string }[] | undefined;
}
type KeepLimits = (limits: Limits) => readonly Once[];
type KeepChange = (change: LimitsChange) => readonly Once[];
interface Of {
  readonly scope: Scope;
  readonly accountId: AccountId;
}

const CHANGES_SHOWN = 50;

export async function readLimits(app: App, { scope, accountId }: Of): Promise<Result<Limits>> {
  const database = databaseFor(app, accountId);
  const account = await findAccount(database, scope, accountId);
  if (account === undefined) return refuse({ code: 'not_found' });
  const changes = await listLimitsChanges(database, accountId, CHANGES_SHOWN);
  return accept({ account, used: await usedToday(app, account, app.clock.now()), changes });
}

async function usedToday(app: App, account: Account, at: Timestamp): Promise<Map<string, bigint>> {
  const database = databaseFor(app, account.id);
  const days = await Promise.all(
    account.dailyLimits.map(({ asset }) => findLimitDay(database, limitDayId(account.id, asset, utcDay(at)))),
  );
  return new Map(account.dailyLimits.map(({ asset }, index) => [asset, days[index]?.reserved ?? 0n]));
}

export const changeLimits = (
  app: App,
  by: Provenance,
  of: Of & { readonly wish: Wish },
  keep: KeepLimits,
): Promise<Result<Limits>> => retryConflict(() => changeOnce(app, by, of, keep));

async function changeOnce(
  app: App,
  by: Provenance,
  { scope, accountId, wish }: Of & { readonly wish: Wish },
  keep: KeepLimits,
): Promise<Result<Limits>> {
  const database = databaseFor(app, accountId);
  const account = await findAccount(database, scope, accountId);
  if (account === undefined) return refuse({ code: 'not_found' });
  if (account.status !== 'active') return refuse({ code: 'account_not_active', found: account.status });
  const wanted = readWish(wish);
  if (!wanted.ok) return wanted;
  const split = splitWish(account, wanted.value);
  const isSound = await judgeTemplate(app, by.at, split.lowered.template ?? split.raised.template);
  if (!isSound.ok) return isSound;
  const step = stepOf(by, account, split, await listOpenLimitsChanges(database, accountId));
  if (!step.ok) return step;
  const { bound, changes, messages, open } = step.value;
  const limits = { account: bound, used: await usedToday(app, bound, by.at), changes: open };
  const committed = await commit(database, {
    by,
    changes,
    messages,
    requires: [{ holds: accountIsActive(accountId), refusal: { code: 'version_conflict' } }],
    once: keep(limits),
  });
  return committed.ok ? accept(limits) : committed;
}

/** A tag without its policy would hold nothing in, and break the fence besides. */
async function judgeTemplate(app: App, at: Timestamp, template: LimitsTemplate | null): Promise<Result<void>> {
  if (template === null) return accept(undefined);
  const findings = checkLimits({ limitsTemplate: template }, await readShared(app, at, { isDirect: true, template }));
  const problems = findings.flatMap(({ severity, says }) => (severity === 'breaks' ? [says] : []));
  return problems.length > 0 ? refuse({ code: 'limits_template_unsound', template, problems }) : accept(undefined);
}

function readWish({ template, dailyLimits }: Wish): Result<WantedLimits> {
  if (dailyLimits === undefined) return accept({ template });
  const limits: DailyLimit[] = [];
  for (const { asset, units: text } of dailyLimits) {
    if (findAsset(asset) === undefined) return refuse({ code: 'asset_unknown', asset });
    const units = parseUnits(text);
    if (units === undefined) return refuse({ code: 'amount_invalid', reason: `the limit of ${asset} is too large` });
    if (limits.some((limit) => limit.asset === asset))
      return refuse({ code: 'amount_invalid', reason: `${asset} is named twice` });
    limits.push({ asset, units });
  }
  return accept({ template, dailyLimits: limits });
}

interface Step {
  readonly bound: Account;
  readonly changes: readonly Change[];
  readonly messages: readonly Message[];
  readonly open: readonly LimitsChange[];
}

/** What the wish does now, and what it leaves to people. */
function stepOf(
  by: Provenance,
  account: Account<'active'>,
  { lowered, raised }: Split,
  before: readonly LimitsChange[],
): Result<Step> {
  if (isNothing(lowered) && isNothing(raised)) return refuse({ code: 'limits_unchanged' });
  const isDesk = by.actor.kind === 'staff' && !rolesOf(by.actor).includes('compliance');
  if (isDesk && !isNothing(lowered))
    return refuse({ code: 'limits_lowering_not_allowed', allowed: ['client', 'compliance'] });
  const overtaken = before.filter((change) => isOvertaken(change, lowered));
  const standing = before.filter((change) => !overtaken.includes(change));
  const inTheWay = standing.find(({ direction }) => direction === 'raise' || raised.template !== null);
  if (!isNothing(raised) && inTheWay !== undefined)
    return refuse({ code: 'limits_change_open', changeId: inTheWay.id });
  const bound = isNothing(lowered) ? account : bindLimits(account, lowered);
  const of = { accountId: account.id, actor: by.actor, at: by.at };
  const made = [
    ...(lowered.template === null ? [] : [lowerTemplate({ ...of, id: by.newId('lim'), template: lowered.template })]),
    ...(isNothing(raised) ? [] : [askToRaise({ ...of, id: by.newId('lim'), raised })]),
  ];
  return accept({
    bound,
    changes: [
      ...(bound === account ? [] : [accountChange(account, bound, 'account.limits_lowered')]),
      // The one before ends first: of each direction at most one is open.
      ...overtaken.flatMap((change) =>
        change.status === 'proposed' || change.status === 'confirmed'
          ? [limitsChangeChange(change, overtake(change, by.at))]
          : [],
      ),
      ...made.map((change) => limitsChangeChange(undefined, change)),
    ],
    messages: lowered.template === null ? [] : [message('money', settleLimits({ accountId: account.id }))],
    open: [...made, ...standing],
  });
}

interface Judged {
  readonly after: LimitsChange;
  readonly also?: readonly Change[];
  readonly messages?: readonly Message[];
}

/** One person's act on a change that waits for it. */
const act = (
  app: App,
  { by, scope, id, keep }: { by: Provenance; scope: Scope; id: LimitsChangeId; keep: KeepChange },
  judge: (change: LimitsChange) => Promise<Result<Judged>> | Result<Judged>,
): Promise<Result<LimitsChange>> =>
  retryConflict(async () => {
    const change = await findLimitsChange(app.database, scope, id);
    if (change === undefined) return refuse({ code: 'not_found' });
    const judged = await judge(change);
    if (!judged.ok) return judged;
    const { after, also = [], messages = [] } = judged.value;
    const kind = after.status === change.status ? 'limits_change.approved' : undefined;
    const committed = await commit(databaseFor(app, change.accountId), {
      by,
      changes: [limitsChangeChange(change, after, kind), ...also],
      messages,
      once: keep(after),
    });
    return committed.ok ? accept(after) : committed;
  });

interface Act {
  readonly by: Provenance;
  readonly scope: Scope;
  readonly id: LimitsChangeId;
  readonly keep: KeepChange;
}

export const confirmChange = (app: App, of: Act): Promise<Result<LimitsChange>> =>
  act(app, of, (change) => {
    const proposed = inStatus('limits change', change, 'proposed');
    return proposed.ok ? accept({ after: confirm(proposed.value, of.by.actor, of.by.at) }) : proposed;
  });

export const withdrawChange = (app: App, of: Act): Promise<Result<LimitsChange>> =>
  act(app, of, (change) => {
    const proposed = inStatus('limits change', change, 'proposed');
    return proposed.ok ? accept({ after: withdraw(proposed.value, of.by.at) }) : proposed;
  });

export const rejectChange = (app: App, of: Act, reason: string): Promise<Result<LimitsChange>> =>
  act(app, of, (change) => {
    const confirmed = inStatus('limits change', change, 'confirmed');
    if (!confirmed.ok) return confirmed;
    const rejected = reject(confirmed.value, of.by.actor, reason, of.by.at);
    return rejected.ok ? accept({ after: rejected.value }) : rejected;
  });

export const approveChange = (app: App, of: Act): Promise<Result<LimitsChange>> =>
  act(app, of, async (change) => {
    const confirmed = inStatus('limits change', change, 'confirmed');
    if (!confirmed.ok) return confirmed;
    const account = await findAccount(databaseFor(app, change.accountId), of.scope, change.accountId);
    if (account?.status !== 'active') return refuse({ code: 'account_not_active', found: account?.status ?? 'none' });
    const approved = approve(confirmed.value, of.by.actor, of.by.at);
    if (!approved.ok) return approved;
    return accept(
      approved.value.status === 'applied'
        ? {
            after: approved.value,
            also: [accountChange(account, bindLimits(account, change), 'account.limits_raised')],
          }
        : { after: approved.value, messages: [message('money', settleLimits({ accountId: account.id }))] },
    );
  });
