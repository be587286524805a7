// The policies that hold everyone in: the guard and the limits. They are known by id from earlier readings, so that a check
// of one account does not page through the policies of all.

import type { CustodyPolicy } from '../domain/custody.ts';
import { checkGuard, isShared } from '../domain/fence.ts';
import { addSeconds, type Timestamp } from '../domain/time.ts';
import { forgetSighting, keepSightings, listSharedSightings, listSightingsSince } from '../store/sightings.ts';
import type { App } from './app.ts';

/** A reading this young serves the next check too: an event about one of them brings a reading of its own. */
const FRESH_SECONDS = 30;
/** Where the last listing found no sound guard, the next one waits: every account asks, and each listing costs many calls. */
const LISTING_SECONDS = 300;
const LISTING = 'listing:policies';

/**
 * Guard and limits as custody has them. What was seen before is read by id; everything is listed only where nothing is known
 * or the guard does not stand, since another policy may have taken the place of one that went.
 * @param isDirect read now, whatever was seen a moment ago
 */
export async function readShared(app: App, at: Timestamp, isDirect = false): Promise<readonly CustodyPolicy[]> {
  const known = await listSharedSightings(app.database);
  const youngest = isDirect ? at : addSeconds(at, -FRESH_SECONDS);
  if (known.length > 0 && known.every(({ seenAt }) => seenAt >= youngest)) return known.map(({ found }) => found);
  const read = await Promise.all(known.map(({ custodyId }) => app.custody.findPolicy(custodyId)));
  const found = read.filter((policy) => policy !== undefined).filter(({ isActive }) => isActive);
  const isWhole = known.length > 0 && found.length === known.length && checkGuard(found).length === 0;
  if (isWhole || (found.length > 0 && (await wasUnguarded(app, at)))) return keepShared(app, at, found);
  const shared = merge(found, (await app.custody.listPolicies()).filter(isShared));
  const isGuarded = checkGuard(shared).length === 0;
  await keepSightings(app.database, [{ custodyId: LISTING, kind: 'listing', found: { isGuarded }, seenAt: at }]);
  return keepShared(app, at, shared);
}

async function wasUnguarded(app: App, at: Timestamp): Promise<boolean> {
  const [listing] = await listSightingsSince(app.database, [LISTING], addSeconds(at, -LISTING_SECONDS));
  return listing?.kind === 'listing' && !listing.found.isGuarded;
}

/** A list may lag behind: what was read by id counts. */
const merge = (read: readonly CustodyPolicy[], listed: readonly CustodyPolicy[]): readonly CustodyPolicy[] => [
  ...read,
  ...listed.filter(({ id }) => !read.some((policy) => policy.id === id)),
];

/** What is known and no longer there is forgotten. */
async function keepShared(
  app: App,
  at: Timestamp,
  shared: readonly CustodyPolicy[],
): Promise<readonly CustodyPolicy[]> {
  await keepSightings(
    app.database,
    shared.map((found) => ({ custodyId: found.id, kind: 'shared', found, seenAt: at })),
  );
  for (const { custodyId } of await listSharedSightings(app.database)) {
    if (!shared.some(({ id }) => id === custodyId)) await forgetSighting(app.database, custodyId);
  }
  return shared;
}
