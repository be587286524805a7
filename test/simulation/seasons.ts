// What people mostly do in an episode: a season makes some acts more likely, so that each rule is pressed hard somewhere.
import { type Act, acts } from './acts.ts';

const usual = {
  ...{
    beginRestore: 4,
    fundTrade: 12,
    sweep: 2,
    withdraw: 12,
    cancelOrder: 3,
    schedule: 6,
    pauseSchedule: 1,
    resumeSchedule: 1,
    endSchedule: 1,
  },
  ...{
    skipNext: 1,
    editSchedule: 1,
    askAddress: 4,
    removeAddress: 2,
    withdrawRequest: 1,
    suspendAddress: 1,
    resumeAddress: 2,
  },
  ...{ grant: 2, revoke: 1, halt: 2, lift: 6, resolve: 3, openAccount: 1, read: 2, pry: 3 },
  ...{ upload: 2, putRight: 1, checkBatch: 0.3, release: 3 },
  ...{ pauseBatch: 0.3, resumeBatch: 1, cancelBatch: 0.2, retryBatch: 1 },
} satisfies { readonly [Name in keyof typeof acts]: number };

const seasonal = {
  money: { ...usual, fundTrade: 24, withdraw: 24, halt: 1 },
  stops: {
    ...usual,
    ...{ fundTrade: 26, withdraw: 12, halt: 14, lift: 30, revoke: 9, grant: 16 },
    ...{ suspendAddress: 14, resumeAddress: 30, removeAddress: 3 },
  },
  payouts: {
    ...usual,
    ...{ fundTrade: 3, withdraw: 3, schedule: 1, askAddress: 1, grant: 1, halt: 6, lift: 18 },
    ...{ upload: 24, putRight: 8, checkBatch: 1, release: 44 },
    ...{ pauseBatch: 7, resumeBatch: 14, cancelBatch: 4, retryBatch: 5 },
  },
  schedules: { ...usual, schedule: 24, fundTrade: 6, withdraw: 4, halt: 1, grant: 4 },
  addresses: {
    ...usual,
    askAddress: 16,
    removeAddress: 14,
    withdrawRequest: 5,
    suspendAddress: 4,
    resumeAddress: 6,
    grant: 8,
    revoke: 4,
  },
} satisfies { readonly [season: string]: typeof usual };

export const askSomething =
  (season: keyof typeof seasonal): Act =>
  (world, chance) =>
    acts[chance.weighted(seasonal[season])](world, chance);
