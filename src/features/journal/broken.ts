// What is wrong with the journal, named: the first thing that is not as it was signed.

export type What =
  | 'changed'
  | 'removed'
  | 'inserted'
  | 'swapped'
  | 'checkpoint_removed'
  | 'checkpoint_forged'
  | 'checkpoint_forked'
  | 'checkpoint_unlinked'
  | 'copy_missing'
  | 'copy_altered';

export interface Broken {
  readonly what: What;
  readonly checkpoint: number | null;
  readonly place: number | null;
  readonly entryId: string | null;
  readonly says: string;
}

interface Where {
  readonly checkpoint?: number | null | undefined;
  readonly place?: number | null | undefined;
  readonly entryId?: string | null | undefined;
}

export const broken = (what: What, { checkpoint, place, entryId }: Where, says: string): Broken => ({
  what,
  checkpoint: checkpoint ?? null,
  place: place ?? null,
  entryId: entryId ?? null,
  says,
});

export const isBroken = (found: object | undefined): found is Broken => found !== undefined && 'what' in found;
