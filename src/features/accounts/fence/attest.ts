// Signs what a fence check found, for the commit that records the check.
import type { App } from '../../../app/app.ts';
import type { Account } from '../../../domain/account.ts';
import { attest } from '../../../domain/attestation.ts';
import type { Fence } from '../../../domain/fence.ts';
import type { Timestamp } from '../../../domain/time.ts';
import { openAttestor } from '../../../kit/attestation-keys.ts';
import { attestationOnce, findAttestation } from '../../../store/attestations.ts';
import type { Once } from '../../../store/commit.ts';
import { databaseFor } from '../../../store/database.ts';
import { listListedDestinations } from '../../../store/destinations.ts';
import type { ReadFence } from './read.ts';

/** When set-up last proved who may vote, untag and assign at custody. No such proof is kept yet. */
const findPermissionProof = async (_app: App): Promise<Timestamp | null> => null;

/** The row that exists once: a check that was overtaken loses its sequence, and with it the whole commit. */
export async function attestFence(app: App, account: Account, { found }: ReadFence, fence: Fence): Promise<Once> {
  const database = databaseFor(app, account.id);
  const [attestor, last, destinations, permissionProofAt] = await Promise.all([
    openAttestor(app.config.attestation),
    findAttestation(database, account.id),
    listListedDestinations(database, account.id),
    findPermissionProof(app),
  ]);
  const claims = attest({
    issuer: app.config.publicUrl,
    keyId: attestor.keyId,
    account,
    fence,
    wallets: found.wallets,
    destinations,
    previousHash: last?.hash ?? null,
    permissionProofAt,
  });
  const signed = await attestor.sign(claims);
  return attestationOnce({
    accountId: account.id,
    sequence: claims.sequence,
    checkedAt: claims.checkedAt,
    ...signed,
  });
}
