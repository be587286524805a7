// Recording a permission proof. What it says is taken as read; whether it is sound is decided here, by its findings alone.
import type { App } from '../../app/app.ts';
import type { PermissionProof } from '../../domain/permission-proof.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { addSeconds } from '../../domain/time.ts';
import { commit, type Once } from '../../store/commit.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { permissionProofChange } from '../../store/permission-proofs.ts';

/** Clocks of the set-up and of the product may differ this much. */
const AHEAD_SECONDS_MAX = 300;
const DETAIL_CHARACTERS_MAX = 2000;

export async function recordProof(
  app: App,
  by: Provenance,
  given: Pick<PermissionProof, 'provenAt' | 'read' | 'holders' | 'findings'>,
  keep: (proof: PermissionProof) => readonly Once[],
): Promise<Result<PermissionProof>> {
  // Otherwise one proof with a date far ahead would count for ever.
  if (given.provenAt > addSeconds(by.at, AHEAD_SECONDS_MAX))
    return refuse({ code: 'proof_from_the_future', provenAt: given.provenAt });
  const result = given.findings.length === 0 ? 'sound' : 'unsound';
  const proof: PermissionProof = { id: by.newId('prf'), version: 1, result, ...given, createdAt: by.at };
  const incident =
    result === 'sound'
      ? []
      : await openIncident(app.database, by, {
          kind: 'permissions_unsound',
          about: 'organization',
          accountId: null,
          detail: given.findings
            .map(({ says }) => says)
            .join(' ')
            .slice(0, DETAIL_CHARACTERS_MAX),
        });
  const committed = await commit(app.database, {
    by,
    changes: [permissionProofChange(proof), ...incident],
    once: keep(proof),
  });
  return committed.ok ? accept(proof) : committed;
}
