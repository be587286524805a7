// What a world is made of: where its parts are reached, what outlives a process, what is on its way, and the settings.
import { readdirSync, readFileSync } from 'node:fs';
import { root } from './bundle.ts';
import type { Kept } from './platform/stores.ts';

export const SANDBOX = 'http://sandbox.test';
export const PRODUCT = 'http://fiducia.test';
export const CUSTODY_SEED = 'simulation';
/** A Monday. */
export const BEGINNING = Date.parse('2027-03-01T08:58:00.000Z');

/** Everything that outlives a process. */
export interface Snapshot {
  readonly product: Uint8Array;
  readonly custody: Uint8Array;
  readonly checker: Uint8Array;
  readonly checkerSecret: string;
  readonly kv: readonly (readonly [string, Kept])[];
  readonly archive: readonly (readonly [string, string])[];
  readonly now: number;
  readonly webhookSecret: string;
}

/** A webhook of custody on its way to our door. */
export interface Transit {
  readonly url: string;
  readonly init: RequestInit;
  readonly arrive: (response: Response) => void;
  readonly lose: () => void;
}

/** A webhook event that reached our door. */
export interface Arrived {
  readonly id: string;
  readonly kind: string;
  readonly retryOf?: string;
  readonly data: Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are examined by those that asked for them
  readonly body: any;
}

/** Of the product, or of another Worker. */
export const migrations = (folder = 'migrations'): string =>
  readdirSync(`${root}${folder}`)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => readFileSync(`${root}${folder}/${name}`, 'utf8'))
    .join('\n');

/** The settings as wrangler.toml has them for development. */
function settings(): Record<string, string> {
  const [, vars = ''] = /^\[vars\]\n([\s\S]*?)\n\[/m.exec(readFileSync(`${root}wrangler.toml`, 'utf8')) ?? [];
  return Object.fromEntries([...vars.matchAll(/^(\w+) = "(.*)"$/gm)].map(([, name = '', value = '']) => [name, value]));
}
export const texts = settings();

// What the sandbox's issuer answers to whoever asks for a token.
export const asToken = (body: unknown) => body as { access_token: string };
