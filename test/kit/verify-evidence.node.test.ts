// The command that verifies evidence, as an auditor runs it: two files on a machine of its own, an exit code and words.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corruptions, soundEvidence } from '../support/evidence.ts';

const ROOT = join(import.meta.dirname, '../..');
let folder: string;
let sound: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'evidence-'));
  const { text, keys } = await soundEvidence();
  sound = text;
  writeFileSync(join(folder, 'fiducia-attestation-keys.json'), keys);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function verify(text: string, ...more: readonly string[]): { status: number | null; said: string } {
  const file = join(folder, 'evidence.json');
  writeFileSync(file, text);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/verify-evidence.ts', file, ...more], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return { status, said: `${stdout}${stderr}` };
}

describe('npm run verify-evidence', () => {
  it('says of a sound bundle what is in it, what it proves and what it cannot', () => {
    const { status, said } = verify(sound);
    expect(said).toContain('GENUINE');
    expect(status).toBe(0);
    for (const words of [
      '9 entries',
      'Number 1 to 3, without a gap',
      'transaction 0xabc',
      'What it cannot prove',
      '2 with a signature',
    ])
      expect(said).toContain(words);
  });

  it.each(corruptions)('refuses a bundle with $name', async ({ change, words }) => {
    const evidence = JSON.parse(sound);
    await change(evidence);
    const { status, said } = verify(JSON.stringify(evidence));
    expect(said).toContain('REFUSED');
    expect(said).toContain(words);
    expect(status).toBe(1);
  });

  it('says how it is used when it is asked for something else', () => {
    expect(verify(sound, '--keys', join(folder, 'none.json'))).toMatchObject({ status: 2 });
    expect(verify(sound, 'another').said).toContain('usage: npm run verify-evidence');
  });
});
