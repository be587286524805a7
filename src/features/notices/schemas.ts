// What endpoints, their deliveries, contacts and preferences look like on the wire.
import { z } from '@hono/zod-openapi';
import { chatRoles, isAlways, type NoticeKind, noticeIdOf, noticeKinds } from '../../domain/notice.ts';
import type { WebhookEndpoint } from '../../domain/webhook-endpoint.ts';
import { Instant, id, shown, Timestamp } from '../../kit/schemas.ts';
import type { AddressedContact, Preferences } from '../../store/contacts.ts';
import type { Delivery } from '../../store/notices.ts';
import { VERIFICATION_PATH } from './endpoints.ts';

const DESCRIPTION_CHARACTERS_MAX = 200;
const URL_CHARACTERS_MAX = 500;
const EMAIL_CHARACTERS_MAX = 254;
const CODE_CHARACTERS_MAX = 40;

const Kinds = z.array(z.enum(noticeKinds)).min(1).max(noticeKinds.length);

export const WebhookEndpointRequest = z
  .strictObject({
    url: z.string().min(1).max(URL_CHARACTERS_MAX).openapi({ example: 'https://hooks.example.com/fiducia' }),
    description: shown(DESCRIPTION_CHARACTERS_MAX).default('Notices'),
    kinds: Kinds.optional().openapi({ description: 'Only these kinds; without it, all.' }),
    accountId: id('acc').optional().openapi({ description: 'Only what the client of this account may hear.' }),
  })
  .openapi('WebhookEndpointRequest');

export const WebhookEndpointView = z
  .object({
    id: z.string(),
    status: z.string(),
    url: z.string(),
    description: z.string(),
    kinds: z.array(z.string()).nullable(),
    accountId: z.string().nullable(),
    createdAt: Instant,
    verifiedAt: Instant.nullable(),
    disabledAt: Instant.nullable(),
    reason: z.string().nullable().openapi({ description: 'Why it was disabled.' }),
    verification: z
      .object({ path: z.string(), token: z.string() })
      .openapi({ description: 'What its host serves at this path, as plain text, before it is verified.' }),
    secrets: z
      .array(z.object({ generation: z.number().int(), until: Instant.nullable() }))
      .openapi({ description: 'The secrets that sign, without their values.' }),
  })
  .openapi('WebhookEndpoint');

export const SecretView = z
  .object({
    endpoint: WebhookEndpointView,
    secret: z.string().nullable().openapi({
      description: 'Shown once, for a library of Standard Webhooks. A repeated request shows null: then rotate.',
      example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    }),
  })
  .openapi('WebhookEndpointSecret');

export const viewEndpoint = (endpoint: WebhookEndpoint, token: string): z.infer<typeof WebhookEndpointView> => ({
  id: endpoint.id,
  status: endpoint.status,
  url: endpoint.url,
  description: endpoint.description,
  kinds: endpoint.kinds === null ? null : [...endpoint.kinds],
  accountId: endpoint.accountId,
  createdAt: endpoint.createdAt,
  verifiedAt: endpoint.status === 'active' || endpoint.status === 'disabled' ? endpoint.verifiedAt : null,
  disabledAt: endpoint.status === 'disabled' ? endpoint.disabledAt : null,
  reason: endpoint.status === 'disabled' ? endpoint.reason : null,
  verification: { path: VERIFICATION_PATH, token },
  secrets: endpoint.secrets.map(({ generation, until }) => ({ generation, until })),
});

export const DeliveryView = z
  .object({
    id: z.string(),
    noticeId: z.string().openapi({ description: 'The `webhook-id` of every attempt.' }),
    kind: z.string(),
    status: z.enum(['waiting', 'sent', 'failed']),
    attempts: z.number().int(),
    createdAt: Instant,
    sentAt: Instant.nullable(),
    lastAttemptAt: Instant.nullable(),
    nextAttemptAt: Instant.nullable(),
    lastStatus: z.number().int().nullable().openapi({ description: 'The HTTP status of the last answer.' }),
    lastProblem: z.string().nullable(),
  })
  .openapi('NoticeDelivery');

export const viewDelivery = (delivery: Delivery): z.infer<typeof DeliveryView> => ({
  id: delivery.id,
  noticeId: noticeIdOf(delivery.entryId),
  kind: delivery.kind,
  status: delivery.nextAttemptAt !== null ? 'waiting' : delivery.sentAt !== null ? 'sent' : 'failed',
  attempts: delivery.attempts,
  createdAt: delivery.createdAt,
  sentAt: delivery.sentAt,
  lastAttemptAt: delivery.lastAttemptAt,
  nextAttemptAt: delivery.nextAttemptAt,
  lastStatus: delivery.lastStatus,
  lastProblem: delivery.lastProblem,
});

export const ResendRequest = z
  .union([
    z.strictObject({ deliveryId: id('dlv') }),
    z.strictObject({ since: Timestamp.openapi({ description: 'All that never arrived, made since then.' }) }),
  ])
  .openapi('ResendRequest');

export const ResentView = z.object({ resent: z.number().int() }).openapi('Resent');

export const ContactRequest = z.strictObject({ email: z.email().max(EMAIL_CHARACTERS_MAX) }).openapi('ContactRequest');
export const CodeRequest = z.strictObject({ code: z.string().min(1).max(CODE_CHARACTERS_MAX) }).openapi('ContactCode');

const Contacted = z.object({ email: z.string(), since: Instant });
export const ContactView = z
  .object({
    active: Contacted.nullable(),
    pending: z.object({ email: z.string(), expiresAt: Instant }).nullable(),
  })
  .openapi('Contact');

export function viewContacts(found: readonly AddressedContact[]): z.infer<typeof ContactView> {
  const view: z.infer<typeof ContactView> = { active: null, pending: null };
  for (const { contact, email } of found) {
    if (contact.status === 'active') view.active = { email, since: contact.confirmedAt };
    else view.pending = { email, expiresAt: contact.expiresAt };
  }
  return view;
}

export const PreferencesRequest = z
  .strictObject({ muted: z.array(z.enum(noticeKinds)).max(noticeKinds.length) })
  .openapi('NoticePreferencesRequest');

export const PreferencesView = z
  .object({
    muted: z.array(z.string()),
    always: z.array(z.string()).openapi({ description: 'Kinds that cannot be switched off.' }),
  })
  .openapi('NoticePreferences');

const always: readonly NoticeKind[] = noticeKinds.filter(isAlways);
export const viewPreferences = ({ muted }: Preferences): z.infer<typeof PreferencesView> => ({
  muted: [...muted],
  always: [...always],
});

export const RolePath = z.object({ role: z.enum(chatRoles).openapi({ param: { name: 'role', in: 'path' } }) });
