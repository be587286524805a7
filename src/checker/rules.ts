// The rules, in order. Each is a pure function of the facts and the terms with a name and a reason. All must say yes; one no
// leaves the request to people. Only a sanctioned recipient may be denied, and only where the terms say so.
import { CLIENT_TAG, isApprovedListOfAccount, type PaymentFacts, type ReviewFacts } from './facts.ts';
import { type Reading, readRequest } from './request.ts';
import type { Terms } from './terms.ts';

export type Verdict = 'approve' | 'abstain' | 'deny';

export interface No {
  readonly code: string;
  readonly says: string;
  /** A listed hard fact: a person could only deny too. */
  readonly isHardFact?: boolean;
}
/** Undefined is a yes. */
type Said = No | undefined;

export interface Rule {
  readonly name: string;
  readonly judge: (facts: ReviewFacts, terms: Terms) => Said;
}
/** One that looks at payments; where the request cannot be read, the rule `readable` has said so already. */
type OfPayments = (payments: readonly PaymentFacts[], facts: ReviewFacts, terms: Terms) => Said;

export interface Finding extends No {
  readonly rule: string;
}
export interface Judged {
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
}

const no = (code: string, says: string): No => ({ code, says });

/** A person may act under any operation of signing; the checker reads two of them. */
const isReviewable: Rule['judge'] = ({ approval, request }) => {
  if (approval.activity !== 'Wallets:Sign')
    return no('activity_not_reviewed', `Approvals of ${approval.activity} are for people alone.`);
  if (request === null || (request.kind !== 'transfer' && request.kind !== 'transaction'))
    return no('kind_unknown', `A ${request?.kind ?? 'request of another kind'} is not reviewed here.`);
  return undefined;
};

const isPending: Rule['judge'] = ({ approval }) =>
  approval.status === 'pending' ? undefined : no('not_pending', `The approval is ${approval.status} already.`);

const isFit: Rule['judge'] = ({ voter }) =>
  voter.unfit.length === 0
    ? undefined
    : no('checker_unfit', `This account may not be a checker: ${voter.unfit.join('; ')}.`);

const isNotOwn: Rule['judge'] = ({ approval, voter }) =>
  approval.initiatorId === voter.userId ? no('own_request', 'The checker made this request itself.') : undefined;

const mayVote: Rule['judge'] = ({ policies, voter }) => {
  const groups = policies.filter(({ isTriggered }) => isTriggered).flatMap((policy) => policy.groups);
  const ours = groups.filter(({ approvers }) => approvers?.includes(voter.userId));
  if (ours.length === 0) return no('not_in_group', 'No group of a triggered policy names the checker.');
  return ours.some(({ allowsServiceAccounts }) => allowsServiceAccounts)
    ? undefined
    : no('votes_not_allowed', 'The group that names the checker does not let service accounts vote.');
};

const leavesListsToPeople: Rule['judge'] = ({ policies }) =>
  policies.some((policy) => policy.isTriggered && isApprovedListOfAccount(policy))
    ? no('approved_list_triggered', "The approved list of a client's account asks: only a person may release that.")
    : undefined;

const isReadable: Rule['judge'] = (facts, terms) => {
  if (isReviewable(facts, terms) !== undefined) return undefined;
  if (facts.wallet === null) return no('wallet_unknown', 'Custody does not show the wallet.');
  const reading = readingOf(facts, terms);
  return reading === undefined || reading.ok ? undefined : no(reading.code, reading.says);
};

