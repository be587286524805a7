// What the live policies at custody would do with a transfer, as far as it can be known from here. Custody decides; what
// cannot be known is said as unknown.
import type { CustodyAction, CustodyPolicy } from './custody.ts';
import { inDigits, minutesInWords } from './limits-template.ts';

export type Triggers = 'yes' | 'no' | 'unknown';

export interface Forecast {
  readonly policyId: string;
  readonly name: string;
  readonly rule: CustodyPolicy['rule']['kind'];
  readonly triggers: Triggers;
  /** What custody does when it triggers. */
  readonly action: CustodyAction['kind'];
  readonly says: string;
}

export interface Intended {
  readonly walletId: string;
  readonly to: string;
  /** Undefined: without a price. */
  readonly usd: number | undefined;
  readonly walletTags: readonly string[];
  /** What the wallet has sent, for the windows of velocity: minutes ago, and its value at today's price. */
  readonly sent: readonly { readonly minutesAgo: number; readonly usd: number | undefined }[];
}

/** Custody's price is not ours: this close to a limit nobody can tell. */
const MARGIN = 0.02;

/** One for each policy that bears on the wallet. */
export const forecast = (policies: readonly CustodyPolicy[], intended: Intended): readonly Forecast[] =>
  policies
    .filter(({ isActive, activity }) => isActive && activity === 'Wallets:Sign')
    .filter((policy) => mayBearOn(policy, intended))
    .map((policy) => ({
      policyId: policy.id,
      name: policy.name,
      rule: policy.rule.kind,
      action: policy.action.kind,
      ...judge(policy, intended),
    }))
    .sort((one, other) => kinds.indexOf(one.rule) - kinds.indexOf(other.rule));

/** What is known of its filters does not leave the wallet out. */
function mayBearOn({ walletTagsAll, otherFilters }: CustodyPolicy, { walletId, walletTags }: Intended): boolean {
  const has = (tag: string) => walletTags.includes(tag);
  return (
    walletTagsAll.every(has) &&
    (otherFilters?.walletIds?.includes(walletId) ?? true) &&
    (otherFilters?.walletTagsAny?.some(has) ?? true)
  );
}

/** As they are shown: where it may go, then how much, then the rest. */
const kinds: readonly Forecast['rule'][] = ['approved_list', 'amount', 'velocity', 'count', 'always', 'other'];

type Judged = Pick<Forecast, 'triggers' | 'says'>;

function judge({ rule, hasOtherFilters, otherFilters }: CustodyPolicy, intended: Intended): Judged {
  const isRead = !hasOtherFilters || otherFilters?.isWhole === true;
  if (!isRead) return { triggers: 'unknown', says: 'It has filters that are not known here.' };
  switch (rule.kind) {
    case 'always':
      return { triggers: 'yes', says: 'It triggers on every transfer.' };
    case 'approved_list':
      return byList(rule.addresses, intended.to);
    case 'amount':
      return byValue(intended.usd, rule.limit, 'in one transfer');
    case 'velocity': {
      const within = intended.sent.filter(({ minutesAgo }) => minutesAgo <= rule.timeframeMinutes);
      return byValue(sumOf([intended, ...within]), rule.limit, `within ${minutesInWords(rule.timeframeMinutes)}`);
    }
    case 'count': {
      const count = 1 + intended.sent.filter(({ minutesAgo }) => minutesAgo <= rule.timeframeMinutes).length;
      const says = `Transfer ${count} of at most ${inDigits(rule.limit)} within ${minutesInWords(rule.timeframeMinutes)}.`;
      return { triggers: count > rule.limit ? 'yes' : 'no', says };
    }
    case 'other':
      return { triggers: 'unknown', says: `Rules of the kind ${rule.name} are not known here.` };
  }
}

/** Custody may or may not tell capitals apart; our own lists are in the one form of their network. */
function byList(addresses: readonly string[], to: string): Judged {
  if (addresses.includes(to)) return { triggers: 'no', says: 'The address is on the approved list.' };
  return addresses.some((address) => address.toLowerCase() === to.toLowerCase())
    ? { triggers: 'unknown', says: 'The address is on the approved list in other capitals.' }
    : { triggers: 'yes', says: 'The address is not on the approved list.' };
}

const sumOf = (values: readonly { readonly usd: number | undefined }[]): number | undefined =>
  values.reduce<number | undefined>(
    (sum, { usd }) => (sum === undefined || usd === undefined ? undefined : sum + usd),
    0,
  );

function byValue(usd: number | undefined, limit: number, where: string): Judged {
  if (usd === undefined) return { triggers: 'unknown', says: 'There is no price to value it at.' };
  const says = `About ${inDigits(Math.round(usd))} of at most ${inDigits(limit)} USD ${where}.`;
  if (Math.abs(usd - limit) <= limit * MARGIN) return { triggers: 'unknown', says: `${says} Too close to tell.` };
  return { triggers: usd > limit ? 'yes' : 'no', says };
}

export type AtCustody = 'passes' | 'waits_for_approval' | 'blocked' | 'unknown';

/**
 * Every matching policy counts, and a block wins; what is unknown might block.
 * @param gaps what else is not known
 */
export function outcomeOf(forecasts: readonly Forecast[], gaps: readonly string[]): AtCustody {
  const that = (triggers: Triggers, action: CustodyAction['kind']) =>
    forecasts.some((of) => of.triggers === triggers && of.action === action);
  if (that('yes', 'block')) return 'blocked';
  const isUnknown = that('unknown', 'block') || that('unknown', 'approval') || that('unknown', 'other');
  if (gaps.length > 0 || isUnknown || that('yes', 'other')) return 'unknown';
  return that('yes', 'approval') ? 'waits_for_approval' : 'passes';
}
