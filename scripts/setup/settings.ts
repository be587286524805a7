// Settings of the set-up: environment variables, so that no key is ever an argument that a process list shows.

import type { Access } from './dfns.ts';
import { forChecker, type Wanted, wantedOrganization } from './organization.ts';

/** Names what is missing, all at once, and never a value. */
export class SettingsMissing extends Error {
  override readonly name = 'SettingsMissing';
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const help: Readonly<Record<string, string>> = {
  SETUP_OFFICERS: 'user ids (us-...) of the human officers, separated by commas',
  SETUP_MAKER: "user id of the product's service account",
  PUBLIC_URL: 'address of the product, to which Dfns sends webhooks',
  DFNS_WEBHOOK_SECRETS: 'the webhook secret that the product holds now, which is not known here',
  SETUP_CHECKER: "user id of the checker's service account",
  CHECKER_URL: 'address of the checker, to which Dfns sends its webhooks',
  FIDUCIA_URL: 'address of the product, where the proof is recorded and payees are read',
  RESTORE_EPOCH: 'the epoch that is deployed',
  FIDUCIA_TOKEN: 'bearer token of an admin of the product',
};

export function required<Name extends string>(env: Environment, ...names: readonly Name[]): Record<Name, string> {
  const missing = names.filter((name) => !env[name]);
  if (missing.length > 0) {
    const lines = missing.map((name) => `  ${name}${help[name] === undefined ? '' : `: ${help[name]}`}`);
    throw new SettingsMissing(`These environment variables are missing:\n${lines.join('\n')}`);
  }
  // Each name was just seen to have a value.
  return Object.fromEntries(names.map((name) => [name, env[name]])) as Record<Name, string>;
}

/** The credentials of one account, under its prefix: SETUP_AUTH_TOKEN, MAKER_PRIVATE_KEY and so on. */
export function accessOf(env: Environment, account: string): Access {
  const prefix = account.toUpperCase();
  const [token, credential, key] = [`${prefix}_AUTH_TOKEN`, `${prefix}_CREDENTIAL_ID`, `${prefix}_PRIVATE_KEY`];
  const given = required(env, 'DFNS_API_URL', 'DFNS_ORG_ID', token, credential, key);
  return {
    apiUrl: given.DFNS_API_URL ?? '',
    orgId: given.DFNS_ORG_ID ?? '',
    authToken: given[token] ?? '',
    credentialId: given[credential] ?? '',
    privateKey: given[key] ?? '',
  };
}

export const webhookUrlOf = (publicUrl: string): string => `${publicUrl.replace(/\/$/, '')}/webhooks/dfns`;

/** A bearer token of Dfns says whose it is. */
export function userIdOf(authToken: string): string {
  try {
    const claims = JSON.parse(Buffer.from(authToken.split('.')[1] ?? '', 'base64url').toString());
    const userId: unknown = claims['https://custom/app_metadata']?.userId;
    if (typeof userId === 'string') return userId;
  } catch {
    // No token of Dfns: told below, without showing any of it.
  }
  throw new SettingsMissing('SETUP_AUTH_TOKEN is no token of Dfns: it does not say whose it is.');
}

export function wantedFrom(env: Environment): Wanted {
  const { SETUP_AUTH_TOKEN, SETUP_OFFICERS, SETUP_MAKER, PUBLIC_URL } = required(
    env,
    'SETUP_AUTH_TOKEN',
    'SETUP_OFFICERS',
    'SETUP_MAKER',
    'PUBLIC_URL',
  );
  return wantedOrganization({
    officers: SETUP_OFFICERS.split(',').map((id) => id.trim()),
    makerId: SETUP_MAKER,
    checkerId: env.SETUP_CHECKER || undefined,
    setupId: userIdOf(SETUP_AUTH_TOKEN),
    webhookUrl: webhookUrlOf(PUBLIC_URL),
  });
}

/** As `wantedFrom`, for the checker's own webhook. */
export function wantedForChecker(env: Environment): Wanted {
  const { CHECKER_URL } = required(env, 'CHECKER_URL', 'SETUP_CHECKER');
  return forChecker(wantedFrom(env), webhookUrlOf(CHECKER_URL));
}