/** What the product knows; undefined origin is a yes only where the terms let the wallet act on its own. */
const isKnown: Rule['judge'] = (facts, terms) => {
  const { known, request, wallet } = facts;
  if (isReviewable(facts, terms) !== undefined) return undefined;
  const reading = readingOf(facts, terms);
  if (known === null)
    return reading?.ok === true && !reading.needsOrigin
      ? undefined
      : no('origin_unknown', 'The product knows no order or payout behind it.');
  const { kind } = known.origin;
  if (request?.kind !== 'transfer')
    return no('origin_differs', 'Orders and payouts are carried out by transfers, not by transactions.');
  if (known.externalId !== request.externalId)
    return no('origin_differs', `The external id is not that of the ${kind}.`);
  if (known.custodyWalletId !== wallet?.id) return no('wallet_differs', `The ${kind} is of another wallet.`);
  if (known.custodyId !== null && known.custodyId !== request.id)
    return no('origin_differs', `The ${kind} was handed over as another request.`);
  return statuses.includes(known.status)
    ? undefined
    : no('origin_not_under_way', `The product has it as ${known.status}.`);
};
const statuses: readonly string[] = ['submitting', 'submitted', 'awaiting_approval'];

/** The same payments, one by one: a changed amount or recipient is another wish. */
const isAsAsked: OfPayments = (payments, { known }) => {
  if (known === null) return undefined;
  const text = ({ asset, units, address }: PaymentFacts) => `${asset} ${units} ${address}`;
  const [wanted, found] = [known.payments, payments].map((list) => list.map(text).sort());
  return JSON.stringify(wanted) === JSON.stringify(found)
    ? undefined
    : no('payment_differs', `Asset, amount or recipient are not those of the ${known.origin.kind}.`);
};

const isApprovedByProduct: OfPayments = (_, { known }) => {
  if (known === null || known.payments.every(({ isApproved }) => isApproved)) return undefined;
  return known.origin.kind === 'payout'
    ? no('recipient_unknown', 'The recipient is no payee that an officer has confirmed.')
    : no('destination_not_approved', 'The product does not have the destination as approved.');
};

/** Whatever the product says: the list in force at custody, read now, must hold every recipient. */
const isOnLiveList: OfPayments = (payments, { policies, wallet }) => {
  const lists = policies.filter(({ addresses }) => addresses !== null);
  const clientTags = wallet?.tags.filter((tag) => tag.startsWith(CLIENT_TAG)) ?? [];
  if (!clientTags.every((tag) => lists.some(({ walletTags }) => walletTags.includes(tag))))
    return no('no_live_list', "No approved list in force covers the client's wallet.");
  if (lists.length === 0) return no('no_live_list', 'No approved list in force covers the wallet.');
  return payments.every(({ address }) => lists.every((list) => list.addresses?.includes(address)))
    ? undefined
    : no('not_on_live_list', 'A recipient is not on the approved list in force at custody.');
};

const isNotStopped: Rule['judge'] = ({ stops, known }) => {
  const [stop] = [...stops, ...(known?.stops ?? [])];
  return stop && no('stopped', `${stop.code}: ${stop.says}`);
};

const isNotSanctioned: OfPayments = (payments, { sanctions }) => {
  if (sanctions.edition === null) return no('sanctions_not_loaded', 'The checker has no sanctions list.');
  const addresses = payments.map(({ address }) => address);
  if (addresses.some((address) => sanctions.hits.includes(address)))
    return { ...no('sanctioned', `A recipient is on the sanctions list ${sanctions.edition}.`), isHardFact: true };
  return addresses.every((address) => sanctions.screened.includes(address))
    ? undefined
    : no('not_screened', 'A recipient was not held against the sanctions list.');
};

const isWithinPayment: OfPayments = (payments, _, { limits }) => {
  const unlimited = payments.find(({ asset }) => limits[asset] === undefined);
  if (unlimited !== undefined) return no('asset_without_limit', `The terms name no limit for ${unlimited.asset}.`);
  const above = payments.find(({ asset, units }) => BigInt(units) > BigInt(limits[asset]?.perPayment ?? 0));
  return above && no('payment_above_limit', `A payment is above ${limits[above.asset]?.perPayment} of ${above.asset}.`);
};

