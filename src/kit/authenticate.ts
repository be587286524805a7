// A bearer token becomes an actor: issuer, audience, type, expiry and algorithm are pinned, roles come from a claim.
// RFC 8725 (JWT best practice), RFC 9068 (access tokens).
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { type Actor, staffRoles } from '../domain/actor.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import { findKeys, type KeyCopies } from './issuer-keys.ts';

export interface TokenRules {
  readonly issuer: string;
  readonly audience: string;
  readonly audienceClaim: string;
  readonly jwksUrl: string;
  readonly rolesClaim: string;
  readonly type: string;
}

const TOKEN_CHARACTERS_MAX = 8192;
const CLOCK_TOLERANCE_SECONDS = 30;
const ALGORITHMS = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA', 'Ed25519'];

/** @param nowMilliseconds the wall clock: other parties' tokens are judged by real time */
export async function authenticate(
  header: string | undefined,
  rules: TokenRules,
  copies: KeyCopies,
  nowMilliseconds: number,
): Promise<Result<Actor>> {
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(header ?? '')?.[1];
  if (token === undefined || token.length > TOKEN_CHARACTERS_MAX) return refuse({ code: 'token_missing' });
  const keys = await findKeys(rules.jwksUrl, copies, nowMilliseconds);
  if (keys === undefined) return refuse({ code: 'keys_unavailable' });
  const verified = await verify(token, keys, rules, nowMilliseconds);
  if (verified !== 'unknown key') return verified;
  // The issuer may have rotated its keys since they were read.
  const reread = await findKeys(rules.jwksUrl, copies, nowMilliseconds, { rereadFor: keys });
  const again = reread === undefined ? 'unknown key' : await verify(token, reread, rules, nowMilliseconds);
  return again === 'unknown key'
    ? refuse({ code: 'token_invalid', reason: 'signed with a key the issuer does not publish' })
    : again;
}

async function verify(
  token: string,
  keys: JSONWebKeySet,
  rules: TokenRules,
  nowMilliseconds: number,
): Promise<Result<Actor> | 'unknown key'> {
  try {
    const { payload } = await jwtVerify(token, resolverOf(keys), {
      issuer: rules.issuer,
      algorithms: ALGORITHMS,
      typ: rules.type,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['sub', 'exp'],
      currentDate: new Date(nowMilliseconds),
    });
    return toActor(payload, rules);
  } catch (fault) {
    if (fault instanceof errors.JWKSNoMatchingKey) return 'unknown key';
    if (fault instanceof errors.JOSEError) return refuse({ code: 'token_invalid', reason: reasonOf(fault) });
    throw fault;
  }
}

/** Kept with its key set, so that a key is imported once and not for every request. */
const resolvers = new WeakMap<JSONWebKeySet, ReturnType<typeof createLocalJWKSet>>();
function resolverOf(keys: JSONWebKeySet): ReturnType<typeof createLocalJWKSet> {
  const resolver = resolvers.get(keys) ?? createLocalJWKSet(keys);
  resolvers.set(keys, resolver);
  return resolver;
}

/** Which check failed, without quoting the token. */
const reasonOf = (fault: errors.JOSEError): string =>
  fault instanceof errors.JWTExpired
    ? 'expired'
    : fault instanceof errors.JWTClaimValidationFailed
      ? `claim ${fault.claim} is not as required`
      : 'malformed or wrongly signed';

function toActor(payload: JWTPayload, rules: TokenRules): Result<Actor> {
  const audience = payload[rules.audienceClaim];
  if (!(Array.isArray(audience) ? audience.includes(rules.audience) : audience === rules.audience)) {
    return refuse({ code: 'token_invalid', reason: `claim ${rules.audienceClaim} is not as required` });
  }
  const identity = { issuer: rules.issuer, subject: String(payload.sub) };
  const claimed = payload[rules.rolesClaim];
  const roles = staffRoles.filter((role) => (Array.isArray(claimed) ? claimed.includes(role) : claimed === role));
  return accept(roles.length > 0 ? { kind: 'staff', ...identity, roles } : { kind: 'client', ...identity });
}
