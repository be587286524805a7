/** Owns who calls: bearer tokens, the operations their holder may perform, and the tokens the sandbox itself signs. */
import { verify } from 'node:crypto';
import * as z from 'zod';
import { type Account, type DerivedOrganization, signJwt } from './derive.ts';
import { callerOf } from './directory.ts';
import { Refused } from './errors.ts';
import { canonical, holds } from './roles.ts';
import type { World } from './world.ts';

const Claims = z.looseObject({ jti: z.string(), exp: z.number(), use: z.string().optional() });
type Claims = z.infer<typeof Claims>;

/** Dfns answers 401 whatever is wrong with a bearer token, and does not say what. */
export function authenticate(world: World, headers: Headers): Account {
  const [, token] = /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '') ?? [];
  const claims = token === undefined ? undefined : readToken(world.organization, token);
  const account = claims && claims.use === undefined ? callerOf(world, claims.jti) : undefined;
  if (!account || !claims) throw new Refused(401, 'Not Authorized.');
  if (claims.exp * 1000 <= Date.now()) throw new Refused(401, 'Not Authorized.');
  return account;
}

/** Of several operations one is enough; the refusal names the first. */
export function authorize(account: Account, operation: string, ...others: string[]): void {
  if ([operation, ...others].some((each) => holds(account.operations, each))) return;
  const message = `CustomerEmployee ${account.userId} is not authorized to perform operation (${canonical(operation)})`;
  throw new Refused(403, message);
}

/** Challenges and user action tokens are JWTs of the same key; `use` keeps one from passing for the other. */
export function writeToken(
  world: World,
  use: 'challenge' | 'userAction' | 'credential',
  id: string,
  expiresAt: number,
): string {
  const claims = { jti: id, use, orgId: world.organization.orgId, exp: Math.floor(expiresAt / 1000) };
  return signJwt(world.organization.tokenKey.privateKey, { typ: 'JWT' }, claims);
}

/** The claims of a token this organisation signed; expiry is left to the caller. */
export function readToken(organization: DerivedOrganization, token: string): Claims | undefined {
  const [header, payload, signature, ...rest] = token.split('.');
  if (!header || !payload || !signature || rest.length > 0) return undefined;
  const text = Buffer.from(`${header}.${payload}`);
  const isOurs = verify(null, text, organization.tokenKey.publicKey, Buffer.from(signature, 'base64url'));
  if (!isOurs) return undefined;
  return Claims.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString())).data;
}
