// The memory that is alive, after everything else has been collected.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export const BYTES_PER_MEGABYTE = 1_000_000;

export function openHeap(): () => number {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  return () => {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
}
