// The limits of one account: a template that custody keeps for each wallet, and sums of a day that we keep for the account.
// Lowering binds with the commit that asks for it. Raising needs the client's word and then an officer's, who is another.
import type { Account } from './account.ts';
import { type Actor, nameOf } from './actor.ts';
import type { AssetId } from './asset.ts';
import type { AccountId, LimitsChangeId } from './id.ts';
import { isLower, type LimitsTemplate, limitsTemplateNames } from './limits-template.ts';
import { amend, type InStatus, machine, transitions } from './machine.ts';
import { accept, type Result, refuse } from './result.ts';
import { addSeconds, type Timestamp } from './time.ts';

/** What may leave the account of one asset on one UTC day, in base units. */
export interface DailyLimit {
  readonly asset: AssetId;
  readonly units: bigint;
}

/** Undefined: as it is. The list of daily limits replaces the one before; an asset that is not in it has none. */
export interface WantedLimits {
  readonly template?: LimitsTemplate | undefined;
  readonly dailyLimits?: readonly DailyLimit[] | undefined;
}

/** A limit as it is to become; null takes it away. */
export interface DailyChange {
  readonly asset: AssetId;
  readonly units: string | null;
}

export const limitsChangeMachine = machine({
  proposed: ['confirmed', 'withdrawn', 'expired'],
  confirmed: ['applied', 'rejected', 'expired'],
  applied: [],
  withdrawn: [],
  rejected: [],
  expired: [],
});

interface LimitsChangeCore {
  readonly id: LimitsChangeId;
  readonly version: number;
  readonly accountId: AccountId;
  /** A lowering is here only for its template: it binds at once, and is applied when custody shows the tag. */
  readonly direction: 'raise' | 'lower';
  readonly template: LimitsTemplate | null;
  readonly dailyChanges: readonly DailyChange[];
  readonly askedBy: string;
  /** When it is looked at again: it expires then, or custody is asked how its tags stand. */
  readonly nextLookAt: Timestamp;
  readonly createdAt: Timestamp;
}

interface LimitsChangeFacts {
  proposed: object;
  confirmed: {
    readonly confirmedBy: string;
    readonly confirmedAt: Timestamp;
    /** The officer's word on our side; until then nothing at custody may change. */
    readonly approvedBy: string | null;
  };
  applied: { readonly appliedAt: Timestamp };
  withdrawn: { readonly withdrawnAt: Timestamp };
  rejected: { readonly reason: string; readonly rejectedAt: Timestamp };
  expired: { readonly expiredAt: Timestamp };
}

export type LimitsChangeStatus = keyof typeof limitsChangeMachine;
export type LimitsChange<S extends LimitsChangeStatus = LimitsChangeStatus> = InStatus<
  LimitsChangeCore,
  LimitsChangeFacts,
  S
>;

const become = transitions<typeof limitsChangeMachine, LimitsChangeCore, LimitsChangeFacts>();

/** How long a raise waits for the client, and again for the officer. */
const WAIT_SECONDS = 14 * 86_400;
/** How often custody is asked for tags that a person has to change there. */
const LOOK_AGAIN_SECONDS = 3_600;

export interface Split {
  /** Binds at once. */
  readonly lowered: { readonly template: LimitsTemplate | null; readonly dailyChanges: readonly DailyChange[] };
  /** Waits for people. */
  readonly raised: { readonly template: LimitsTemplate | null; readonly dailyChanges: readonly DailyChange[] };
}

/** What of a wish lowers and what raises; what is as wanted already is neither. */
export function splitWish(account: Pick<Account, 'limitsTemplate' | 'dailyLimits'>, wanted: WantedLimits): Split {
  const lowered: DailyChange[] = [];
  const raised: DailyChange[] = [];
  const assets = new Set(
    [...account.dailyLimits, ...(wanted.dailyLimits ?? account.dailyLimits)].map(({ asset }) => asset),
  );
  for (const asset of wanted.dailyLimits === undefined ? [] : assets) {
    const now = unitsOf(account.dailyLimits, asset);
    const next = unitsOf(wanted.dailyLimits, asset);
    if (now === next) continue;
    const isLowered = next !== undefined && (now === undefined || next < now);
    (isLowered ? lowered : raised).push({ asset, units: next?.toString() ?? null });
  }
  const { template } = wanted;
  const isChanged = template !== undefined && template !== account.limitsTemplate;
  const isTemplateLowered = isChanged && isLower(template, account.limitsTemplate);
  return {
    lowered: { template: isTemplateLowered ? template : null, dailyChanges: lowered },
    raised: { template: isChanged && !isTemplateLowered ? template : null, dailyChanges: raised },
  };
}

