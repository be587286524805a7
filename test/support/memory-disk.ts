// The stores of a test run sync what they write. On a disk in memory that costs nothing, and nothing of a run is to outlive it.
import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';

/** Linux has one; a container may give it too little room. */
const PLACE = '/dev/shm';
const ROOM_BYTES = 4 * 1024 ** 3;

/** From here on temporary files are made there, if there is room, and are gone when this process ends. */
export function useMemoryDisk(): void {
  if (!existsSync(PLACE)) return;
  const { bavail, bsize } = statfsSync(PLACE);
  if (bavail * bsize < ROOM_BYTES) return;
  const folder = mkdtempSync(`${PLACE}/fiducia-tests-`);
  process.env.TMPDIR = folder;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
}
