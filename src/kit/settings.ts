// What every Worker of ours reads alike from its settings: JSON in text, secrets in force, the issuer of tokens, the access to
// custody; and how the wrong ones are named.
import * as z from 'zod';
import { type Result, refuse } from '../domain/result.ts';

const WEBHOOK_SECRET_CHARACTERS_MIN = 8;

/** Reads text as JSON; what is none has no shape that fits. */
export function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The schema behind this one refuses it, and names the setting.
    return undefined;
  }
}

/** All that are in force, so that one takes the place of another without a gap. */
export const WebhookSecrets = z
  .string()
  .transform((list) => list.split(','))
  .pipe(z.array(z.string().min(WEBHOOK_SECRET_CHARACTERS_MIN)).min(1));

export const tokenSettings = {
  JWT_ISSUER: z.url(),
  JWT_AUDIENCE: z.string().min(1),
  JWT_AUDIENCE_CLAIM: z.string().min(1),
  JWT_JWKS_URL: z.url(),
  JWT_ROLES_CLAIM: z.string().min(1),
  JWT_TYPE: z.string().min(1),
};

type Read<Shape extends z.ZodRawShape> = z.infer<z.ZodObject<Shape>>;

export const tokensOf = (data: Read<typeof tokenSettings>) => ({
  issuer: data.JWT_ISSUER,
  audience: data.JWT_AUDIENCE,
  audienceClaim: data.JWT_AUDIENCE_CLAIM,
  jwksUrl: data.JWT_JWKS_URL,
  rolesClaim: data.JWT_ROLES_CLAIM,
  type: data.JWT_TYPE,
});

export const custodySettings = {
  DFNS_API_URL: z.url(),
  DFNS_ORG_ID: z.string().min(1),
  DFNS_AUTH_TOKEN: z.string().min(1),
  DFNS_CREDENTIAL_ID: z.string().min(1),
  DFNS_PRIVATE_KEY: z.string().includes('PRIVATE KEY'),
};

export const custodyOf = (data: Read<typeof custodySettings>) => ({
  apiUrl: data.DFNS_API_URL,
  orgId: data.DFNS_ORG_ID,
  authToken: data.DFNS_AUTH_TOKEN,
  credentialId: data.DFNS_CREDENTIAL_ID,
  privateKey: data.DFNS_PRIVATE_KEY,
});

/** Names every setting that is missing or wrong, never its value. */
export const notConfigured = ({ issues }: z.ZodError): Result<never> =>
  refuse({ code: 'not_configured', settings: [...new Set(issues.map(({ path }) => String(path[0])))] });
