/** Owns the text of bearer tokens, and what Dfns shows of a token afterwards. */
import { signJwt } from './derive.ts';
import { viewAssignmentsOf } from './directory.ts';
import type { AccessToken } from './directory-types.ts';
import type { World } from './world.ts';

export const DAY_SECONDS = 86_400;
export const DAYS_MAX = 730;

/** The life of a token is on the real clock, because that is where clients look at it. */
export function signToken({ organization }: World, token: AccessToken, seconds: number): string {
  const at = Math.floor(Date.now() / 1000);
  const { tokenId, userId, name, kind } = token;
  const { orgId, tokenKey } = organization;
  const claims = {
    ...{ iss: 'auth.sandbox', aud: 'dfns:auth:user', sub: userId, jti: tokenId, iat: at, exp: at + seconds },
    'https://custom/username': name,
    'https://custom/app_metadata': { userId, orgId, tokenId, tokenKind: kind },
  };
  return signJwt(tokenKey.privateKey, { typ: 'JWT' }, claims);
}

/** A token with a permission of its own shows that one, any other what its account holds. */
export function viewToken({ store, organization }: World, { userId, isRestricted, ...token }: AccessToken) {
  const permissionAssignments = viewAssignmentsOf(store, isRestricted ? token.tokenId : userId);
  return { ...token, linkedUserId: userId, linkedAppId: '', orgId: organization.orgId, permissionAssignments };
}
