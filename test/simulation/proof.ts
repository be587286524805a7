// The product's own proof of its journal, asked for as an auditor does, from the first place to the last.
import { must } from './beginning.ts';
import { Broken } from './broken.ts';
import type { World } from './world.ts';

export async function checkJournal(world: World): Promise<void> {
  for (let from: number | null = 1; from !== null; ) {
    const path = `/v1/journal/verify?from=${from}`;
    const { result, broken, next } = await must(world, { as: 'auditor-1', method: 'GET', path });
    if (result !== 'sound') throw new Broken('the journal proves itself', JSON.stringify(broken));
    from = next;
  }
}
