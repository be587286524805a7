// Signs what a fence check found, for the commit that records the check.
import type { App } from '../../../app/app.ts';
import type { Account } from '../../../domain/account.ts';
import { attest } from '../../../domain/attestation.ts';
import type { Fence } from '../../../domain/fence.ts';
import { openAttestor } from '../../../kit/attestation-keys.ts';
import { attestationOnce } from '../../../store/attestations.ts';
import type { Once } from '../../../store/commit.ts';
import type { ReadFence } from './read.ts';

/** The row that exists once: a check that was overtaken loses its sequence, and with it the whole commit. */
export async function attestFence(
  app: App,
  account: Account,
  { found, records }: ReadFence,
  fence: Fence,
): Promise<Once> {
  const attestor = await openAttestor(app.config.attestation);
  const claims = attest({
    issuer: app.config.publicUrl,
    keyId: attestor.keyId,
    account,
    fence,
    wallets: found.wallets,
    destinations: records.destinations,
    previousHash: records.attestation?.hash ?? null,
    permissionProofAt: found.proof.soundAt,
  });
  const signed = await attestor.sign(claims);
  return attestationOnce({
    accountId: account.id,
    sequence: claims.sequence,
    checkedAt: claims.checkedAt,
    ...signed,
  });
}
