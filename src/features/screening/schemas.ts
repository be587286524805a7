// The wire form of sanctions lists.
import { z } from '@hono/zod-openapi';
import { networkFamilies } from '../../domain/network.ts';
import { SCREENING_ADDRESSES_MAX, type ScreeningList } from '../../domain/screening.ts';
import { Instant, shown } from '../../kit/schemas.ts';

const EDITION_CHARACTERS_MAX = 80;
const ADDRESS_CHARACTERS_MAX = 90;
const ADDRESSES_PER_CALL_MAX = 500;

export const ScreeningListRequest = z
  .strictObject({
    edition: shown(EDITION_CHARACTERS_MAX).openapi({ description: 'What people call this version of the list.' }),
    hash: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'SHA-256 in lower-case hex')
      .openapi({
        description: 'SHA-256 over one line `family address` for each entry, sorted, each ended by a line feed.',
      }),
    addressCount: z.number().int().min(1).max(SCREENING_ADDRESSES_MAX),
  })
  .openapi('ScreeningListRequest');

export const ScreeningEntriesRequest = z
  .strictObject({
    family: z.enum(networkFamilies),
    addresses: z.array(z.string().max(ADDRESS_CHARACTERS_MAX)).min(1).max(ADDRESSES_PER_CALL_MAX),
  })
  .openapi('ScreeningEntriesRequest');

export const ScreeningListView = z
  .object({
    id: z.string(),
    status: z.string(),
    edition: z.string(),
    hash: z.string(),
    addressCount: z.number().int(),
    loadedBy: z.string(),
    createdAt: Instant,
    activatedAt: Instant.nullable(),
    rescreenedAt: Instant.nullable().openapi({
      description: 'When every living destination had been held against it.',
    }),
  })
  .openapi('ScreeningList');

export const viewScreeningList = (list: ScreeningList): z.infer<typeof ScreeningListView> => ({
  id: list.id,
  status: list.status,
  edition: list.edition,
  hash: list.hash,
  addressCount: list.addressCount,
  loadedBy: list.loadedBy,
  createdAt: list.createdAt,
  activatedAt: list.status === 'loading' ? null : list.activatedAt,
  rescreenedAt: list.status === 'loading' ? null : list.rescreenedAt,
});
