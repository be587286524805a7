// The wire form of destinations.
import { z } from '@hono/zod-openapi';
import { showAddress } from '../../domain/address.ts';
import { type Destination, destinationKinds } from '../../domain/destination.ts';
import { networks } from '../../domain/network.ts';
import type { ScreenedAgainst } from '../../domain/screening.ts';
import { Instant, shown } from '../../kit/schemas.ts';

const LABEL_CHARACTERS_MAX = 80;
const ADDRESS_CHARACTERS_MAX = 128;

export const DestinationRequest = z
  .strictObject({
    network: z.enum(networks),
    address: z
      .string()
      .max(ADDRESS_CHARACTERS_MAX)
      .openapi({ description: 'With its checksum where the network has one.' }),
    label: shown(LABEL_CHARACTERS_MAX),
    kind: z.enum(destinationKinds),
  })
  .openapi('DestinationRequest');

const REASON_CHARACTERS_MAX = 200;

export const SuspensionRequest = z.strictObject({ reason: shown(REASON_CHARACTERS_MAX) }).openapi('SuspensionRequest');

export const DestinationView = z
  .object({
    id: z.string(),
    accountId: z.string(),
    status: z.string(),
    network: z.string(),
    address: z.string(),
    label: z.string(),
    kind: z.string(),
    review: z
      .object({ approvalId: z.string().openapi({ description: 'The request for approval at custody.' }) })
      .nullable(),
    reason: z.string().nullable().openapi({ description: 'Why it was refused, rejected, failed or suspended.' }),
    looksLike: z
      .array(
        z.object({
          address: z.string(),
          what: z.string().openapi({ description: '`wallet`, `destination` or `counterparty` of the account.' }),
        }),
      )
      .openapi({ description: 'Known addresses with the same ends: it may be made to be taken for one of them.' }),
    screening: z
      .object({ edition: z.string(), hash: z.string(), screenedAt: Instant })
      .nullable()
      .openapi({ description: 'The sanctions list that it was held against; null when none was loaded.' }),
    isSanctioned: z.boolean().optional().openapi({ description: 'For staff: a sanctions list names the address.' }),
    approvedAt: Instant.nullable(),
    usableFrom: Instant.nullable().openapi({ description: 'End of the cooling-off; nothing is sent there before.' }),
    confirmUntil: Instant.nullable().openapi({
      description: 'The client is asked to confirm: a proposal, or that an approved address is still right.',
    }),
    withdrawnInReview: z.boolean().openapi({
      description: 'Taken back while an officer decides; approved anyway, it stays shut and is removed.',
    }),
    suspendedBy: z.string().nullable().openapi({ description: 'client, officer, screening or system.' }),
    createdAt: Instant,
  })
  .openapi('Destination');

const viewScreening = (against: ScreenedAgainst | null) =>
  against && { edition: against.edition, hash: against.hash, screenedAt: against.at };

/** @param reader a client is told of a sanctions hit by status and reason alone */
export const viewDestination = (
  destination: Destination,
  reader: 'client' | 'staff' = 'client',
): z.infer<typeof DestinationView> => ({
  id: destination.id,
  accountId: destination.accountId,
  status: destination.status,
  network: destination.network,
  address: showAddress(destination.address),
  label: destination.label,
  kind: destination.kind,
  review:
    'approvalId' in destination && destination.status === 'in_review' ? { approvalId: destination.approvalId } : null,
  reason: 'reason' in destination ? destination.reason : null,
  looksLike: (destination.looksLike ?? []).map(({ address, what }) => ({ address: showAddress(address), what })),
  screening: viewScreening('screening' in destination ? destination.screening : null),
  ...(reader === 'staff' ? { isSanctioned: destination.sanctionsHit != null } : {}),
  approvedAt: 'approvedAt' in destination ? destination.approvedAt : null,
  usableFrom: 'usableFrom' in destination ? destination.usableFrom : null,
  confirmUntil:
    destination.status === 'proposed'
      ? destination.expiresAt
      : destination.status === 'approved'
        ? (destination.confirmUntil ?? null)
        : null,
  withdrawnInReview: destination.status === 'in_review' && destination.unwantedAt !== undefined,
  suspendedBy: destination.status === 'suspended' ? destination.suspendedBy : null,
  createdAt: destination.createdAt,
});
