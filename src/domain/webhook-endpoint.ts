// Where notices go by webhook: a URL that somebody proved to own, its secrets by generation, and what ends it.
import type { AccountId, WebhookEndpointId } from './id.ts';
import { amend, type InStatus, machine, transitions } from './machine.ts';
import type { NoticeKind } from './notice.ts';
import { addSeconds, type Timestamp } from './time.ts';

export const webhookEndpointMachine = machine({
  pending: ['active', 'deleted'],
  active: ['disabled', 'deleted'],
  disabled: ['active', 'deleted'],
  deleted: [],
});

/** A secret is derived from a key of the deployment by endpoint and generation; only this is kept of it. */
export interface SecretGeneration {
  readonly generation: number;
  /** Which of the deployment's keys it was derived from. */
  readonly keyId: string;
  /** It signs until then; null for the newest. */
  readonly until: Timestamp | null;
}

interface Core {
  readonly id: WebhookEndpointId;
  readonly version: number;
  readonly url: string;
  readonly description: string;
  readonly accountId: AccountId | null;
  readonly kinds: readonly NoticeKind[] | null;
  readonly secrets: readonly SecretGeneration[];
  readonly createdAt: Timestamp;
}

interface Facts {
  pending: object;
  active: { readonly verifiedAt: Timestamp };
  disabled: { readonly verifiedAt: Timestamp; readonly disabledAt: Timestamp; readonly reason: string };
  deleted: { readonly deletedAt: Timestamp };
}

export type WebhookEndpointStatus = keyof typeof webhookEndpointMachine;
export type WebhookEndpoint<S extends WebhookEndpointStatus = WebhookEndpointStatus> = InStatus<Core, Facts, S>;
export type LivingEndpoint = WebhookEndpoint<'pending' | 'active' | 'disabled'>;

const become = transitions<typeof webhookEndpointMachine, Core, Facts>();

/** Its host served our token: only now does anything go there. */
export const verify = (endpoint: WebhookEndpoint<'pending' | 'disabled'>, at: Timestamp): WebhookEndpoint<'active'> =>
  endpoint.status === 'pending'
    ? become(endpoint, 'active', { verifiedAt: at })
    : become(endpoint, 'active', { verifiedAt: at });

export const disable = (
  endpoint: WebhookEndpoint<'active'>,
  { at, reason }: { readonly at: Timestamp; readonly reason: string },
): WebhookEndpoint<'disabled'> => become(endpoint, 'disabled', { disabledAt: at, reason });

export function remove(endpoint: LivingEndpoint, at: Timestamp): WebhookEndpoint<'deleted'> {
  switch (endpoint.status) {
    case 'pending':
      return become(endpoint, 'deleted', { deletedAt: at });
    case 'active':
      return become(endpoint, 'deleted', { deletedAt: at });
    case 'disabled':
      return become(endpoint, 'deleted', { deletedAt: at });
  }
}

/** How long the secret before signs beside the new one. */
export const OVERLAP_SECONDS = 24 * 3600;

/** A new generation signs at once; the newest before it goes on for the overlap, older ones end. */
export function rotate(endpoint: LivingEndpoint, keyId: string, at: Timestamp): LivingEndpoint {
  const newest = newestOf(endpoint);
  const before = { ...newest, until: addSeconds(at, OVERLAP_SECONDS) };
  const secrets = [{ generation: newest.generation + 1, keyId, until: null }, before];
  return amend(endpoint, { secrets });
}

export function newestOf({ secrets }: Pick<Core, 'secrets'>): SecretGeneration {
  const newest = secrets.find(({ until }) => until === null);
  if (newest === undefined) throw new RangeError('an endpoint without a secret');
  return newest;
}

/** Those that sign now, the newest first. */
export const signingAt = ({ secrets }: Pick<Core, 'secrets'>, at: Timestamp): readonly SecretGeneration[] =>
  secrets.filter(({ until }) => until === null || at < until);
