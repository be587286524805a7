// Screening of an address before anything reaches custody: held against the active sanctions list, and compared with the
// addresses that the account knows. A hit is refused and recorded; a look-alike is only marked.

import type { App } from '../../app/app.ts';
import { type Destination, type DestinationKind, REFUSED_BY_SCREENING } from '../../domain/destination.ts';
import type { AccountId } from '../../domain/id.ts';
import { findLookAlikes, type KnownAddress } from '../../domain/look-alike.ts';
import type { Network } from '../../domain/network.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { type ScreenedAgainst, type ScreeningList, screenedAgainst } from '../../domain/screening.ts';
import type { AddressFacts } from '../../store/address-facts.ts';
import { commit, type Requirement } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { destinationChange } from '../../store/destinations.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { activeListIs } from '../../store/screening.ts';

interface Asked {
  readonly accountId: AccountId;
  readonly network: Network;
  /** In its canonical form. */
  readonly address: string;
  readonly label: string;
  readonly kind: DestinationKind;
}

export interface Cleared {
  readonly screening: ScreenedAgainst | null;
  readonly looksLike: readonly KnownAddress[];
  /** For the commit that takes the address on: no other list came into force since this one was read. */
  readonly requires: readonly Requirement[];
}

type Facts = Pick<AddressFacts, 'list' | 'isSanctioned' | 'known' | 'refused'>;

export async function screenAddress(app: App, by: Provenance, asked: Asked, facts: Facts): Promise<Result<Cleared>> {
  const { list, isSanctioned, known } = facts;
  if (list === undefined && app.config.isScreeningRequired) return refuse({ code: 'screening_unavailable' });
  if (list !== undefined && isSanctioned) return refuseHit(app, by, asked, list, facts);
  return accept({
    screening: list === undefined ? null : screenedAgainst(list, by.at),
    looksLike: findLookAlikes(asked.address, known),
    requires: [{ holds: activeListIs(list?.id ?? null), refusal: { code: 'version_conflict' } }],
  });
}

/** The hit is a record of its own, once for each list: asking again tells nobody anything new. */
async function refuseHit(
  app: App,
  by: Provenance,
  asked: Asked,
  list: ScreeningList<'active'>,
  { refused: earlier, known }: Facts,
): Promise<Result<never>> {
  const recorded = earlier.find(({ sanctionsHit }) => sanctionsHit?.listId === list.id);
  if (recorded !== undefined) return refuse({ code: 'address_sanctioned', destinationId: recorded.id });
  const { accountId, network, address, label, kind } = asked;
  const refused: Destination<'refused'> = {
    id: by.newId('dst'),
    version: 1,
    status: 'refused',
    reason: REFUSED_BY_SCREENING,
    accountId,
    network,
    address,
    label,
    kind,
    looksLike: findLookAlikes(address, known),
    sanctionsHit: screenedAgainst(list, by.at),
    createdAt: by.at,
  };
  const database = databaseFor(app, accountId);
  const incident = await openIncident(database, by, {
    kind: 'sanctions_hit',
    about: refused.id,
    accountId,
    detail: `The address asked for is on the sanctions list ${list.edition} (SHA-256 ${list.hash}); the request was refused.`,
  });
  const committed = await commit(database, { by, changes: [destinationChange(undefined, refused), ...incident] });
  if (!committed.ok) return committed;
  app.log.info('screening.hit', { accountId, destinationId: refused.id, listId: list.id });
  return refuse({ code: 'address_sanctioned', destinationId: refused.id });
}
