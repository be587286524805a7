// Every setting of the checker, parsed once, all complaints at once. Its secrets are its own: no credential of the product is
// ever among them.
import * as z from 'zod';
import { userIdOf } from '../dfns/review-custody.ts';
import type { CheckerFactsSource } from '../domain/checker-facts.ts';
import { accept, type Result } from '../domain/result.ts';
import {
  asJson,
  custodyOf,
  custodySettings,
  notConfigured,
  tokenSettings,
  tokensOf,
  WebhookSecrets,
} from '../kit/settings.ts';
import { Terms } from './terms.ts';

/** What wrangler.toml and the secrets of this Worker give it; a missing setting is told by /readyz. */
export interface Bindings {
  readonly DB: D1Database;
  readonly COPIES: KVNamespace;
  readonly REVIEWS: Queue;
  /** By person, and by sender before anything is known of it. */
  readonly RATE: RateLimit;
  readonly DOOR_RATE: RateLimit;
  /** The product, by methods that only read. */
  readonly FACTS: CheckerFactsSource;
  readonly [setting: string]: unknown;
}

const CALLS_PER_MINUTE_MIN = 30;

const Settings = z.object({
  CHECKER_URL: z.url(),
  /** `shadow`: it records what it would have said, and votes on nothing. */
  MODE: z.enum(['shadow', 'live']),
  TERMS: z.string().transform(asJson).pipe(Terms),
  NOTIFY_URL: z.url().optional(),
  ...custodySettings,
  DFNS_DASHBOARD_URL: z.url(),
  DFNS_CALLS_PER_MINUTE: z.coerce.number().int().min(CALLS_PER_MINUTE_MIN),
  /** It says whose it is: the checker has to know itself among those who are asked. */
  DFNS_AUTH_TOKEN: z.string().refine((token) => userIdOf(token) !== undefined),
  DFNS_WEBHOOK_SECRETS: WebhookSecrets,
  ...tokenSettings,
});

export type Config = ReturnType<typeof nest>;

const nest = (data: z.infer<typeof Settings>) =>
  Object.freeze({
    url: data.CHECKER_URL.replace(/\/$/, ''),
    mode: data.MODE,
    terms: data.TERMS,
    /** Where people are told of what is left to them; undefined: nobody is, and /readyz says so. */
    notifyUrl: data.NOTIFY_URL,
    dashboardUrl: data.DFNS_DASHBOARD_URL,
    callsPerMinute: data.DFNS_CALLS_PER_MINUTE,
    dfns: custodyOf(data),
    webhookSecrets: data.DFNS_WEBHOOK_SECRETS,
    tokens: tokensOf(data),
  });

/** Names every setting that is missing or wrong, never its value. */
export function readConfig(env: Bindings): Result<Config> {
  const { success, data, error } = Settings.safeParse(env);
  return success ? accept(nest(data)) : notConfigured(error);
}
