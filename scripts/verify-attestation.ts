// npm run verify-attestation -- FILE [--keys KEYS]: verifies an attestation, or several in a row, offline. Exit code 0 when
// all are genuine, 1 when one is not, 2 when it could not be asked so.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { explain, proves, provesNot } from '../src/kit/explain-attestation.ts';
import { verifyFile } from '../src/kit/verify-attestation.ts';

const KEYS_FILE = 'fiducia-attestation-keys.json';
const USAGE = `usage: npm run verify-attestation -- FILE [--keys KEYS]
  FILE  an attestation as GET /v1/accounts/me/attestation answers it, or its jws; several of one account: one jws a line, oldest first
  KEYS  the published keys, from /.well-known/${KEYS_FILE} (default: ${KEYS_FILE} beside FILE)`;

function giveUp(reason: string): never {
  console.error(reason);
  process.exit(2);
}

function readArguments(): { file: string; keys: string } {
  try {
    const { values, positionals } = parseArgs({ options: { keys: { type: 'string' } }, allowPositionals: true });
    const [file, ...others] = positionals;
    if (file === undefined || others.length > 0) return giveUp(USAGE);
    return { file, keys: values.keys ?? join(dirname(file), KEYS_FILE) };
  } catch {
    // An option that is not known: the same answer as to a missing file.
    return giveUp(USAGE);
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return giveUp(`${path} cannot be read.\n\n${USAGE}`);
  }
}

const { file, keys } = readArguments();
const answer = await verifyFile(read(file), read(keys));
if (!answer.ok) {
  console.log(`REFUSED: do not rely on this.\n${answer.problem}`);
  process.exit(1);
}

const now = new Date().toISOString();
const bullets = (lines: readonly string[]): string => lines.map((line) => `  - ${line}`).join('\n');
const { attestations } = answer;
for (const { claims, hash, keyId } of attestations) {
  const { heading, age, says } = explain(claims, now);
  console.log(`${heading}\n${age}\n`);
  for (const { about, lines } of says) console.log(`${about}:\n${bullets(lines)}`);
  console.log(`Key it is signed with:\n  - ${keyId}\nHash of this attestation:\n  - ${hash}\n`);
}
const [last] = attestations.slice(-1);
console.log(`What this proves:\n${bullets(proves)}\nWhat it does not prove:\n${bullets(provesNot)}\n`);
const one = attestations.length === 1;
const says =
  last === undefined || !explain(last.claims, now).isCurrent
    ? 'of the past'
    : `valid now${one ? '' : ' (the last one)'}, and the fence is ${last.claims.verdict}`;
console.log(
  `GENUINE, ${says}: ${one ? 'it is' : `all ${attestations.length} are`} signed with a key of ${keys}, unaltered${one ? '' : ', and follow one another without a gap'}.`,
);
