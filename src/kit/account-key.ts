// The form of a read-only key: `fid_` and 256 random bits. Who scans for leaked secrets finds it by its beginning.
import { base64url } from 'jose';
import { reports } from '../domain/account-key.ts';
import type { Actor } from '../domain/actor.ts';
import type { Refusal } from '../domain/refusal.ts';

const PREFIX = 'fid_';
const KEY_BYTES = 32;
const HEADER = /^Bearer +(fid_[\w-]{43})$/i;

export const newKey = (): string => `${PREFIX}${base64url.encode(crypto.getRandomValues(new Uint8Array(KEY_BYTES)))}`;

/** The key of an Authorization header, when it holds one. */
export const keyIn = (header: string | undefined): string | undefined => HEADER.exec(header ?? '')?.[1];

/** A route of one of these reports, and of nothing else. */
const PATH = new RegExp(`^/v1/accounts/[^/]+/(?:(${reports.join('|')})|(statements|statement-prints)(?:/[^/]+)?)$`);

/** What a key may do: read the reports that it names. Everything else is refused before a route is looked for. */
export function judgeKey(
  actor: Extract<Actor, { kind: 'key' }>,
  { method, path }: { readonly method: string; readonly path: string },
): { readonly report: (typeof reports)[number] } | Refusal {
  const [, named, kept] = (method === 'GET' && PATH.exec(path)) || [];
  const report = kept === undefined ? reports.find((one) => one === named) : 'statement';
  return report !== undefined && actor.reports.includes(report)
    ? { report }
    : { code: 'key_opens_only', reports: actor.reports };
}