const unitsOf = (limits: readonly DailyLimit[] | undefined, asset: AssetId): bigint | undefined =>
  limits?.find((limit) => limit.asset === asset)?.units;

export const isNothing = ({ template, dailyChanges }: Split['lowered']): boolean =>
  template === null && dailyChanges.length === 0;

/** The account with these limits from this commit on. */
export function bindLimits<A extends Account>(
  account: A,
  { template, dailyChanges }: { template: LimitsTemplate | null; dailyChanges: readonly DailyChange[] },
): A {
  const kept = account.dailyLimits.filter(({ asset }) => !dailyChanges.some((change) => change.asset === asset));
  const set = dailyChanges.flatMap(({ asset, units }) => (units === null ? [] : [{ asset, units: BigInt(units) }]));
  const dailyLimits = [...kept, ...set].sort((one, other) => (one.asset < other.asset ? -1 : 1));
  return { ...account, version: account.version + 1, limitsTemplate: template ?? account.limitsTemplate, dailyLimits };
}

/** A raise by the client itself carries its word; one by the desk or an officer waits for it. */
export function askToRaise(of: {
  id: LimitsChangeId;
  accountId: AccountId;
  raised: Split['raised'];
  actor: Actor;
  at: Timestamp;
}): LimitsChange<'proposed'> | LimitsChange<'confirmed'> {
  const proposed: LimitsChange<'proposed'> = {
    id: of.id,
    version: 1,
    status: 'proposed',
    accountId: of.accountId,
    direction: 'raise',
    ...of.raised,
    askedBy: nameOf(of.actor),
    nextLookAt: addSeconds(of.at, WAIT_SECONDS),
    createdAt: of.at,
  };
  return of.actor.kind === 'client' ? { ...confirm(proposed, of.actor, of.at), version: 1 } : proposed;
}

/** It binds on our side already; at custody the lower tag is added beside the old one, and then both bind. */
export const lowerTemplate = (of: {
  id: LimitsChangeId;
  accountId: AccountId;
  template: LimitsTemplate;
  actor: Actor;
  at: Timestamp;
}): LimitsChange<'confirmed'> => ({
  id: of.id,
  version: 1,
  status: 'confirmed',
  accountId: of.accountId,
  direction: 'lower',
  template: of.template,
  dailyChanges: [],
  askedBy: nameOf(of.actor),
  confirmedBy: nameOf(of.actor),
  confirmedAt: of.at,
  approvedBy: nameOf(of.actor),
  nextLookAt: of.at,
  createdAt: of.at,
});

export const confirm = (change: LimitsChange<'proposed'>, client: Actor, at: Timestamp): LimitsChange<'confirmed'> => ({
  ...become(change, 'confirmed', { confirmedBy: nameOf(client), confirmedAt: at, approvedBy: null }),
  nextLookAt: addSeconds(at, WAIT_SECONDS),
});

/** An officer who neither asked nor confirmed. Applied with it, unless custody's tags have to change first. */
export function approve(
  change: LimitsChange<'confirmed'>,
  officer: Actor,
  at: Timestamp,
): Result<LimitsChange<'confirmed'> | LimitsChange<'applied'>> {
  const judged = judgedBy(change, officer);
  if (!judged.ok) return judged;
  const approved: LimitsChange<'confirmed'> = { ...change, approvedBy: nameOf(officer) };
  return accept(
    change.template === null
      ? become(approved, 'applied', { appliedAt: at })
      : amend(change, { approvedBy: approved.approvedBy, nextLookAt: at }),
  );
}

