/**
 * Writes the .env file of one account of a local sandbox to standard output. With Dfns itself these lines are filled in
 * by hand. Arguments: the account, then NAME=account for each further user id that the program needs.
 */
import { envText } from './env-text.ts';

type Access = { userId: string; authToken: string; credentialId: string; privateKey: string };
type Organization = {
  orgId: string;
  apiUrl: string;
  serviceAccounts: Record<string, Access>;
  users: Record<string, Access>;
};

const [name = '', ...others] = process.argv.slice(2);
const { orgId, apiUrl, serviceAccounts, users } = await readOrganization();

/** The shape is that of docs/sandbox.md. */
async function readOrganization(): Promise<Organization> {
  const answer = await fetch(`${process.env.DFNS_API_URL ?? 'http://localhost:8788'}/_sandbox/organization`);
  return (await answer.json()) as Organization;
}

function find(account: string): Access {
  const found = serviceAccounts[account] ?? users[account];
  if (found !== undefined) return found;
  const known = [...Object.keys(serviceAccounts), ...Object.keys(users)].join(', ');
  throw new Error(`no account "${account}"; the sandbox has ${known}`);
}

const { userId, authToken, credentialId, privateKey } = find(name);
const userIds = others.map((pair) => {
  const [setting = '', account = ''] = pair.split('=');
  return [setting, find(account).userId] as const;
});
console.log(
  envText({
    DFNS_API_URL: apiUrl,
    DFNS_ORG_ID: orgId,
    DFNS_USER_ID: userId,
    DFNS_AUTH_TOKEN: authToken,
    DFNS_CRED_ID: credentialId,
    DFNS_PRIVATE_KEY: privateKey,
    ...Object.fromEntries(userIds),
  }),
);
