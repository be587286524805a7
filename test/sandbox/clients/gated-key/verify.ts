/** Whether a signature is one of a key, judged here and not by whoever made it. */
import { createPublicKey, verify as verifyEd25519 } from 'node:crypto';
import { type Hex, recoverPublicKey } from 'viem';

type Key = { curve: string; publicKey: string };
type Signature = { r: string; s: string; recid?: number | undefined };

const digits = (text: string) => text.replace(/^0x/, '');
const ED25519_SPKI_PREFIX = '302a300506032b6570032100';

export async function verify({ curve, publicKey }: Key, signed: Hex, { r, s, recid }: Signature): Promise<boolean> {
  if (curve === 'ed25519') {
    const der = Buffer.from(ED25519_SPKI_PREFIX + digits(publicKey), 'hex');
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return verifyEd25519(null, Buffer.from(digits(signed), 'hex'), key, Buffer.from(digits(r) + digits(s), 'hex'));
  }
  const v = (27 + (recid ?? 0)).toString(16);
  const recovered = await recoverPublicKey({ hash: signed, signature: `0x${digits(r)}${digits(s)}${v}` });
  return compress(recovered) === digits(publicKey);
}

/** viem gives both coordinates, Dfns one of them and the parity of the other. */
function compress(uncompressed: Hex): string {
  const [x, y] = [uncompressed.slice(4, 68), uncompressed.slice(68)];
  return `${BigInt(`0x${y}`) % 2n === 0n ? '02' : '03'}${x}`;
}
