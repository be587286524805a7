// The verification code of a statement: its figures and the digest of all its data, signed with the key of the attestations.
// Who holds a statement on paper compares the figures with those in the code; who holds its data compares the digest.
import { compactVerify, createLocalJWKSet, errors } from 'jose';
import * as z from 'zod';
import { canonicalJson } from '../domain/canonical.ts';
import { type AttestationKeySettings, openAttestor, publishedKeys } from './attestation-keys.ts';
import { SIGNING_ALGORITHM } from './signed.ts';

const STATEMENT = { type: 'fiducia-statement+jwt', name: 'a code of a statement' };
const CODE_CHARACTERS_MAX = 100_000;

const Claims = z.object({
  issuer: z.string(),
  accountId: z.string(),
  from: z.string(),
  to: z.string(),
  madeAt: z.string(),
  isReconciled: z.boolean(),
  closing: z.array(z.object({ asset: z.string(), units: z.string() })),
  digest: z.string(),
});
export type StatementClaims = z.infer<typeof Claims>;

interface Signed {
  readonly accountId: string;
  readonly from: string;
  readonly to: string;
  readonly madeAt: string;
  readonly assets: readonly { readonly asset: string; readonly closing: string }[];
  readonly reconciliation: { readonly isReconciled: boolean };
}

/** SHA-256 in hex over the canonical JSON of the statement without its verification. */
export async function digestOf(data: object): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonicalJson(data)));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export async function signStatement(
  { attestation, publicUrl }: { readonly attestation: AttestationKeySettings; readonly publicUrl: string },
  data: Signed,
): Promise<{ digest: string; code: string; at: string }> {
  const digest = await digestOf(data);
  const { accountId, from, to, madeAt, assets, reconciliation } = data;
  const claims: StatementClaims = {
    issuer: publicUrl,
    accountId,
    from,
    to,
    madeAt,
    isReconciled: reconciliation.isReconciled,
    closing: assets.map(({ asset, closing: units }) => ({ asset, units })),
    digest,
  };
  const { jws: code } = await (await openAttestor(attestation)).signAs(STATEMENT, claims);
  return { digest, code, at: `${publicUrl}/verify/statement` };
}

/** What a code says, if one of our keys signed it as the code of a statement. Line breaks of a printed one do not matter. */
export async function verifyStatement(
  attestation: AttestationKeySettings,
  printed: string,
): Promise<StatementClaims | undefined> {
  const code = printed.replace(/\s/g, '');
  if (code.length > CODE_CHARACTERS_MAX) return undefined;
  try {
    const keys = createLocalJWKSet(await publishedKeys(attestation));
    const { payload, protectedHeader } = await compactVerify(code, keys, { algorithms: [SIGNING_ALGORITHM] });
    if (protectedHeader.typ !== STATEMENT.type) return undefined;
    return Claims.parse(JSON.parse(new TextDecoder().decode(payload)));
  } catch (fault) {
    // Not signed by us: the question asked, and its answer. Anything else is a fault of ours.
    if (fault instanceof errors.JOSEError) return undefined;
    throw fault;
  }
}
