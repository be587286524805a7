// What an episode is like, drawn once for all of it: how much goes wrong, what people mostly do, whether the database is set
// back, and how often custody may be asked.
import { Random } from './random.ts';

/** How an episode is: some have no faults, so that what is only found by interleaving is not hidden by them. */
export interface Weather {
  /** Of the effects of a task on our side, this part meets a fault. */
  readonly faults: number;
  /** Of the calls of custody, this part does. */
  readonly outages: number;
  /** Of the calls that move money, this part is done and its answer never heard. */
  readonly lostAnswers: number;
  /** Of the steps that begin something, this part is a crash. */
  readonly crashes: number;
  /** Webhooks come rarely, and mostly get lost: what became of a call is known by asking again only. */
  readonly isDeaf: boolean;
}

const weathers: readonly Weather[] = [
  { faults: 0, outages: 0, lostAnswers: 0, crashes: 0, isDeaf: false },
  { faults: 0.01, outages: 0.03, lostAnswers: 0, crashes: 0.005, isDeaf: false },
  { faults: 0.005, outages: 0.25, lostAnswers: 0.1, crashes: 0.005, isDeaf: false },
  { faults: 0, outages: 0.3, lostAnswers: 0, crashes: 0, isDeaf: true },
  { faults: 0, outages: 0.03, lostAnswers: 0.6, crashes: 0.002, isDeaf: true },
  { faults: 0.06, outages: 0.02, lostAnswers: 0, crashes: 0.02, isDeaf: false },
];
const seasons = ['money', 'money', 'stops', 'stops', 'schedules', 'addresses', 'payouts', 'payouts'] as const;
/** What people mostly do in it. */
export type Season = (typeof seasons)[number];

const restores = ['none', 'none', 'none', 'silently', 'with a new epoch'] as const;

/** Calls of custody in a minute. */
export interface Pace {
  /** As many as the product is told that it has. */
  readonly told: number;
  /** As many as custody takes before it says 429; null: any. */
  readonly taken: number | null;
}
const AMPLE: Pace = { told: 1_000_000, taken: null };
const paces: readonly Pace[] = [AMPLE, AMPLE, AMPLE, { told: 60, taken: null }, { told: 120, taken: 15 }];

const modes = ['live', 'live', 'shadow'] as const;

export interface Climate {
  readonly weather: Weather;
  /** How the database is set back, if it is. */
  readonly restores: (typeof restores)[number];
  readonly season: Season;
  readonly pace: Pace;
  readonly checker: (typeof modes)[number];
}
export function climateOf(seed: number): Climate {
  const chance = new Random(seed ^ 0x77777777);
  return {
    weather: chance.pick(weathers),
    season: chance.pick(seasons),
    restores: chance.pick(restores),
    pace: chance.pick(paces),
    checker: chance.pick(modes),
  };
}
