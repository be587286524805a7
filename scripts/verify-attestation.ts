// npm run verify-attestation -- FILE [--keys KEYS]: verifies an attestation, or several in a row, offline. Exit code 0 when
// all are genuine, 1 when one is not, 2 when it could not be asked so.
import { explain, proves, provesNot } from '../src/kit/explain-attestation.ts';
import { verifyFile } from '../src/kit/verify-attestation.ts';
import { bullets, KEYS_FILE, readFiles, refuse } from './offline.ts';

const {
  text,
  keysText,
  keysPath: keys,
} = readFiles(`usage: npm run verify-attestation -- FILE [--keys KEYS]
  FILE  an attestation as GET /v1/accounts/me/attestation answers it, or its jws; several of one account: one jws a line, oldest first
  KEYS  the published keys, from /.well-known/${KEYS_FILE} (default: ${KEYS_FILE} beside FILE)`);

const answer = await verifyFile(text, keysText);
if (!answer.ok) refuse(answer.problem);

const now = new Date().toISOString();
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
