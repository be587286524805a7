// A bearer token becomes an actor: issuer, audience, type, expiry and algorithm are pinned, roles come from a claim.
// RFC 8725 (JWT best practice), RFC 9068 (access tokens).
import { createLocalJWKSet, decodeProtectedHeader, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { type Actor, staffRoles } from '../domain/actor.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import { findKeys, type Kept, type KeyCopies } from './issuer-keys.ts';

export interface TokenRules {
  readonly issuer: string;
  readonly audience: string;
  readonly audienceClaim: string;
  readonly jwksUrl: string;
  /** The claim that holds roles, by its literal name or by a path such as `realm_access.roles`. */
  readonly rolesClaim: string;
  /** The `typ` of the header; `none` for an issuer that sets none, since some providers do not. */
  readonly type: string;
}

const TOKEN_CHARACTERS_MAX = 8192;
const CLOCK_TOLERANCE_SECONDS = 30;
const TOKEN_AGE_SECONDS_MAX = 24 * 3600;
const ALGORITHMS = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA', 'Ed25519'];

const invalid = (reason: string) => refuse({ code: 'token_invalid', reason });

/** @param nowMilliseconds the wall clock: other parties' tokens are judged by real time */
export async function authenticate(
  header: string | undefined,
  rules: TokenRules,
  copies: KeyCopies,
  nowMilliseconds: number,
): Promise<Result<Actor>> {
  if (header === undefined || header === '') return refuse({ code: 'token_missing' });
  const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header)?.[1];
  if (token === undefined) return invalid('not a bearer token of three parts');
  if (token.length > TOKEN_CHARACTERS_MAX) return invalid('too long');
  // Before any key is asked for: what is no token costs nobody a call.
  if (!hasHeader(token)) return invalid('malformed or wrongly signed');
  const kept = await findKeys(rules.jwksUrl, copies, nowMilliseconds);
  if (kept === undefined) return refuse({ code: 'keys_unavailable' });
  const verified = await verify(token, kept.keys, rules, nowMilliseconds);
  return verified === 'unknown key' ? verifyAgain(token, kept, rules, copies, nowMilliseconds) : verified;
}

/** The issuer may have rotated its keys since they were read; while it cannot be asked, nobody can say. */
async function verifyAgain(
  token: string,
  seen: Kept,
  rules: TokenRules,
  copies: KeyCopies,
  now: number,
): Promise<Result<Actor>> {
  const newer = await findKeys(rules.jwksUrl, copies, now, seen);
  const isCurrent = newer !== undefined && now - newer.readAt < KEYS_CURRENT_MILLISECONDS;
  if (!isCurrent) return refuse({ code: 'keys_unavailable' });
  const again = await verify(token, newer.keys, rules, now);
  return again === 'unknown key' ? invalid('signed with a key the issuer does not publish') : again;
}

/** A set this fresh is what the issuer publishes now; an unknown key is then the token's fault. */
const KEYS_CURRENT_MILLISECONDS = 60_000;

function hasHeader(token: string): boolean {
  try {
    return typeof decodeProtectedHeader(token).alg === 'string';
  } catch {
    // Not a header: the question asked, and its answer.
    return false;
  }
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
      ...(rules.type === 'none' ? {} : { typ: rules.type }),
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      maxTokenAge: TOKEN_AGE_SECONDS_MAX,
      requiredClaims: ['sub', 'exp', 'iat'],
      currentDate: new Date(nowMilliseconds),
    });
    return toActor(payload, rules);
  } catch (fault) {
    if (fault instanceof errors.JWKSNoMatchingKey) return 'unknown key';
    if (fault instanceof errors.JOSEError) return invalid(reasonOf(fault));
    // A published key that the runtime cannot use verifies nothing.
    if (fault instanceof DOMException) return invalid('signed with a key that cannot be used');
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
    return invalid(`claim ${rules.audienceClaim} is not as required`);
  }
  const { sub: subject } = payload;
  if (typeof subject !== 'string' || subject === '') return invalid('claim sub is not as required');
  const claimed = claimOf(payload, rules.rolesClaim);
  const roles = staffRoles.filter((role) => (Array.isArray(claimed) ? claimed.includes(role) : claimed === role));
  const identity = { issuer: rules.issuer, subject };
  return accept(roles.length > 0 ? { kind: 'staff', ...identity, roles } : { kind: 'client', ...identity });
}

/** The literal name comes first: some claims are addresses with points in them. */
function claimOf(payload: JWTPayload, name: string): unknown {
  if (name in payload) return payload[name];
  return name
    .split('.')
    .reduce<unknown>(
      (value, part) => (typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined),
      payload,
    );
}
