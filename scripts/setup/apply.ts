// Carries out a plan. Safe to run again and again: it reads before it creates, what waits for an officer is recognised by
// what it would set and never submitted twice, and over anything unsafe or unknown it does nothing at all.
import { type DfnsApiClient, PolicyPendingError } from '@dfns/sdk';
import type { Wanted } from './organization.ts';
import { type Act, exitCodeOf, exitCodes, type KeptWebhook, planSteps, type Step } from './plan.ts';
import { readOrganization } from './read.ts';

export interface Done {
  readonly what: string;
  /** The approval it waits for; undefined when it is in force. */
  readonly approvalId: string | undefined;
}

export interface Applied {
  /** The plan that was carried out, or refused. */
  readonly steps: readonly Step[];
  readonly isRefused: boolean;
  readonly done: readonly Done[];
  readonly webhook: KeptWebhook | undefined;
}

const WEBHOOKS_MAX = 5;

export const planSetup = async (
  dfns: DfnsApiClient,
  wanted: Wanted,
  kept: KeptWebhook | undefined,
): Promise<readonly Step[]> => planSteps(wanted, await readOrganization(dfns), kept);

export async function applySetup(dfns: DfnsApiClient, wanted: Wanted, kept: KeptWebhook | undefined): Promise<Applied> {
  const steps = await planSetup(dfns, wanted, kept);
  const code = exitCodeOf(steps);
  if (code === exitCodes.unsafe || code === exitCodes.unknown)
    return { steps, isRefused: true, done: [], webhook: kept };
  const done: Done[] = [];
  let webhook = kept;
  for (const step of steps) {
    if (step.state !== 'create' && step.state !== 'change') continue;
    if (step.act.kind === 'create_webhook') webhook = await createWebhook(dfns, wanted);
    const approvalId = step.act.kind === 'create_webhook' ? undefined : await carryOut(dfns, wanted, step.act);
    done.push({ what: step.what, approvalId });
  }
  return { steps, isRefused: false, done, webhook };
}

/** 0 when all is in force, 1 while something waits for an officer, else why nothing was done. */
export function exitCodeOfApplied({ steps, isRefused, done }: Applied): number {
  if (isRefused) return exitCodeOf(steps);
  const isWaiting =
    steps.some(({ state }) => state === 'waits') || done.some(({ approvalId }) => approvalId !== undefined);
  return isWaiting ? exitCodes.changes : exitCodes.nothing;
}

/** The approval that the act waits for; undefined when it is done. */
async function carryOut(
  dfns: DfnsApiClient,
  wanted: Wanted,
  act: Exclude<Act, { kind: 'create_webhook' }>,
): Promise<string | undefined> {
  try {
    await ask(dfns, wanted, act);
    return undefined;
  } catch (fault) {
    if (fault instanceof PolicyPendingError) return approvalOf(fault);
    throw fault;
  }
}

async function ask(
  dfns: DfnsApiClient,
  { webhook }: Wanted,
  act: Exclude<Act, { kind: 'create_webhook' }>,
): Promise<unknown> {
  switch (act.kind) {
    case 'create_policy':
      return dfns.policies.createPolicy({ body: act.body });
    case 'update_policy':
      return dfns.policies.updatePolicy({ policyId: act.policyId, body: act.body });
    case 'create_role': {
      const { name, operations, identityId } = act;
      const { id } = await dfns.permissions.createPermission({ body: { name, operations: [...operations] } });
      return dfns.permissions.createAssignment({ permissionId: id, body: { identityId } });
    }
    case 'update_role': {
      const { permissionId, name, operations } = act;
      return dfns.permissions.updatePermission({ permissionId, body: { name, operations: [...operations] } });
    }
    case 'assign_role': {
      const { permissionId, identityId } = act;
      return dfns.permissions.createAssignment({ permissionId, body: { identityId } });
    }
    case 'update_webhook':
      return dfns.webhooks.updateWebhook({
        webhookId: act.webhookId,
        body: { status: 'Enabled', events: [...webhook.events] },
      });
  }
}

// The body of a 202 is a change request with its approval; one without says at least that something waits.
function approvalOf({ context }: PolicyPendingError): string {
  const { approvalId, id } = (context ?? {}) as { approvalId?: string; id?: string };
  return approvalId ?? id ?? 'not named by Dfns';
}

const isLocal = (url: string): boolean => ['localhost', '127.0.0.1'].includes(new URL(url).hostname);

/** A webhook of ours whose secret is lost is replaced: the second one first, then the old one goes. */
async function createWebhook(dfns: DfnsApiClient, { webhookUrl, webhook: wanted }: Wanted): Promise<KeptWebhook> {
  const { items } = await dfns.webhooks.listWebhooks({});
  const old = items.filter(({ url }) => url === webhookUrl);
  if (items.length >= WEBHOOKS_MAX) {
    // No room for a second one: ours with this address goes first, else one that an earlier start left on another port.
    const spare =
      old[0] ??
      items.find(({ url, description }) => description === wanted.description && isLocal(url) && isLocal(webhookUrl));
    if (spare === undefined)
      throw new Error(`Dfns allows ${WEBHOOKS_MAX} webhooks and all are taken: delete one first.`);
    await dfns.webhooks.deleteWebhook({ webhookId: spare.id });
  }
  const { id, secret } = await dfns.webhooks.createWebhook({
    body: { url: webhookUrl, events: [...wanted.events], description: wanted.description },
  });
  if (secret === undefined) throw new Error('Dfns did not show the secret of the new webhook.');
  const { items: now } = await dfns.webhooks.listWebhooks({});
  for (const webhook of now)
    if (webhook.url === webhookUrl && webhook.id !== id) await dfns.webhooks.deleteWebhook({ webhookId: webhook.id });
  return { id, url: webhookUrl, secret };
}
