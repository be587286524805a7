// npm run verify-evidence -- FILE [--keys KEYS]: verifies an evidence bundle offline. Exit code 0 when everything in it is as
// it was signed, 1 when something is not, 2 when it could not be asked so.
import { cannotProve } from '../src/domain/evidence.ts';
import { evidenceProves, explainEvidence } from '../src/kit/explain-evidence.ts';
import { verifyEvidence } from '../src/kit/verify-evidence.ts';
import { bullets, KEYS_FILE, readFiles, refuse } from './offline.ts';

const { text, keysText, keysPath } = readFiles(`usage: npm run verify-evidence -- FILE [--keys KEYS]
  FILE  a bundle as GET /v1/evidence answers it
  KEYS  the published keys, from /.well-known/${KEYS_FILE} (default: ${KEYS_FILE} beside FILE)`);

const answer = await verifyEvidence(text, keysText);
if (!answer.ok) refuse(answer.problem);
const { heading, says } = explainEvidence(answer.summary);
console.log(`${heading}\n`);
for (const { about, lines } of says) console.log(`${about}:\n${bullets(lines)}`);
console.log(`\nWhat this proves:\n${bullets(evidenceProves)}\nWhat it cannot prove:\n${bullets(cannotProve)}\n`);
console.log(`GENUINE: everything in the bundle is as it was signed with a key of ${keysPath}.`);
