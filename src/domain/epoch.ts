// Which history a database stands for. A database that was set back forgets what custody has done since, so its epoch must be
// the one that the deployment names, and a restore must have gone through custody, before money moves.
import { amend, type InStatus, machine, transitions } from './machine.ts';
import { accept, type Result, refuse } from './result.ts';
import type { Timestamp } from './time.ts';

export const epochMachine = machine({ restoring: ['sound'], sound: ['restoring'] });

/** There is one, and it moves on. */
export const EPOCH_ID = 'epoch';

interface EpochCore {
  readonly id: typeof EPOCH_ID;
  readonly version: number;
  /** What the deployed setting must be equal to. */
  readonly epoch: string;
  readonly createdAt: Timestamp;
}

/** A restore that is under way. */
export interface Restoring {
  readonly startedAt: Timestamp;
  /** To which instant the database was set back, as the person says who did it. */
  readonly restoredTo: Timestamp;
  /** From here on custody is read. */
  readonly readFrom: Timestamp;
  /** The newest entry of the journal that was found; null in an empty one. */
  readonly lastEntry: { readonly id: string; readonly hash: string } | null;
}

interface EpochFacts {
  restoring: Restoring;
  sound: object;
}

export type EpochStatus = keyof typeof epochMachine;
export type Epoch<S extends EpochStatus = EpochStatus> = InStatus<EpochCore, EpochFacts, S>;

const become = transitions<typeof epochMachine, EpochCore, EpochFacts>();

/** Of a database in which nothing has happened yet. */
export const firstEpoch = (epoch: string, at: Timestamp): Epoch<'sound'> => ({
  id: EPOCH_ID,
  version: 1,
  status: 'sound',
  epoch,
  createdAt: at,
});

/**
 * From when on custody may have done what this database does not know: the restore point, or earlier where the database had been
 * set back before and that restore was never begun, or not ended.
 * @param signedAt of the last checkpoint: none is signed in a database that was set back before its restore is begun
 */
export function readFrom(before: Epoch | undefined, restoredTo: Timestamp, signedAt: Timestamp | undefined): Timestamp {
  const known = before?.status === 'restoring' ? before.readFrom : (signedAt ?? before?.createdAt);
  return known !== undefined && known < restoredTo ? known : restoredTo;
}

/** A new epoch, while custody is read. A database from before there were epochs has none to follow. */
export function beginRestore(before: Epoch | undefined, epoch: string, restoring: Restoring): Epoch<'restoring'> {
  if (before === undefined)
    return { id: EPOCH_ID, version: 1, status: 'restoring', epoch, createdAt: restoring.startedAt, ...restoring };
  return before.status === 'sound'
    ? become({ ...before, epoch }, 'restoring', restoring)
    : amend(before, { epoch, ...restoring });
}

/** Custody was read to the end. */
export const endRestore = (epoch: Epoch<'restoring'>): Epoch<'sound'> => become(epoch, 'sound', {});

/** Money moves only in a database of the deployed epoch, and not while a restore goes on. */
export function judgeEpoch(epoch: Epoch | undefined, deployed: string): Result<void> {
  if (epoch?.epoch !== deployed)
    return refuse({ code: 'epoch_differs', found: epoch === undefined ? 'none' : 'another' });
  return epoch.status === 'sound'
    ? accept(undefined)
    : refuse({ code: 'restore_under_way', startedAt: epoch.startedAt });
}
