// The policies that hold everyone in: the guard and the limits. They are known by id from earlier readings, so that a check
// of one account does not page through the policies of all.

import { limitsTagOf } from '../domain/account.ts';
import type { CustodyPolicy } from '../domain/custody.ts';
import { checkGuard, checkLimits, isShared } from '../domain/fence.ts';
import type { LimitsTemplate } from '../domain/limits-template.ts';
import { addSeconds, type Timestamp } from '../domain/time.ts';
import { forgetSighting, keepSightings, listSharedSightings, listSightingsSince } from '../store/sightings.ts';
import type { App } from './app.ts';

/** A reading this young serves the next check too: an event about one of them brings a reading of its own. */
const FRESH_SECONDS = 30;
/** What the last listing lacked is not listed for again so soon: every account asks, and each listing costs many calls. */
const LISTING_SECONDS = 300;

interface Asked {
  /** Read now, whatever was seen a moment ago. */
  readonly isDirect?: boolean;
  /** The template whose limits matter; always the guard does. */
  readonly template?: LimitsTemplate;
}

/**
 * Guard and limits as custody has them. Where all policies fit a page, that page is the cheapest reading; else what was seen
 * before is read by id, and everything is listed only where nothing is known or something is missing, since another policy may
 * have taken the place of one that went.
 */
export async function readShared(
  app: App,
  at: Timestamp,
  { isDirect = false, template }: Asked = {},
): Promise<readonly CustodyPolicy[]> {
  const known = await listSharedSightings(app.database);
  const youngest = isDirect ? at : addSeconds(at, -FRESH_SECONDS);
  if (known.length > 0 && known.every(({ seenAt }) => seenAt >= youngest)) return known.map(({ found }) => found);
  const first = await app.custody.pageOfPolicies(undefined);
  const listed = first.next === undefined ? first.items.filter(isShared) : [];
  const found = await withUnlisted(app, listed, known);
  if (first.next === undefined) return keepShared(app, at, found);
  const missing = found.length < known.length ? 'one of them' : lackOf(found, template);
  if (found.length > 0 && (missing === undefined || (await wasLacking(app, at, lackOf(found, template))))) {
    return keepShared(app, at, found);
  }
  const shared = merge(found, (await app.custody.listPolicies()).filter(isShared));
  const lack = lackOf(shared, template);
  if (lack !== undefined) {
    await keepSightings(app.database, [{ custodyId: lack, kind: 'listing', found: null, seenAt: at }]);
  }
  return keepShared(app, at, shared);
}

/** A list may lag behind: what was seen before and is not on it is read by its id. */
async function withUnlisted(
  app: App,
  listed: readonly CustodyPolicy[],
  known: readonly { readonly custodyId: string }[],
): Promise<readonly CustodyPolicy[]> {
  const unlisted = known.filter(({ custodyId }) => !listed.some(({ id }) => id === custodyId));
  const read = await Promise.all(unlisted.map(({ custodyId }) => app.custody.findPolicy(custodyId)));
  return [...listed, ...read.filter((policy) => policy !== undefined).filter(({ isActive }) => isActive)];
}

/** What keeps these from holding anyone in, as a listing that did not find it is noted. */
function lackOf(policies: readonly CustodyPolicy[], template: LimitsTemplate | undefined): string | undefined {
  if (checkGuard(policies).length > 0) return 'listing without a guard';
  if (template === undefined) return undefined;
  const isMissing = checkLimits({ limitsTemplate: template }, policies).some(({ code }) => code === 'limits_missing');
  return isMissing ? `listing without ${limitsTagOf(template)}` : undefined;
}

const wasLacking = async (app: App, at: Timestamp, lack: string | undefined): Promise<boolean> =>
  lack !== undefined && (await listSightingsSince(app.database, [lack], addSeconds(at, -LISTING_SECONDS))).length > 0;

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