const isWithinDay =
  (of: 'ofWallet' | 'ofAll'): OfPayments =>
  (payments, { sums }, { limits }) => {
    for (const [asset, total] of totals(payments)) {
      const limit = of === 'ofWallet' ? limits[asset]?.perDayOfWallet : limits[asset]?.perDay;
      const before = sums.find((sum) => sum.asset === asset)?.[of];
      if (limit === undefined || before === undefined)
        return no('sum_unknown', `What was approved today of ${asset} is not known.`);
      if (BigInt(before) + total > BigInt(limit))
        return no('day_above_limit', `With it ${BigInt(before) + total} of ${limit} of ${asset} are approved today.`);
    }
    return undefined;
  };

/** What a request pays in all, by asset. */
export function totals(payments: readonly PaymentFacts[]): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { asset, units } of payments) sums.set(asset, (sums.get(asset) ?? 0n) + BigInt(units));
  return sums;
}

const paysSomething: OfPayments = (payments) =>
  payments.length > 0 && payments.every(({ units }) => BigInt(units) > 0n)
    ? undefined
    : no('pays_nothing', 'It pays nothing, or nothing to one of its recipients.');

export const readingOf = ({ request, wallet }: ReviewFacts, terms: Terms): Reading | undefined =>
  request === null || wallet === null ? undefined : readRequest(request, wallet, terms);

/** The payments of a request; undefined where it cannot be read in full. */
export function paymentsOf(facts: ReviewFacts, terms: Terms): readonly PaymentFacts[] | undefined {
  const reading = readingOf(facts, terms);
  return reading?.ok === true
    ? reading.payments.map(({ asset, units, address }) => ({ asset, units: units.toString(), address }))
    : undefined;
}

const about =
  (judge: OfPayments): Rule['judge'] =>
  (facts, terms) => {
    const payments = paymentsOf(facts, terms);
    return payments === undefined ? undefined : judge(payments, facts, terms);
  };

export const rules: readonly Rule[] = [
  { name: 'reviewable', judge: isReviewable },
  { name: 'pending', judge: isPending },
  { name: 'fit', judge: isFit },
  { name: 'not_own', judge: isNotOwn },
  { name: 'may_vote', judge: mayVote },
  { name: 'lists_are_for_people', judge: leavesListsToPeople },
  { name: 'readable', judge: isReadable },
  { name: 'pays_something', judge: about(paysSomething) },
  { name: 'origin', judge: isKnown },
  { name: 'as_asked', judge: about(isAsAsked) },
  { name: 'destination', judge: about(isApprovedByProduct) },
  { name: 'live_list', judge: about(isOnLiveList) },
  { name: 'no_stop', judge: isNotStopped },
  { name: 'sanctions', judge: about(isNotSanctioned) },
  { name: 'payment_limit', judge: about(isWithinPayment) },
  { name: 'day_of_wallet', judge: about(isWithinDay('ofWallet')) },
  { name: 'day', judge: about(isWithinDay('ofAll')) },
];

/** Every rule is asked, so that a person sees all that speaks against it, and not only the first. */
export function judge(facts: ReviewFacts, terms: Terms, by: readonly Rule[] = rules): Judged {
  const findings = by.flatMap(({ name, judge: ask }) => {
    const said = ask(facts, terms);
    return said === undefined ? [] : [{ rule: name, ...said }];
  });
  if (findings.length === 0) return { verdict: 'approve', findings };
  // Also a denial is a vote: what keeps the checker from voting keeps it from denying.
  const mayDeny = terms.deniesSanctioned && !findings.some(({ rule }) => aboutVoting.includes(rule));
  const isHard = findings.some(({ isHardFact }) => isHardFact === true);
  return { verdict: mayDeny && isHard ? 'deny' : 'abstain', findings };
}
/** These look at nothing but the approval, the account, and the policies that ask. */
export const aboutVoting: readonly string[] = [
  'reviewable',
  'pending',
  'fit',
  'not_own',
  'may_vote',
  'lists_are_for_people',
];

/** Nobody counts on the checker there: those who are asked hear of it from custody and from the product. */
export const isForPeopleAlone = (findings: readonly Pick<Finding, 'code'>[]): boolean =>
  findings.some(({ code }) => code === 'activity_not_reviewed' || code === 'not_in_group');
