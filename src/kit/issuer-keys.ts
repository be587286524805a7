// The token issuer's public keys: read over HTTP, kept in memory, copied where other isolates find them. When the issuer
// is unreachable the last good set serves for a day.
import type { JSONWebKeySet } from 'jose';
import * as z from 'zod';

/** A place for the last good set, such as KV. Only a copy: it may fail, and then nothing is lost but time. */
export interface KeyCopies {
  get(key: string): Promise<string | null>;
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>;
}

export interface Kept {
  readonly keys: JSONWebKeySet;
  /** Milliseconds; when the issuer last published this set to us. */
  readonly readAt: number;
}

const FRESH_MILLISECONDS = 10 * 60_000;
const USABLE_MILLISECONDS = 24 * 3600_000;
/** The issuer is asked this often at most, reachable or not, however many tokens name a key that is not known. */
const ASK_MILLISECONDS = 30_000;
const TIMEOUT_MILLISECONDS = 5_000;

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });
const Copy = z.object({ keys: KeySet, readAt: z.number() });

const memory = new Map<string, Kept>();
const lastAsked = new Map<string, number>();

/**
 * The keys to verify with; undefined when none are known, or only ones older than a day.
 * @param newerThan asks the issuer again for a set newer than this one, as a token named a key that it lacks
 */
export async function findKeys(
  url: string,
  copies: KeyCopies,
  now: number,
  newerThan?: Kept,
): Promise<Kept | undefined> {
  const kept = memory.get(url);
  const isWanted = newerThan === undefined || (kept !== undefined && kept.readAt > newerThan.readAt);
  if (kept !== undefined && isWanted && now - kept.readAt < FRESH_MILLISECONDS) return kept;
  if (now - (lastAsked.get(url) ?? Number.NEGATIVE_INFINITY) >= ASK_MILLISECONDS) {
    lastAsked.set(url, now);
    const keys = await ask(url);
    if (keys !== undefined) return keep(url, copies, { keys, readAt: now });
  }
  const last = kept ?? (await readCopy(url, copies));
  return last !== undefined && now - last.readAt < USABLE_MILLISECONDS ? last : undefined;
}

async function keep(url: string, copies: KeyCopies, kept: Kept): Promise<Kept> {
  memory.set(url, kept);
  try {
    await copies.put(copyKey(url), JSON.stringify(kept), { expirationTtl: USABLE_MILLISECONDS / 1000 });
  } catch {
    // The set is known here; without the copy another isolate asks the issuer itself.
  }
  return kept;
}

const copyKey = (url: string): string => `jwks:${url}`;

async function readCopy(url: string, copies: KeyCopies): Promise<Kept | undefined> {
  try {
    const copy = Copy.safeParse(JSON.parse((await copies.get(copyKey(url))) ?? 'null')).data;
    if (copy !== undefined) memory.set(url, copy);
    return copy;
  } catch {
    // No copy to be had: the answer is that no keys are known.
    return undefined;
  }
}

async function ask(url: string): Promise<JSONWebKeySet | undefined> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) });
    const body = response.status === 200 ? await response.json() : await response.body?.cancel();
    return KeySet.safeParse(body).data;
  } catch {
    // Unreachable or not JSON: the last good set is the answer, and its age is bounded by the caller.
    return undefined;
  }
}
