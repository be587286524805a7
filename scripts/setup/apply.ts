// Reads the organisation, says what is missing or different, and creates what is missing. It changes nothing that exists:
// a difference is for a person, since every change of a policy is an officer's decision. Safe to run again and again.
import type { DfnsApiClient } from '@dfns/sdk';
import { type Wanted, type WantedPolicy, wantedPolicies, webhookEvents } from './wanted.ts';

export interface KeptWebhook {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
}

export interface Step {
  readonly what: string;
  readonly state: 'right' | 'create' | 'differs';
}

interface FoundPolicy {
  readonly id: string;
  readonly name: string;
  readonly activityKind: string;
  readonly rule: { readonly kind: string; readonly configuration?: unknown };
  readonly action: object;
  readonly filters?: unknown;
}

const PAGE_ITEMS = '100';
const WEBHOOKS_MAX = 5;

async function listPolicies(dfns: DfnsApiClient): Promise<FoundPolicy[]> {
  const found: FoundPolicy[] = [];
  let paginationToken: string | undefined;
  do {
    const page = await dfns.policies.listPolicies({
      query: { status: 'Active', limit: PAGE_ITEMS, ...(paginationToken ? { paginationToken } : {}) },
    });
    found.push(...page.items);
    paginationToken = page.nextPageToken;
  } while (paginationToken);
  return found;
}

/** Every member that is wanted is there with the same value; what Dfns adds beside it does not matter. */
function holds(found: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(found) && found.length === wanted.length && wanted.every((item, index) => holds(found[index], item))
    );
  }
  if (typeof wanted === 'object' && wanted !== null) {
    return (
      typeof found === 'object' &&
      found !== null &&
      Object.entries(wanted).every(([key, value]) => holds(Reflect.get(found, key), value))
    );
  }
  return found === wanted;
}

const isFiltered = (filters: unknown): boolean =>
  typeof filters === 'object' && filters !== null && Object.keys(filters).length > 0;

function isRight(found: FoundPolicy, wanted: WantedPolicy): boolean {
  return holds(found, wanted) && isFiltered(found.filters) === 'filters' in wanted;
}

export async function planSetup(dfns: DfnsApiClient, wanted: Wanted, kept: KeptWebhook | undefined): Promise<Step[]> {
  const policies = await listPolicies(dfns);
  const { items: webhooks } = await dfns.webhooks.listWebhooks({});
  const isKept = webhooks.some(({ id, url }) => id === kept?.id && url === wanted.webhookUrl);
  return [
    ...wantedPolicies(wanted).map((policy): Step => {
      const found = policies.find(({ name }) => name === policy.name);
      return {
        what: `policy "${policy.name}"`,
        state: found === undefined ? 'create' : isRight(found, policy) ? 'right' : 'differs',
      };
    }),
    { what: `webhook ${wanted.webhookUrl}`, state: isKept ? 'right' : 'create' },
  ];
}

/** Creates what is missing and returns the webhook with its secret, which Dfns shows only once. */
export async function applySetup(
  dfns: DfnsApiClient,
  wanted: Wanted,
  kept: KeptWebhook | undefined,
): Promise<{ steps: Step[]; webhook: KeptWebhook }> {
  const steps = await planSetup(dfns, wanted, kept);
  const differing = steps.filter(({ state }) => state === 'differs');
  if (differing.length > 0) {
    throw new Error(
      `At Dfns these are not as wanted, and only an officer may change them: ${differing.map(({ what }) => what).join(', ')}`,
    );
  }
  for (const policy of wantedPolicies(wanted)) {
    if (steps.some(({ what, state }) => what === `policy "${policy.name}"` && state === 'create'))
      await dfns.policies.createPolicy({ body: policy });
  }
  const isKept = kept !== undefined && steps.some(({ what, state }) => what.startsWith('webhook') && state === 'right');
  return { steps, webhook: isKept ? kept : await replaceWebhook(dfns, wanted) };
}

const DESCRIPTION = 'Fiducia';
const isLocal = (url: string): boolean => ['localhost', '127.0.0.1'].includes(new URL(url).hostname);

/** A webhook of ours whose secret is lost is replaced: the second one first, then the old one goes. */
async function replaceWebhook(dfns: DfnsApiClient, { webhookUrl }: Wanted): Promise<KeptWebhook> {
  const { items } = await dfns.webhooks.listWebhooks({});
  const old = items.filter(({ url }) => url === webhookUrl);
  if (items.length >= WEBHOOKS_MAX) {
    // No room for a second one: ours with this address goes first, else one that an earlier start left on another port.
    const spare =
      old[0] ??
      items.find(({ url, description }) => description === DESCRIPTION && isLocal(url) && isLocal(webhookUrl));
    if (spare === undefined)
      throw new Error(`Dfns allows ${WEBHOOKS_MAX} webhooks and all are taken: delete one first.`);
    await dfns.webhooks.deleteWebhook({ webhookId: spare.id });
  }
  const { id, secret } = await dfns.webhooks.createWebhook({
    body: { url: webhookUrl, events: [...webhookEvents], description: DESCRIPTION },
  });
  if (secret === undefined) throw new Error('Dfns did not show the secret of the new webhook.');
  const { items: now } = await dfns.webhooks.listWebhooks({});
  for (const webhook of now)
    if (webhook.url === webhookUrl && webhook.id !== id) await dfns.webhooks.deleteWebhook({ webhookId: webhook.id });
  return { id, url: webhookUrl, secret };
}
