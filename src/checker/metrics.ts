// What the checker's work looks like in figures, from its recorded reviews alone.
import { secondsBetween } from '../domain/time.ts';
import type { Figure } from './review-record.ts';
import { isForPeopleAlone } from './rules.ts';

const verdicts = ['approve', 'abstain', 'deny'] as const;

interface Agreement {
  /** Decided by people, so that there is something to compare with. */
  readonly compared: number;
  readonly agreed: number;
  /** In parts of one; null where nothing was compared. */
  readonly rate: number | null;
}
export interface RuleFigures {
  readonly rule: string;
  /** How often it said no, and what people then decided. */
  readonly no: number;
  readonly peopleApproved: number;
  readonly peopleDenied: number;
}

/** @param isTelling whether there is somebody to tell of what is left to people */
export function metricsOf(all: readonly Figure[], isTelling: boolean) {
  // What is for people alone was never the checker's to decide, and says nothing about its work.
  const reviews = all.filter(({ findings }) => !isForPeopleAlone(findings));
  const latencies = reviews
    .map(({ pendingAt, decidedAt }) => Math.max(0, Math.round(secondsBetween(pendingAt, decidedAt) * 1000)))
    .sort((one, other) => one - other);
  const isEscalated = ({ verdict }: Figure) => verdict === 'abstain';
  const spoken = reviews.filter(({ mode }) => mode === 'shadow').filter((review) => !isEscalated(review));
  return {
    reviews: reviews.length,
    forPeopleAlone: all.length - reviews.length,
    byVerdict: Object.fromEntries(
      verdicts.map((verdict) => [verdict, count(reviews, (one) => one.verdict === verdict)]),
    ),
    byMode: {
      shadow: count(reviews, ({ mode }) => mode === 'shadow'),
      live: count(reviews, ({ mode }) => mode === 'live'),
    },
    votesHeard: count(reviews, ({ votedAt }) => votedAt !== null),
    latencyMilliseconds: { p50: percentile(latencies, 50), p95: percentile(latencies, 95) },
    escalationRate: rate(count(reviews, isEscalated), reviews.length),
    agreementInShadow: agreement(spoken),
    abstained: {
      peopleApproved: count(reviews, (one) => isEscalated(one) && isByPeople(one, 'approved')),
      peopleDenied: count(reviews, (one) => isEscalated(one) && isByPeople(one, 'denied')),
      expired: count(reviews, (one) => isEscalated(one) && one.outcome === 'expired'),
      open: count(reviews, (one) => isEscalated(one) && one.outcome === null),
    },
    notices: {
      isConfigured: isTelling,
      /** Still waiting, and nobody heard of it. */
      untold: count(reviews, ({ told, tellAt }) => told === 0 && tellAt !== null),
      told: count(reviews, ({ told }) => told >= 1),
      reminded: count(reviews, ({ told }) => told >= 2),
      escalated: count(reviews, ({ told }) => told >= 3),
    },
    byRule: figuresByRule(reviews),
  };
}
export type Metrics = ReturnType<typeof metricsOf>;

const count = (reviews: readonly Figure[], is: (review: Figure) => boolean): number => reviews.filter(is).length;
const rate = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
const isByPeople = ({ outcome, byPeople }: Figure, wanted: 'approved' | 'denied'): boolean =>
  byPeople === true && outcome === wanted;

function agreement(reviews: readonly Figure[]): Agreement {
  const compared = reviews.filter((one) => isByPeople(one, 'approved') || isByPeople(one, 'denied'));
  const agreed = count(compared, ({ verdict, outcome }) => (verdict === 'approve') === (outcome === 'approved'));
  return { compared: compared.length, agreed, rate: rate(agreed, compared.length) };
}

function figuresByRule(reviews: readonly Figure[]): readonly RuleFigures[] {
  const names = [...new Set(reviews.flatMap(({ findings }) => findings.map(({ rule }) => rule)))].sort();
  return names.map((rule) => {
    const said = reviews.filter(({ findings }) => findings.some((finding) => finding.rule === rule));
    return {
      rule,
      no: said.length,
      peopleApproved: count(said, (one) => isByPeople(one, 'approved')),
      peopleDenied: count(said, (one) => isByPeople(one, 'denied')),
    };
  });
}

/** The smallest value that so many of a hundred do not exceed. */
const percentile = (sorted: readonly number[], of: number): number | null =>
  sorted[Math.max(0, Math.ceil((sorted.length * of) / 100) - 1)] ?? null;

/** One line for each figure, as a spreadsheet takes them. */
export const metricRows = (metrics: Metrics): readonly (readonly [string, number | null])[] => [
  ['reviews', metrics.reviews],
  ['for_people_alone', metrics.forPeopleAlone],
  ...Object.entries(metrics.byVerdict).map(([verdict, many]) => [`verdict.${verdict}`, many] as const),
  ...Object.entries(metrics.byMode).map(([mode, many]) => [`mode.${mode}`, many] as const),
  ['votes_heard', metrics.votesHeard],
  ['latency_p50_milliseconds', metrics.latencyMilliseconds.p50],
  ['latency_p95_milliseconds', metrics.latencyMilliseconds.p95],
  ['escalation_rate', metrics.escalationRate],
  ['shadow_compared', metrics.agreementInShadow.compared],
  ['shadow_agreement_rate', metrics.agreementInShadow.rate],
  ...Object.entries(metrics.abstained).map(([what, many]) => [`abstained.${what}`, many] as const),
  ['notices.configured', Number(metrics.notices.isConfigured)],
  ...(['untold', 'told', 'reminded', 'escalated'] as const).map(
    (what) => [`notices.${what}`, metrics.notices[what]] as const,
  ),
  ...metrics.byRule.flatMap(({ rule, no, peopleApproved, peopleDenied }) => [
    [`rule.${rule}.no`, no] as const,
    [`rule.${rule}.people_approved`, peopleApproved] as const,
    [`rule.${rule}.people_denied`, peopleDenied] as const,
  ]),
];