/** Also after the approval, while custody does not show it: tags taken off by then are the fence check's to find. */
export function reject(
  change: LimitsChange<'confirmed'>,
  officer: Actor,
  reason: string,
  at: Timestamp,
): Result<LimitsChange<'rejected'>> {
  const isLowering = change.direction === 'lower';
  if (isLowering) return refuse({ code: 'limits_lowering_stands', changeId: change.id });
  if (nameOf(officer) === change.askedBy) return refuse({ code: 'limits_change_needs_another_person' });
  return accept(become(change, 'rejected', { reason, rejectedAt: at }));
}

function judgedBy(change: LimitsChange<'confirmed'>, officer: Actor): Result<void> {
  if (change.approvedBy !== null)
    return refuse({ code: 'wrong_status', subject: 'limits change', found: 'approved', needed: 'confirmed' });
  const name = nameOf(officer);
  return name === change.askedBy || name === change.confirmedBy
    ? refuse({ code: 'limits_change_needs_another_person' })
    : accept(undefined);
}

export const withdraw = (change: LimitsChange<'proposed'>, at: Timestamp): LimitsChange<'withdrawn'> =>
  become(change, 'withdrawn', { withdrawnAt: at });

/** Nobody spoke in time. What an officer approved waits for custody's tags and does not expire. */
export const expire = (change: LimitsChange<'proposed' | 'confirmed'>, at: Timestamp): LimitsChange<'expired'> =>
  become(change, 'expired', { expiredAt: at });

/** A lowering of the same thing came after the raise was asked for: the later wish holds. */
export function overtake(
  change: LimitsChange<'proposed' | 'confirmed'>,
  at: Timestamp,
): LimitsChange<'withdrawn'> | LimitsChange<'rejected'> {
  return change.status === 'proposed'
    ? become(change, 'withdrawn', { withdrawnAt: at })
    : become(change, 'rejected', { reason: 'The limits were lowered meanwhile.', rejectedAt: at });
}

/** Whether a lowering concerns what an open change is about. */
export const isOvertaken = (change: LimitsChange, lowered: Split['lowered']): boolean =>
  (change.template !== null && lowered.template !== null) ||
  change.dailyChanges.some(({ asset }) => lowered.dailyChanges.some((change) => change.asset === asset));

/** Custody does not show the tags as wanted yet: somebody there has to act. */
export const lookAgain = (change: LimitsChange<'confirmed'>, at: Timestamp): LimitsChange<'confirmed'> =>
  amend(change, { nextLookAt: addSeconds(at, LOOK_AGAIN_SECONDS) });

/** Custody was read and shows the tags as wanted. */
export const apply = (change: LimitsChange<'confirmed'>, at: Timestamp): LimitsChange<'applied'> =>
  become(change, 'applied', { appliedAt: at });

/** Waits for tags at custody, by an officer's word or because it lowers. */
export const isAtCustody = (change: LimitsChange): change is LimitsChange<'confirmed'> =>
  change.status === 'confirmed' && change.approvedBy !== null && change.template !== null;

/** The templates whose tags a wallet may carry for its fence to stand: while tags are being changed, both sets are right. */
export function templatesAccepted(
  account: Pick<Account, 'limitsTemplate'>,
  underWay: readonly LimitsChange[],
): readonly LimitsTemplate[] {
  const changes = underWay.filter(isAtCustody);
  // Where a lowering is on its way nobody knows which tag stood before, of those that are higher.
  if (changes.some(({ direction }) => direction === 'lower'))
    return limitsTemplateNames.filter((template) => !isLower(template, account.limitsTemplate));
  return [account.limitsTemplate, ...changes.flatMap(({ template }) => (template === null ? [] : [template]))];
}

/** Whether a wallet's tags are as the change wants them: the new one there, and after a raise none that is lower. */
export function isTaggedFor(
  { template, direction }: LimitsChange<'confirmed'>,
  hasTagOf: (template: LimitsTemplate) => boolean,
): boolean {
  if (template === null || !hasTagOf(template)) return false;
  return direction === 'lower' || !limitsTemplateNames.some((name) => isLower(name, template) && hasTagOf(name));
}
