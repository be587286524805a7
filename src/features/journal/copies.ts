// The copies of checkpoints in R2, with the hashes of their entries: what D1 is compared with. By sequence and epoch, so that a
// restored database adds beside what was left behind and never writes over it.
import * as z from 'zod';
import type { CheckpointRow } from '../../store/checkpoints.ts';

const FOLDER = 'checkpoints/';
const SEQUENCE_DIGITS = 12;
const KEYS_PER_LIST = 1_000;

const Copy = z.object({ jws: z.string(), hashes: z.array(z.string()).readonly() });
export type Copy = z.infer<typeof Copy>;

const folderOf = (sequence: number): string => `${FOLDER}${String(sequence).padStart(SEQUENCE_DIGITS, '0')}/`;
const keyOf = ({ sequence, epoch }: Pick<CheckpointRow, 'sequence' | 'epoch'>): string =>
  `${folderOf(sequence)}${encodeURIComponent(epoch)}.json`;

/** Written when nothing is there; another one that is there stays. */
export async function keepCopy(
  archive: R2Bucket,
  row: CheckpointRow,
  hashes: readonly string[],
): Promise<'kept' | 'another'> {
  const written = await archive.put(
    keyOf(row),
    JSON.stringify({ jws: row.jws, hashes } satisfies z.input<typeof Copy>),
    {
      onlyIf: { etagDoesNotMatch: '*' },
      httpMetadata: { contentType: 'application/json' },
    },
  );
  if (written !== null) return 'kept';
  const there = await findCopy(archive, row);
  return there !== 'unreadable' && there?.jws === row.jws ? 'kept' : 'another';
}

export async function findCopy(
  archive: R2Bucket,
  of: Pick<CheckpointRow, 'sequence' | 'epoch'>,
): Promise<Copy | 'unreadable' | undefined> {
  const object = await archive.get(keyOf(of));
  if (object === null) return undefined;
  const text = await object.text();
  try {
    return Copy.parse(JSON.parse(text));
  } catch {
    // Not what was put there: the caller says so of the copy.
    return 'unreadable';
  }
}

/** Which copies there are from this sequence on, a thousand at most. */
export async function listCopies(archive: R2Bucket, from: number): Promise<{ sequence: number; epoch: string }[]> {
  const { objects } = await archive.list({
    prefix: FOLDER,
    // Behind everything of the one before.
    startAfter: `${folderOf(from - 1)}~`,
    limit: KEYS_PER_LIST,
  });
  return objects.flatMap(({ key }) => {
    const [, sequence, epoch] = /^checkpoints\/(\d+)\/(.+)\.json$/.exec(key) ?? [];
    return sequence === undefined || epoch === undefined
      ? []
      : [{ sequence: Number(sequence), epoch: decodeURIComponent(epoch) }];
  });
}
