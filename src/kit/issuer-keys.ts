// The token issuer's public keys: read over HTTP, kept in memory, copied where other isolates find them. When the issuer
// is unreachable the last good set serves for a day.
import type { JSONWebKeySet } from 'jose';
import * as z from 'zod';

/** A place for the last good set, such as KV. */
export interface KeyCopies {
  get(key: string): Promise<string | null>;
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>;
}

interface Kept {
  readonly keys: JSONWebKeySet;
  readonly readAt: number;
}

const FRESH_MILLISECONDS = 10 * 60_000;
const USABLE_MILLISECONDS = 24 * 3600_000;
/** An unknown key id may cause a reread this often, however many tokens carry one. */
const REREAD_MILLISECONDS = 30_000;
const TIMEOUT_MILLISECONDS = 5_000;

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

const memory = new Map<string, Kept>();
const lastRead = new Map<string, number>();

/** The keys to verify with; undefined when none are known, or only ones older than a day. */
export async function findKeys(
  url: string,
  copies: KeyCopies,
  now: number,
  { rereadFor }: { rereadFor?: JSONWebKeySet } = {},
): Promise<JSONWebKeySet | undefined> {
  const kept = memory.get(url);
  if (kept !== undefined && rereadFor === undefined && now - kept.readAt < FRESH_MILLISECONDS) return kept.keys;
  if (rereadFor !== undefined && now - (lastRead.get(url) ?? 0) < REREAD_MILLISECONDS) return rereadFor;
  lastRead.set(url, now);
  const read = await readKeys(url);
  if (read !== undefined) {
    memory.set(url, { keys: read, readAt: now });
    await copies.put(copyKey(url), JSON.stringify({ keys: read, readAt: now }), {
      expirationTtl: USABLE_MILLISECONDS / 1000,
    });
    return read;
  }
  const copy = kept ?? (await readCopy(url, copies));
  return copy !== undefined && now - copy.readAt < USABLE_MILLISECONDS ? copy.keys : undefined;
}

const copyKey = (url: string): string => `jwks:${url}`;

async function readCopy(url: string, copies: KeyCopies): Promise<Kept | undefined> {
  const text = await copies.get(copyKey(url));
  if (text === null) return undefined;
  const copy: Kept = JSON.parse(text);
  memory.set(url, copy);
  return copy;
}

async function readKeys(url: string): Promise<JSONWebKeySet | undefined> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) });
    const body = response.status === 200 ? await response.json() : await response.body?.cancel();
    return KeySet.safeParse(body).data;
  } catch {
    // Unreachable or not JSON: the last good set is the answer, and its age is bounded by the caller.
    return undefined;
  }
}
