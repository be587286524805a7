// One feed of an account, newest first: the journal, in words a client can read, each transfer with its whole story.
import type * as z from 'zod';
import type { App } from '../../app/app.ts';
import type { AccountId } from '../../domain/id.ts';
import { type ActivityFilter, type ActivityRow, listActivity, listStories, type Story } from '../../store/activity.ts';
import { databaseFor } from '../../store/database.ts';
import { kindsOf, sayings, type Wanted } from './sayings.ts';
import type { ActivityItem, ActivityPage } from './schemas.ts';

type Asked = Wanted &
  Pick<ActivityFilter, 'asset' | 'from' | 'to'> & {
    readonly cursor?: string | undefined;
    readonly limit: number;
  };

/** Two statements: the page, and the stories of the transfers on it. */
export async function readActivity(
  app: App,
  accountId: AccountId,
  asked: Asked,
): Promise<z.infer<typeof ActivityPage>> {
  const database = databaseFor(app, accountId);
  const { asset, from, to, cursor: before, limit } = asked;
  const page = await listActivity(database, { accountId, ...kindsOf(asked), asset, from, to }, { before, limit });
  const entries = page.rows.map((row) => ({ ...row, after: afterOf(row) }));
  const ids = entries.map(({ entry }) => entry.subjectId).filter((id) => /^(xfr|ord)_/.test(id));
  const hashes = entries.flatMap(({ entry, after }) =>
    entry.kind === 'movement.sent' && typeof after.transactionHash === 'string' ? [after.transactionHash] : [],
  );
  const stories = ids.length + hashes.length === 0 ? [] : await listStories(database, accountId, { ids, hashes });
  const byName = new Map(
    stories.flatMap((story) => {
      const { id, orderId, transactionHash } = story.transfer;
      return [id, orderId, ...(transactionHash === null ? [] : [transactionHash])].map(
        (name) => [name, story] as const,
      );
    }),
  );
  const items = entries.map(({ entry, asset: moved, after }) => {
    const story = byName.get(entry.subjectId) ?? byName.get(String(after.transactionHash));
    return viewActivity({ entry, asset: moved }, after, story);
  });
  return { items, nextCursor: page.next, hidden: page.hidden };
}

const afterOf = ({ entry }: ActivityRow): Readonly<Record<string, unknown>> => JSON.parse(entry.data).after;

/** What an entry tells a client. Names of people, exact requests, counters and times of retries are the auditor's. */
const told = [
  ...[
    'status',
    'reason',
    'report',
    'reports',
    'keyId',
    'expiresAt',
    'liftReason',
    'rule',
    'level',
    'kind',
    'result',
    'network',
    'address',
    'label',
    'venue',
    'strategy',
  ],
  ...[
    'asset',
    'units',
    'direction',
    'doubt',
    'from',
    'to',
    'feeAsset',
    'feeUnits',
    'limits',
    'dailyLimits',
    'dailyChanges',
    'limitsTemplate',
    'template',
    'validFrom',
    'validUntil',
    'recurrence',
  ],
  ...['slot', 'dueAt', 'notAfter', 'startAt', 'endAt', 'runsMax', 'endReason', 'approvedAt', 'transactionHash', 'at'],
  ...[
    'orderId',
    'transferId',
    'scheduleId',
    'mandateId',
    'destinationId',
    'walletId',
    'changeId',
    'approvalId',
    'custodyId',
  ],
];

function viewActivity(
  { entry, asset }: ActivityRow,
  after: Readonly<Record<string, unknown>>,
  story: Story | undefined,
): z.infer<typeof ActivityItem> {
  return {
    id: entry.id,
    at: entry.at,
    kind: entry.kind,
    subjectId: entry.subjectId,
    by: partOf(entry.actorRole),
    says: sayings[entry.kind] ?? entry.kind,
    asset,
    details: Object.fromEntries(Object.entries(after).filter(([name]) => told.includes(name))),
    story: story === undefined ? null : viewStory(story),
  };
}

const viewStory = ({
  transfer,
  order,
  destination,
  change,
  approvalId,
}: Story): z.infer<typeof ActivityItem>['story'] => ({
  orderId: order.id,
  orderKind: order.kind,
  scheduleId: order.scheduleId,
  slot: order.slot,
  mandateId: order.mandateId,
  destinationId: destination.id,
  destination: destination.label,
  policy:
    change?.status === 'applied'
      ? {
          policyId: change.policyId,
          changeId: change.id,
          changeRequestId: change.changeRequestId,
          approvalId: change.approvalId,
          appliedAt: change.appliedAt,
        }
      : null,
  transferId: transfer.id,
  status: transfer.status,
  approvalId,
  custodyId: transfer.custodyId,
  transactionHash: transfer.transactionHash,
});

/** Names of people are the journal's; the feed says in whose part the act was. */
function partOf(actorRole: string): string {
  if (actorRole === 'system' || actorRole === 'client' || actorRole === 'key') return actorRole;
  return actorRole.split(' ').includes('compliance') ? 'officer' : 'desk';
}
