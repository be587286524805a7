// Every setting of the checker, parsed once, all complaints at once. Its secrets are its own: no credential of the product is
// ever among them.
import * as z from 'zod';
import { userIdOf } from '../dfns/review-custody.ts';
import type { CheckerFactsSource } from '../domain/checker-facts.ts';
import type { Refusal } from '../domain/refusal.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import { Terms } from './terms.ts';

/** What wrangler.toml and the secrets of this Worker give it; a missing setting is told by /readyz. */
export interface Bindings {
  readonly DB: D1Database;
  readonly COPIES: KVNamespace;
  readonly REVIEWS: Queue;
  readonly RATE: RateLimit;
  /** The product, by methods that only read. */
  readonly FACTS: CheckerFactsSource;
  readonly [setting: string]: unknown;
}

const WEBHOOK_SECRET_CHARACTERS_MIN = 8;
const CALLS_PER_MINUTE_MIN = 30;

const inJson = (text: string, context: z.RefinementCtx): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'not JSON' });
    return z.NEVER;
  }
};

const Settings = z.object({
  CHECKER_URL: z.url(),
  /** `shadow`: it records what it would have said, and votes on nothing. */
  MODE: z.enum(['shadow', 'live']),
  TERMS: z.string().transform(inJson).pipe(Terms),
  NOTIFY_URL: z.url().optional(),
  DFNS_API_URL: z.url(),
  DFNS_DASHBOARD_URL: z.url(),
  DFNS_CALLS_PER_MINUTE: z.coerce.number().int().min(CALLS_PER_MINUTE_MIN),
  DFNS_ORG_ID: z.string().min(1),
  DFNS_AUTH_TOKEN: z.string().refine((token) => userIdOf(token) !== undefined),
  DFNS_CREDENTIAL_ID: z.string().min(1),
  DFNS_PRIVATE_KEY: z.string().includes('PRIVATE KEY'),
  DFNS_WEBHOOK_SECRETS: z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(z.string().min(WEBHOOK_SECRET_CHARACTERS_MIN)).min(1)),
  JWT_ISSUER: z.url(),
  JWT_AUDIENCE: z.string().min(1),
  JWT_AUDIENCE_CLAIM: z.string().min(1),
  JWT_JWKS_URL: z.url(),
  JWT_ROLES_CLAIM: z.string().min(1),
  JWT_TYPE: z.string().min(1),
});

export type Config = ReturnType<typeof nest>;

const nest = (data: z.infer<typeof Settings>) =>
  Object.freeze({
    url: data.CHECKER_URL.replace(/\/$/, ''),
    mode: data.MODE,
    terms: data.TERMS,
    /** Where people of the desk read along; undefined: only the log tells. */
    notifyUrl: data.NOTIFY_URL,
    dashboardUrl: data.DFNS_DASHBOARD_URL,
    callsPerMinute: data.DFNS_CALLS_PER_MINUTE,
    dfns: {
      apiUrl: data.DFNS_API_URL,
      orgId: data.DFNS_ORG_ID,
      authToken: data.DFNS_AUTH_TOKEN,
      credentialId: data.DFNS_CREDENTIAL_ID,
      privateKey: data.DFNS_PRIVATE_KEY,
    },
    webhookSecrets: data.DFNS_WEBHOOK_SECRETS,
    tokens: {
      issuer: data.JWT_ISSUER,
      audience: data.JWT_AUDIENCE,
      audienceClaim: data.JWT_AUDIENCE_CLAIM,
      jwksUrl: data.JWT_JWKS_URL,
      rolesClaim: data.JWT_ROLES_CLAIM,
      type: data.JWT_TYPE,
    },
  });

/** Names every setting that is missing or wrong, never its value. */
export function readConfig(env: Bindings): Result<Config> {
  const { success, data, error } = Settings.safeParse(env);
  if (success) return accept(nest(data));
  const settings = [...new Set(error.issues.map(({ path }) => String(path[0])))];
  return refuse({ code: 'not_configured', settings } satisfies Refusal);
}
