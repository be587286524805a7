// The limits a template sets at custody, on its own tag; custody counts them for each wallet. One definition here serves
// the set-up that creates the policies, the check that compares them and the words that people read.

/** What custody does with a transfer beyond a limit. Who the officers are is for the set-up to know. */
export type LimitAction = { readonly kind: 'block' } | { readonly kind: 'approval'; readonly quorum: number };

export type LimitRule =
  /** The value of one transfer, in whole USD. */
  | { readonly kind: 'amount'; readonly usd: number; readonly action: LimitAction }
  /** The value of all transfers within the window, in whole USD. */
  | { readonly kind: 'velocity'; readonly usd: number; readonly windowMinutes: number; readonly action: LimitAction }
  /** The number of transfers within the window. */
  | {
      readonly kind: 'count';
      readonly transfers: number;
      readonly windowMinutes: number;
      readonly action: LimitAction;
    };

export type LimitKind = LimitRule['kind'];

interface Template {
  readonly amount: LimitRule & { readonly kind: 'amount' };
  readonly velocity: LimitRule & { readonly kind: 'velocity' };
  readonly count: LimitRule & { readonly kind: 'count' };
}

const DAY_MINUTES = 1440;
const block = { kind: 'block' } as const;

/** From the lowest to the highest: each rule of a template is at most as wide as the same rule of the next one. */
export const limitsTemplates = {
  small: {
    amount: { kind: 'amount', usd: 5_000, action: block },
    velocity: { kind: 'velocity', usd: 20_000, windowMinutes: DAY_MINUTES, action: block },
    count: { kind: 'count', transfers: 20, windowMinutes: DAY_MINUTES, action: block },
  },
  standard: {
    amount: { kind: 'amount', usd: 250_000, action: block },
    velocity: { kind: 'velocity', usd: 1_000_000, windowMinutes: DAY_MINUTES, action: block },
    count: { kind: 'count', transfers: 100, windowMinutes: DAY_MINUTES, action: block },
  },
} as const satisfies Readonly<Record<string, Template>>;

export type LimitsTemplate = keyof typeof limitsTemplates;

const byHeight: readonly LimitsTemplate[] = ['small', 'standard'];
export const limitsTemplateNames = byHeight;

/** Lowering a limit binds at once; everything else asks more people. */
export const isLower = (one: LimitsTemplate, other: LimitsTemplate): boolean =>
  byHeight.indexOf(one) < byHeight.indexOf(other);

export const rulesOf = (template: LimitsTemplate): readonly LimitRule[] => {
  const { amount, velocity, count } = limitsTemplates[template];
  return [amount, velocity, count];
};

const units = [
  ['week', 10_080],
  ['day', 1440],
  ['hour', 60],
  ['minute', 1],
] as const;

/** The largest unit that divides it: 1440 is `1 day`, 90 is `90 minutes`. */
export function minutesInWords(minutes: number): string {
  const [name, size] = units.find(([, size]) => minutes % size === 0) ?? ['minute', 1];
  const number = minutes / size;
  return `${inDigits(number)} ${name}${number === 1 ? '' : 's'}`;
}

/** `250000` is `250,000`, the same on every machine. */
export const inDigits = (number: number): string => number.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/** What a rule bounds, without its action. */
export function saysBound(rule: { kind: LimitKind; limit: number; windowMinutes: number | null }): string {
  const within = rule.windowMinutes === null ? '' : ` within ${minutesInWords(rule.windowMinutes)}`;
  if (rule.kind === 'amount') return `at most ${inDigits(rule.limit)} USD in one transfer`;
  if (rule.kind === 'velocity') return `at most ${inDigits(rule.limit)} USD in all${within}`;
  return `at most ${inDigits(rule.limit)} transfers${within}`;
}

/** The number and the window of a rule, whatever it counts. */
export const boundOf = (rule: LimitRule): { kind: LimitKind; limit: number; windowMinutes: number | null } => ({
  kind: rule.kind,
  limit: rule.kind === 'count' ? rule.transfers : rule.usd,
  windowMinutes: rule.kind === 'amount' ? null : rule.windowMinutes,
});
