// The name of a wish at custody: the same wish has the same id, even after a restored database.
import { base32 } from '@scure/base';

const EXTERNAL_ID_CHARACTERS = 32;
const PREFIX = 'f1-';

/** `f1-` and 160 bits of the origin's SHA-256. */
export async function externalIdOf(origin: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(origin));
  return `${PREFIX}${base32.encode(new Uint8Array(digest)).toLowerCase().slice(0, EXTERNAL_ID_CHARACTERS)}`;
}

export const isOwnExternalId = (externalId: string | undefined): externalId is string =>
  externalId?.startsWith(PREFIX) === true;
