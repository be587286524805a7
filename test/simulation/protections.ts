// The protections that the simulation takes away, one at a time, to show that it would notice. What stands behind a protection
// goes with it: with one of two layers left nothing breaks, which is what the second layer is for.
import type { Edit } from './bundle.ts';

export interface Protection {
  readonly name: string;
  /** What happens in a world without it. */
  readonly without: string;
  /** Layers in the code: the text is replaced in the bundle, production code has no seam. */
  readonly edits?: readonly Edit[];
  /** Layers in the database, dropped when an episode begins. */
  readonly drop?: readonly string[];
}

const HAND_OVER = 'src/features/transfers/hand-over.ts';
const ORIGIN = 'src/features/transfers/origins/order.ts';
const PAYOUT = 'src/features/transfers/origins/payout.ts';
const PAY = 'src/features/transfers/pay.ts';
const BEGIN = 'src/features/transfers/begin.ts';
const machineTables = [
  'accounts',
  'destinations',
  'mandates',
  'orders',
  'policy_changes',
  'schedules',
  'transfers',
  'halts',
  'payout_batches',
  'payouts',
];

export const protections: readonly Protection[] = [
  {
    name: 'unique occurrence',
    without: 'two fires of cron that overlap both release the same slot',
    drop: ['DROP INDEX orders_occurrence', 'DROP INDEX orders_origin', 'DROP TRIGGER schedules_version_rises'],
    edits: [
      {
        file: 'src/store/schedules.ts',
        find: '...steps.map(({ before, after, kind }) => scheduleChange(before, after, kind).entry),',
        put: '',
      },
      {
        file: 'src/store/rows.ts',
        find: "{member('version', sql`item.value`)} - 1`,",
        put: '{table.version}`,',
      },
    ],
  },
  {
    name: 'derived external id',
    without: 'the same wish has another external id after the database was restored, and is paid again',
    edits: [
      {
        file: 'src/features/transfers/prepare.ts',
        find: 'await externalIdOf(order.origin)',
        put: "await externalIdOf(by.newId('xfr'))",
      },
    ],
  },
  {
    name: 'frozen body',
    without: 'a repeated attempt asks for something that custody cannot recognize',
    edits: [
      {
        file: HAND_OVER,
        find: 'app.custody.transfer(transfer.custodyWalletId, transfer.requestBody)',
        put: "app.custody.transfer(transfer.custodyWalletId, transfer.requestBody.replace(/f1-/, 'f'.repeat(transfer.attempts) + '1-'))",
      },
    ],
  },
  {
    name: 'status guard',
    without: 'of two that read the same version both write, and the later one undoes the earlier',
    drop: [
      'DROP TRIGGER journal_no_replace',
      'DROP INDEX journal_subject_version',
      ...machineTables.flatMap((table) => [
        `DROP TRIGGER ${table}_status_moves`,
        `DROP TRIGGER ${table}_version_rises`,
      ]),
    ],
    edits: [
      {
        file: 'src/store/commit.ts',
        find: '.where(and(eq(change.key, after[change.keyName]), eq(change.versionColumn, version - 1)))',
        put: '.where(eq(change.key, after[change.keyName]))',
      },
    ],
  },
  {
    name: 'halt guard at hand-over',
    without: 'a halt that comes between the last look and the commit stops nothing',
    edits: [{ file: ORIGIN, find: '{ holds: noHalt(order), refusal: haltRefusal(halt) },', put: '' }],
  },
  {
    name: 'destination guard at hand-over',
    without: 'money leaves for an address whose removal was asked for between the last look and the commit',
    edits: [
      { file: ORIGIN, find: 'holds: destinationIsUsable(order.destinationId, at),', put: 'holds: noHalt(order),' },
    ],
  },
  {
    name: 'in-flight index of changes',
    without: 'two changes of one list are at custody at once, and one of them is lost',
    drop: ['DROP INDEX policy_changes_one_in_flight'],
    edits: [
      {
        file: 'src/features/destinations/change-policy.ts',
        find: "const inFlight = changes.find((change) => isIn(change, ['submitting', 'submitted']));",
        put: 'const inFlight = undefined;',
      },
    ],
  },
  {
    name: 'in-flight index of transfers',
    without: 'two transfers of one wallet race for nonce and balance',
    drop: ['DROP INDEX transfers_one_in_flight'],
    edits: [{ file: BEGIN, find: '(await findTransferAhead(database, transfer)) !== undefined', put: 'false' }],
  },
  {
    name: '4xx-after-unknown rule',
    without: 'a refusal ends a transfer whose earlier attempt custody took without our hearing of it',
    edits: [
      {
        file: 'src/domain/transfer-answer.ts',
        find: 'transfer.attempts - 1 > transfer.answered;',
        put: 'false;',
      },
    ],
  },
  {
    name: 'epoch',
    without: 'a database that was set back moves money by records that have forgotten what custody did since',
    edits: [
      {
        file: 'src/domain/epoch.ts',
        find: 'if (epoch?.epoch !== deployed)',
        put: 'if (epoch === undefined)',
      },
      {
        file: 'src/store/epochs.ts',
        find: '{deployed} AND',
        put: '{epochs.epoch} AND',
      },
    ],
  },
  {
    name: 'a stop leaves the unknown to a person',
    without: 'a stop fails a transfer whose attempt was not answered, and gives its limit back',
    edits: [{ file: 'src/domain/transfer.ts', find: '=> transfer.attempts === transfer.answered;', put: '=> true;' }],
  },
  {
    name: 'one order for one key',
    without: 'a request that is repeated while the first is under way places a second order',
    drop: ['DROP INDEX orders_origin', 'DROP INDEX idempotency_actor_key'],
  },
  {
    name: 'durable send before the 200',
    without: 'a webhook that custody takes for delivered was never kept',
    edits: [
      {
        file: 'src/features/webhooks/receive.ts',
        find: 'await bindings.EVENTS.send(webhookReceived({ body: kept, receivedAt: timestamp(clock.wall()) })(null));',
        put: 'bindings.EVENTS.send(webhookReceived({ body: kept, receivedAt: timestamp(clock.wall()) })(null)).catch(() => {});',
      },
    ],
  },
  {
    name: 'derived external id of a row',
    without: 'the same file has other external ids after the database was restored, and is paid again',
    edits: [
      {
        file: 'src/features/payouts/upload.ts',
        find: 'externalId: await externalIdOf(origin), transferId: null',
        put: "externalId: await externalIdOf(by.newId('xfr')), transferId: null",
      },
    ],
  },
  {
    name: 'row taken in the hand-over',
    without: 'two wallets take the same row, or one takes it twice',
    drop: ['DROP INDEX transfers_payout', 'DROP INDEX transfers_external'],
    edits: [{ file: PAY, find: 'payoutChange(payout, executePayout(payout, prepared.id)),', put: '' }],
  },
  {
    name: 'batch runs at hand-over',
    without: 'a batch that is paused or canceled between the last look and the commit goes on by a row',
    edits: [
      { file: PAYOUT, find: "batchIsIn(payout.batchId, 'running')", put: 'noHaltOfAll' },
      { file: PAYOUT, find: "if (batch?.status !== 'running')", put: 'if (batch === undefined)' },
    ],
  },
  {
    name: 'halt guard of payouts',
    without: 'a halt of all lets payouts go on',
    edits: [{ file: PAYOUT, find: '{ holds: noHaltOfAll, refusal: halted },', put: '' }],
  },
  {
    name: 'release by another person',
    without: 'whoever uploaded or edited a file lets it go',
    edits: [
      {
        file: 'src/domain/payout-batch.ts',
        find: 'if (hasHandIn(batch, by))',
        put: 'if (false)',
      },
    ],
  },
  {
    name: 'two persons above the sum',
    without: 'one person alone lets go what takes two',
    edits: [
      {
        file: 'src/domain/payout-batch.ts',
        find: 'releases.length < needed ?',
        put: 'false ?',
      },
    ],
  },
];
