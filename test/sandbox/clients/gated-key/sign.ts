/**
 * Signs a text with the key behind the gate: `sign.ts "text"`. Says which approval it waits for, fetches the signature
 * when a person has approved, and trusts it only after verifying it.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { hashMessage, toHex } from 'viem';
import { accepted, connect, setting } from '../dfns.ts';
import { verify } from './verify.ts';

const POLL_MILLISECONDS = 500;
const dfns = connect();
const keyId = setting('GATED_KEY_ID');
const [text = ''] = process.argv.slice(2);

const key = await dfns.keys.getKey({ keyId });
// An ECDSA key signs a hash, here that of an Ethereum message; an Ed25519 key signs the message itself.
const signable = key.curve === 'secp256k1' ? hashMessage(text) : toHex(text);
const body =
  key.curve === 'secp256k1'
    ? ({ kind: 'Hash', hash: signable } as const)
    : ({ kind: 'Message', message: signable } as const);
const asked = await accepted(dfns.keys.generateSignature({ keyId, body }));
if (asked.approvalId === undefined) throw new Error(`no policy guards the key: ${asked.id} is ${asked.status} already`);
console.log(`Waiting for approval ${asked.approvalId}`);

const deadline = Date.now() + Number(setting('SIGN_WAIT_SECONDS')) * 1000;
let signature = asked;
while (signature.status === 'Pending' || signature.status === 'Executing') {
  if (Date.now() > deadline) throw new Error(`nobody has decided on ${asked.approvalId} in time`);
  await wait(POLL_MILLISECONDS);
  signature = await dfns.keys.getSignature({ keyId, signatureId: asked.id });
}
if (signature.signature === undefined) {
  console.log(`${signature.status}: ${signature.reason ?? 'no reason given'}`);
  process.exitCode = 1;
} else if (await verify(key, signable, signature.signature)) {
  console.log(`Signed and verified: ${signature.signature.encoded ?? signature.signature.r + signature.signature.s}`);
} else {
  throw new Error(`the signature ${asked.id} is not one of the key ${key.publicKey}`);
}
