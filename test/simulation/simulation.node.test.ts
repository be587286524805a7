import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { bundle, edited, root } from './bundle.ts';
import { observe, observed } from './d1-contract.ts';
import { localD1 } from './platform/d1.ts';
import { Sqlite } from './platform/sqlite.ts';
import { protections } from './protections.ts';
import { migrations } from './shapes.ts';

/** A process of its own: it replaces time, chance and network around itself. */
async function simulate(...args: string[]): Promise<{ code: number; output: string }> {
  const ran = promisify(execFile)(process.execPath, ['test/simulation/run.ts', ...args], { cwd: root });
  try {
    return { code: 0, output: (await ran).stdout };
  } catch (fault) {
    return asEnded(fault);
  }
}
// What execFile throws for a process that ended with another code than 0.
function asEnded(fault: unknown): { code: number; output: string } {
  const { code, stdout } = fault as { code: number; stdout: string };
  return { code, output: stdout };
}

const TIMEOUT = 300_000;

describe('the simulation', () => {
  it('breaks no invariant, and is the same for the same seed', { timeout: TIMEOUT }, async () => {
    const [one, other] = await Promise.all([
      simulate('--seed', '1', '--steps', '1200'),
      simulate('--seed', '1', '--steps', '1200'),
    ]);
    expect(one).toMatchObject({ code: 0, output: expect.stringContaining('no invariant broken') });
    const hashOf = ({ output }: { output: string }) => /; ([0-9a-f]{16})$/m.exec(output)?.[1];
    expect(hashOf(one)).toBeTypeOf('string');
    expect(hashOf(other)).toBe(hashOf(one));
  });

  it('notices a refusal that is taken for the end of what may have landed', { timeout: TIMEOUT }, async () => {
    const without = [
      '--seed',
      '26',
      '--steps',
      '12000',
      '--without',
      '4xx-after-unknown rule',
      '--shrink-seconds',
      '0',
    ];
    const { code, output } = await simulate(...without);
    expect(code).toBe(1);
    expect(output).toContain('unknown is never failed');
  });

  it('finds every protection that it takes away', { timeout: TIMEOUT }, async () => {
    const edits = protections.flatMap((protection) => protection.edits ?? []);
    // Each text stands in its file; that the file is part of what runs is asked once for all of them.
    for (const edit of edits) edited(await readFile(`${root}${edit.file}`, 'utf8'), edit);
    const files = new Map(edits.map((edit) => [edit.file, { ...edit, put: edit.find }]));
    await bundle([...files.values()]);
    for (const { drop = [] } of protections) {
      const database = new Sqlite();
      database.script(migrations());
      for (const statement of drop) database.script(statement);
    }
    const stale = [{ file: 'src/domain/transfer.ts', find: 'no such text', put: '' }];
    await expect(bundle(stale)).rejects.toThrow('stands there 0 times');
    await expect(bundle([{ file: 'src/nowhere.ts', find: '', put: '' }])).rejects.toThrow('not part of the bundle');
  });
});

it('the stand-in of D1 does what D1 does', async () => {
  const database = localD1(
    new Sqlite(),
    async (_kind, _show, act) => act(),
    () => {},
  );
  expect(await observe(database)).toEqual(observed);
});
