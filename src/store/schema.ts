// All tables. Text for ids, times and units (a bound number would become REAL); facts of a status are one JSON column.
// Triggers come from the machine tables: see triggers.ts.
import { sql } from 'drizzle-orm';
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { AccountStatus } from '../domain/account.ts';
import type { AccountKeyStatus } from '../domain/account-key.ts';
import type { LimitsChangeStatus } from '../domain/account-limits.ts';
import type { ArrivalStatus } from '../domain/arrival.ts';
import type { ContactStatus } from '../domain/contact.ts';
import type { DeadLetterStatus } from '../domain/dead-letter.ts';
import type { DestinationKind, DestinationStatus } from '../domain/destination.ts';
import type { EPOCH_ID, EpochStatus } from '../domain/epoch.ts';
import type { FenceResult } from '../domain/fence.ts';
import type { HaltKind, HaltLevel, HaltStatus } from '../domain/halt.ts';
import type { HotWalletStatus } from '../domain/hot-wallet.ts';
import type {
  AccountId,
  AccountKeyId,
  ArrivalId,
  BatchId,
  ClientId,
  ContactId,
  DeadLetterId,
  DeliveryId,
  DestinationId,
  HaltId,
  HotWalletId,
  IncidentId,
  LimitsChangeId,
  MandateId,
  MovementId,
  OrderId,
  PayeeId,
  PayoutId,
  PermissionProofId,
  PolicyChangeId,
  ScheduleId,
  ScreeningListId,
  StatementId,
  TransferId,
  WalletId,
  WebhookEndpointId,
} from '../domain/id.ts';
import type { IncidentKind, IncidentStatus } from '../domain/incident.ts';
import type { LimitsTemplate } from '../domain/limits-template.ts';
import type { MandateStatus } from '../domain/mandate.ts';
import type { Doubt } from '../domain/movement.ts';
import type { Network, NetworkFamily } from '../domain/network.ts';
import type { Channel, NoticeKind } from '../domain/notice.ts';
import type { OrderStatus } from '../domain/order.ts';
import type { OrderKind, ScheduledKind } from '../domain/order-amount.ts';
import type { PayeeStatus } from '../domain/payee.ts';
import type { PayoutStatus } from '../domain/payout.ts';
import type { BatchStatus } from '../domain/payout-batch.ts';
import type { PolicyChangeStatus } from '../domain/policy-change.ts';
import type { CatchUpRule, ScheduleStatus, TriggerKind } from '../domain/schedule.ts';
import type { ScreeningListStatus } from '../domain/screening.ts';
import type { TransferStatus } from '../domain/transfer.ts';
import type { WalletStatus } from '../domain/wallet.ts';
import type { WebhookEndpointStatus } from '../domain/webhook-endpoint.ts';
import type { SightingKind } from './sightings.ts';

/** What every record with a state machine has. */
const record = <Id extends string, Status extends string>() => ({
  id: text('id').$type<Id>().primaryKey(),
  version: integer('version').notNull(),
  status: text('status').$type<Status>().notNull(),
  facts: text('facts').notNull(),
  createdAt: text('created_at').notNull(),
});
const accountId = () => text('account_id').$type<AccountId>().notNull();

/**
 * Append-only. The unique (subject, version) is the lock of every write: ADR 2. The place is given by D1 in the order of
 * commits and never again: signed checkpoints cover ranges of it without a gap. It is the rowid, so it is the last column of
 * every index, and one index for each filter is a page's order too.
 */
export const journal = sqliteTable(
  'journal',
  {
    place: integer('place').primaryKey({ autoIncrement: true }),
    id: text('id').notNull(),
    subjectId: text('subject_id').notNull(),
    version: integer('version').notNull(),
    kind: text('kind').notNull(),
    accountId: text('account_id').$type<AccountId>(),
    walletId: text('wallet_id'),
    /** At custody. */
    policyId: text('policy_id'),
    actor: text('actor').notNull(),
    /** `client`, `system`, or the roles of staff. */
    actorRole: text('actor_role').notNull(),
    requestId: text('request_id').notNull(),
    at: text('at').notNull(),
    data: text('data').notNull(),
    hash: text('hash').notNull(),
  },
  (table) => [
    uniqueIndex('journal_id').on(table.id),
    uniqueIndex('journal_subject_version').on(table.subjectId, table.version),
    index('journal_account').on(table.accountId),
    index('journal_account_kind').on(table.accountId, table.kind, table.at, table.id),
    index('journal_wallet').on(table.walletId).where(sql`wallet_id IS NOT NULL`),
    index('journal_policy').on(table.policyId).where(sql`policy_id IS NOT NULL`),
    index('journal_actor').on(table.actor),
    index('journal_kind').on(table.kind),
    index('journal_at').on(table.at),
    check('journal_version_positive', sql`${table.version} >= 1`),
    check('journal_hash_shape', sql`length(${table.hash}) = 64`),
  ],
);

/**
 * Signed statements over ranges of the journal, each naming the one before it. Append-only. The copies in R2 also hold the
 * hashes of the entries.
 */
export const checkpoints = sqliteTable(
  'checkpoints',
  {
    sequence: integer('sequence').primaryKey(),
    epoch: text('epoch').notNull(),
    fromPlace: integer('from_place').notNull(),
    toPlace: integer('to_place').notNull(),
    root: text('root').notNull(),
    at: text('at').notNull(),
    jws: text('jws').notNull(),
    hash: text('hash').notNull(),
  },
  (table) => [
    uniqueIndex('checkpoints_places').on(table.toPlace),
    check('checkpoints_range', sql`${table.fromPlace} >= 1 AND ${table.fromPlace} <= ${table.toPlace}`),
    check('checkpoints_hash_shape', sql`length(${table.hash}) = 64 AND length(${table.root}) = 64`),
  ],
);

/** Nothing is ever stored here: a row that would be inserted names a broken rule and aborts its batch. */
export const guard = sqliteTable('_guard', { rule: text('rule').notNull() });

export const outbox = sqliteTable(
  'outbox',
  {
    id: text('id').primaryKey(),
    queue: text('queue').$type<'money' | 'events' | 'notify'>().notNull(),
    body: text('body').notNull(),
    createdAt: text('created_at').notNull(),
    /** When it is sent, or sent again: it counts as lost until its consumer is done and the row is gone. */
    dueAt: text('due_at').notNull(),
    /** How often its consumer said that it is not done. */
    postponed: integer('postponed').notNull(),
    /** Of a reading that was not sent yet: what it reads. One that waits is enough; one that was sent may have read already. */
    wake: text('wake'),
  },
  (table) => [
    index('outbox_due').on(table.dueAt),
    index('outbox_queue').on(table.queue, table.dueAt),
    index('outbox_in_flight').on(table.dueAt).where(sql`queue = 'events' AND postponed = 0`),
    uniqueIndex('outbox_wake').on(table.wake).where(sql`wake IS NOT NULL`),
  ],
);

export const idempotency = sqliteTable(
  'idempotency',
  {
    actor: text('actor').notNull(),
    key: text('key').notNull(),
    fingerprint: text('fingerprint').notNull(),
    status: integer('status').notNull(),
    body: text('body').notNull(),
    createdAt: text('created_at').notNull(),
  },
  (table) => [
    uniqueIndex('idempotency_actor_key').on(table.actor, table.key),
    index('idempotency_age').on(table.createdAt),
  ],
);

/** Webhook events, once per fact: the key depends on the kind, see features/webhooks/keys.ts. */
export const inbox = sqliteTable(
  'inbox',
  {
    key: text('key').primaryKey(),
    eventId: text('event_id').notNull(),
    kind: text('kind').notNull(),
    outcome: text('outcome').$type<'applied' | 'kept' | 'orphan'>().notNull(),
    receivedAt: text('received_at').notNull(),
    rawKey: text('raw_key').notNull(),
    /** What it is about, by custody's id, and when custody says it happened. */
    subject: text('subject'),
    date: text('date'),
    /** Of an orphan: when it is looked at again. */
    nextLookAt: text('next_look_at'),
    looks: integer('looks').notNull().default(0),
  },
  (table) => [
    index('inbox_received').on(table.receivedAt),
    index('inbox_subject').on(table.subject, table.date),
    index('inbox_orphans').on(table.nextLookAt).where(sql`outcome = 'orphan'`),
  ],
);

/** What came on a day and what became of it. Counted in the commits that it is about. */
export const eventDays = sqliteTable('event_days', {
  day: text('day').primaryKey(),
  received: integer('received').notNull(),
  duplicates: integer('duplicates').notNull(),
  outOfOrder: integer('out_of_order').notNull(),
  backfilled: integer('backfilled').notNull(),
  orphans: integer('orphans').notNull(),
  strange: integer('strange').notNull(),
  /** From receipt to commit; over all of the day's events. */
  lagSecondsSum: integer('lag_seconds_sum').notNull(),
  lagSecondsMax: integer('lag_seconds_max').notNull(),
});

/** Every delivery seen and the first attempt it repeats. Dfns gives each attempt a new id linked by `retryOf`. */
export const deliveries = sqliteTable('deliveries', {
  eventId: text('event_id').primaryKey(),
  rootId: text('root_id').notNull(),
  receivedAt: text('received_at').notNull(),
});

/** Messages that could not be carried out. Defaults are for rows from before people could send them again. */
export const deadLetters = sqliteTable(
  'dead_letters',
  {
    id: text('id').$type<DeadLetterId>().primaryKey(),
    queue: text('queue').notNull(),
    body: text('body').notNull(),
    receivedAt: text('received_at').notNull(),
    version: integer('version').notNull().default(0),
    status: text('status').$type<DeadLetterStatus>().notNull().default('waiting'),
    facts: text('facts').notNull().default('{}'),
    origin: text('origin'),
    type: text('type').notNull().default(''),
    cause: text('cause').notNull().default(''),
  },
  (table) => [
    uniqueIndex('dead_letters_origin').on(table.origin),
    index('dead_letters_status').on(table.status, table.id),
  ],
);

export const clients = sqliteTable(
  'clients',
  {
    id: text('id').$type<ClientId>().primaryKey(),
    version: integer('version').notNull(),
    issuer: text('issuer').notNull(),
    subject: text('subject').notNull(),
    accountId: accountId(),
    createdAt: text('created_at').notNull(),
  },
  (table) => [uniqueIndex('clients_issuer_subject').on(table.issuer, table.subject)],
);

export const accounts = sqliteTable(
  'accounts',
  {
    ...record<AccountId, AccountStatus>(),
    clientId: text('client_id').$type<ClientId>().notNull(),
    tag: text('tag').notNull(),
    limitsTemplate: text('limits_template').notNull(),
    policyId: text('policy_id'),
    dailyLimits: text('daily_limits').notNull().default('[]'),
  },
  (table) => [
    uniqueIndex('accounts_client').on(table.clientId),
    uniqueIndex('accounts_policy').on(table.policyId),
    index('accounts_status').on(table.status, table.id),
    check('accounts_active_has_policy', sql`${table.status} <> 'active' OR ${table.policyId} IS NOT NULL`),
  ],
);

export const wallets = sqliteTable(
  'wallets',
  {
    ...record<WalletId, WalletStatus>(),
    accountId: accountId(),
    network: text('network').$type<Network>().notNull(),
    custodyId: text('custody_id'),
    address: text('address'),
    keyId: text('key_id'),
  },
  (table) => [
    uniqueIndex('wallets_account_network').on(table.accountId, table.network),
    uniqueIndex('wallets_custody').on(table.custodyId),
    index('wallets_address').on(table.network, table.address),
    index('wallets_key').on(table.keyId),
    index('wallets_status').on(table.status, table.id),
    check(
      'wallets_active_has_address',
      sql`${table.status} <> 'active' OR (${table.custodyId} IS NOT NULL AND ${table.address} IS NOT NULL)`,
    ),
  ],
);

/** The last fence check of an account; older ones are journal entries of the same subject. */
export const fences = sqliteTable(
  'fences',
  {
    accountId: accountId().primaryKey(),
    version: integer('version').notNull(),
    result: text('result').$type<FenceResult>().notNull(),
    findings: text('findings').notNull(),
    checkedAt: text('checked_at').notNull(),
    found: text('found'),
  },
  (table) => [index('fences_age').on(table.checkedAt)],
);

/** What each check of a fence stated, signed. Append-only; the sequence is the version of the check. */
export const attestations = sqliteTable(
  'attestations',
  {
    accountId: accountId(),
    sequence: integer('sequence').notNull(),
    jws: text('jws').notNull(),
    hash: text('hash').notNull(),
    checkedAt: text('checked_at').notNull(),
  },
  (table) => [
    uniqueIndex('attestations_sequence').on(table.accountId, table.sequence),
    index('attestations_age').on(table.accountId, table.checkedAt, table.sequence),
    check('attestations_hash_shape', sql`length(${table.hash}) = 64`),
  ],
);

/** What custody showed when it was last read, by its ids: a sweep compares all accounts with it. See sightings.ts. */
export const sightings = sqliteTable(
  'sightings',
  {
    custodyId: text('custody_id').primaryKey(),
    kind: text('kind').$type<SightingKind>().notNull(),
    found: text('found').notNull(),
    seenAt: text('seen_at').notNull(),
  },
  (table) => [index('sightings_shared').on(table.kind, table.custodyId)],
);

export const destinations = sqliteTable(
  'destinations',
  {
    ...record<DestinationId, DestinationStatus>(),
    accountId: accountId(),
    network: text('network').$type<Network>().notNull(),
    address: text('address').notNull(),
    label: text('label').notNull(),
    kind: text('kind').$type<DestinationKind>().notNull(),
    // Facts that jobs look for; the others are in `facts`.
    expiresAt: text('expires_at'),
    confirmUntil: text('confirm_until'),
    confirmedAt: text('confirmed_at'),
  },
  (table) => [
    index('destinations_account').on(table.accountId, table.id),
    index('destinations_listed')
      .on(table.accountId, table.id)
      .where(sql`status IN ('approved', 'suspended', 'removing')`),
    // A sanctions hit is recorded once for each list, however often the address is asked for.
    index('destinations_refused')
      .on(table.accountId, table.network, table.address, table.id)
      .where(sql`status = 'refused'`),
    index('destinations_proposed').on(table.expiresAt).where(sql`status = 'proposed'`),
    index('destinations_confirm_until').on(table.confirmUntil).where(sql`status = 'approved'`),
    index('destinations_confirmed').on(table.confirmedAt).where(sql`status = 'approved'`),
    // One living record per address: a second request for it is refused by the database too.
    uniqueIndex('destinations_alive')
      .on(table.accountId, table.network, table.address)
      .where(sql`status IN ('proposed', 'requested', 'in_review', 'approved', 'suspended', 'removing')`),
    check(
      'destinations_approved_by_change',
      sql`${table.status} <> 'approved' OR json_extract(${table.facts}, '$.changeId') IS NOT NULL`,
    ),
  ],
);

export const policyChanges = sqliteTable(
  'policy_changes',
  {
    ...record<PolicyChangeId, PolicyChangeStatus>(),
    accountId: accountId(),
    destinationId: text('destination_id').$type<DestinationId>().notNull(),
    policyId: text('policy_id').notNull(),
    operation: text('operation').$type<'add' | 'remove'>().notNull(),
    address: text('address').notNull(),
    nextLookAt: text('next_look_at').notNull(),
  },
  (table) => [
    index('policy_changes_account').on(table.accountId, table.status, table.id),
    index('policy_changes_destination').on(table.destinationId, table.status),
    index('policy_changes_due').on(table.status, table.nextLookAt),
    // Custody replaces whole lists: two changes at once would lose one.
    uniqueIndex('policy_changes_one_in_flight').on(table.policyId).where(sql`status IN ('submitting', 'submitted')`),
    check(
      'policy_changes_submitted_has_request',
      sql`${table.status} <> 'submitted' OR json_extract(${table.facts}, '$.changeRequestId') IS NOT NULL`,
    ),
  ],
);

export const mandates = sqliteTable(
  'mandates',
  {
    ...record<MandateId, MandateStatus>(),
    accountId: accountId(),
    destinationId: text('destination_id').$type<DestinationId>().notNull(),
    venue: text('venue').notNull(),
    strategy: text('strategy').notNull(),
    limits: text('limits').notNull(),
    validFrom: text('valid_from').notNull(),
    validUntil: text('valid_until').notNull(),
  },
  (table) => [
    index('mandates_account').on(table.accountId, table.id),
    index('mandates_living').on(table.accountId, table.id).where(sql`status IN ('granted', 'active')`),
    index('mandates_destination').on(table.destinationId, table.status),
    index('mandates_over').on(table.status, table.validUntil),
    check('mandates_period', sql`${table.validFrom} < ${table.validUntil}`),
  ],
);

export const schedules = sqliteTable(
  'schedules',
  {
    ...record<ScheduleId, ScheduleStatus>(),
    accountId: accountId(),
    mandateId: text('mandate_id').$type<MandateId>().notNull(),
    kind: text('kind').$type<ScheduledKind>().notNull().default('trade_funding'),
    asset: text('asset').notNull(),
    /** Null in rows from before there was one; they are fixed. */
    amount: text('amount'),
    units: text('units'),
    recurrence: text('recurrence').notNull(),
    startAt: text('start_at').notNull(),
    endAt: text('end_at'),
    runsMax: integer('runs_max'),
    catchUp: text('catch_up').$type<CatchUpRule>().notNull(),
    catchUpHoursMax: integer('catch_up_hours_max').notNull(),
    failuresMax: integer('failures_max').notNull().default(3),
    failuresSince: text('failures_since').notNull().default(''),
    /** Of a schedule that waits for something to happen: its recurrence is that, and it has no slots. */
    triggerKind: text('trigger_kind').$type<TriggerKind>(),
    /** What a trigger has let out of late, for its cool-down and its maximum of a day. */
    fired: text('fired'),
    runs: integer('runs').notNull(),
    nextSlot: text('next_slot'),
  },
  (table) => [
    index('schedules_account').on(table.accountId, table.id),
    index('schedules_mandate').on(table.mandateId, table.id),
    index('schedules_due').on(table.nextSlot).where(sql`status = 'active' AND next_slot IS NOT NULL`),
    index('schedules_triggered')
      .on(table.triggerKind, table.accountId, table.id)
      .where(sql`status = 'active' AND trigger_kind IS NOT NULL`),
    check('schedules_of_the_desk', sql`${table.kind} <> 'withdrawal'`),
    check(
      'schedules_fixed_has_units',
      sql`${table.units} IS NOT NULL OR coalesce(${table.amount} ->> 'kind', 'fixed') <> 'fixed'`,
    ),
  ],
);

export const orders = sqliteTable(
  'orders',
  {
    ...record<OrderId, OrderStatus>(),
    accountId: accountId(),
    mandateId: text('mandate_id').$type<MandateId>(),
    destinationId: text('destination_id').$type<DestinationId>().notNull(),
    scheduleId: text('schedule_id').$type<ScheduleId>(),
    slot: text('slot'),
    /** Null in rows from before there was one; they follow from schedule and slot. */
    origin: text('origin'),
    kind: text('kind').$type<OrderKind>().notNull(),
    asset: text('asset').notNull(),
    /** Null in rows from before there was one; they are fixed. */
    amount: text('amount'),
    units: text('units'),
    dueAt: text('due_at').notNull(),
    notAfter: text('not_after').notNull(),
    transferId: text('transfer_id').$type<TransferId>(),
  },
  (table) => [
    uniqueIndex('orders_occurrence').on(table.scheduleId, table.slot),
    // The same wish makes one order, also when the answer to its key is forgotten.
    uniqueIndex('orders_origin').on(table.origin),
    index('orders_account').on(table.accountId, table.id),
    index('orders_schedule').on(table.scheduleId, table.id),
    index('orders_status').on(table.status, table.dueAt),
    index('orders_status_page').on(table.status, table.id),
    index('orders_kind').on(table.kind, table.id),
    index('orders_mandate').on(table.mandateId, table.status),
    index('orders_destination').on(table.destinationId, table.dueAt),
    check(
      'orders_executing_has_transfer',
      sql`${table.status} NOT IN ('executing', 'executed') OR ${table.transferId} IS NOT NULL`,
    ),
    check('orders_transfer_has_units', sql`${table.transferId} IS NULL OR ${table.units} IS NOT NULL`),
    check('orders_slot_of_schedule', sql`(${table.scheduleId} IS NULL) = (${table.slot} IS NULL)`),
    check('orders_without_mandate_withdraw', sql`${table.mandateId} IS NOT NULL OR ${table.kind} = 'withdrawal'`),
  ],
);

/** Released orders that were looked at and may not start yet, and when each is looked at again. See order-waits.ts. */
export const orderWaits = sqliteTable(
  'order_waits',
  {
    orderId: text('order_id').$type<OrderId>().primaryKey(),
    since: text('since').notNull(),
    nextLookAt: text('next_look_at').notNull(),
  },
  (table) => [index('order_waits_age').on(table.nextLookAt)],
);

export const transfers = sqliteTable(
  'transfers',
  {
    ...record<TransferId, TransferStatus>(),
    // Of an order: its account, its wallet, its destination. Of a payout: a hot wallet of the company.
    accountId: text('account_id').$type<AccountId>(),
    orderId: text('order_id').$type<OrderId>(),
    payoutId: text('payout_id').$type<PayoutId>(),
    walletId: text('wallet_id').$type<WalletId | HotWalletId>().notNull(),
    custodyWalletId: text('custody_wallet_id').notNull(),
    destinationId: text('destination_id').$type<DestinationId>(),
    asset: text('asset').notNull(),
    units: text('units').notNull(),
    externalId: text('external_id').notNull(),
    requestBody: text('request_body').notNull(),
    custodyId: text('custody_id'),
    transactionHash: text('transaction_hash'),
    nextAttemptAt: text('next_attempt_at').notNull(),
  },
  (table) => [
    uniqueIndex('transfers_external').on(table.externalId),
    uniqueIndex('transfers_custody').on(table.custodyId),
    uniqueIndex('transfers_order').on(table.orderId),
    uniqueIndex('transfers_payout').on(table.payoutId),
    // Until it is sent or waits for a person, a transfer holds its wallet: two at once would race for nonce and balance.
    uniqueIndex('transfers_one_in_flight').on(table.walletId).where(sql`status IN ('submitting', 'submitted')`),
    index('transfers_in_turn').on(table.walletId, table.id).where(sql`status = 'prepared'`),
    index('transfers_account').on(table.accountId, table.id),
    index('transfers_hash').on(table.accountId, table.transactionHash),
    index('transfers_wallet')
      .on(table.walletId, table.id)
      .where(sql`status IN ('prepared', 'submitting', 'submitted', 'awaiting_approval', 'broadcast', 'needs_review')`),
    index('transfers_wallet_age').on(table.walletId, table.createdAt),
    index('transfers_to_send').on(table.nextAttemptAt).where(sql`status IN ('prepared', 'submitting')`),
    index('transfers_to_read')
      .on(table.nextAttemptAt)
      .where(sql`status IN ('submitted', 'awaiting_approval', 'broadcast')`),
    index('transfers_stoppable')
      .on(table.accountId, table.id)
      .where(sql`status IN ('submitting', 'submitted', 'awaiting_approval')`),
    index('transfers_stoppable_all')
      .on(table.id)
      .where(sql`status IN ('submitting', 'submitted', 'awaiting_approval')`),
    index('transfers_by_age')
      .on(table.status, table.createdAt)
      .where(sql`status IN ('prepared', 'submitting', 'submitted', 'awaiting_approval', 'broadcast', 'needs_review')`),
    check(
      'transfers_of_order_or_payout',
      sql`(${table.payoutId} IS NULL) = (${table.orderId} IS NOT NULL AND ${table.accountId} IS NOT NULL AND ${table.destinationId} IS NOT NULL)`,
    ),
    check(
      'transfers_submitted_has_custody_id',
      sql`${table.status} NOT IN ('submitted', 'awaiting_approval', 'broadcast', 'confirmed') OR ${table.custodyId} IS NOT NULL`,
    ),
    check('transfers_confirmed_has_hash', sql`${table.status} <> 'confirmed' OR ${table.transactionHash} IS NOT NULL`),
  ],
);

/** Money on its way into an account at a venue that custody shows. */
export const arrivals = sqliteTable(
  'arrivals',
  {
    ...record<ArrivalId, ArrivalStatus>(),
    accountId: accountId(),
    orderId: text('order_id').$type<OrderId>().notNull(),
    transferId: text('transfer_id').$type<TransferId>().notNull(),
    walletId: text('wallet_id').$type<WalletId>().notNull(),
    venue: text('venue').notNull(),
    venueAccount: text('venue_account').notNull(),
    asset: text('asset').notNull(),
    symbol: text('symbol').notNull(),
    units: text('units').notNull(),
    nextReadAt: text('next_read_at').notNull(),
    endedAt: text('ended_at'),
  },
  (table) => [
    uniqueIndex('arrivals_transfer').on(table.transferId),
    index('arrivals_order').on(table.orderId),
    index('arrivals_due').on(table.nextReadAt).where(sql`status = 'awaited'`),
    index('arrivals_of_venue').on(table.venueAccount, table.symbol, table.endedAt),
  ],
);

/** When each share of the pace toward custody is free again, in milliseconds. */
export const custodyPace = sqliteTable('custody_pace', {
  share: text('share').primaryKey(),
  freeAt: integer('free_at').notNull(),
});

/** The circuit breaker of a lane toward custody; `open_until` in milliseconds. */
export const custodyBreaker = sqliteTable('custody_breaker', {
  lane: text('lane').primaryKey(),
  failures: integer('failures').notNull(),
  openings: integer('openings').notNull(),
  openUntil: integer('open_until'),
});

/**
 * Transfers of ours at custody that a restored database does not know. The wish that each was made for finds it here when it
 * comes again, by the external id that is the row's own.
 */
export const recoveries = sqliteTable(
  'recoveries',
  {
    id: text('id').primaryKey(),
    version: integer('version').notNull(),
    /** Null: of a hot wallet of the company. */
    accountId: text('account_id').$type<AccountId>(),
    walletId: text('wallet_id').$type<WalletId | HotWalletId>().notNull(),
    custodyWalletId: text('custody_wallet_id').notNull(),
    custodyId: text('custody_id').notNull(),
    asset: text('asset').notNull(),
    units: text('units').notNull(),
    /** The request as custody keeps it. */
    requestBody: text('request_body').notNull(),
    /** The UTC day on which custody was asked, and the account's sum of it that counts this one; null when it was rejected. */
    day: text('day').notNull(),
    accountLimitDayId: text('account_limit_day_id'),
    /** Null in rows from before there was one. */
    mandateLimitDayIds: text('mandate_limit_day_ids'),
    createdAt: text('created_at').notNull(),
  },
  (table) => [uniqueIndex('recoveries_custody').on(table.custodyId), index('recoveries_account').on(table.accountId)],
);

/** Which history this database stands for: one row. */
export const epochs = sqliteTable('epochs', {
  ...record<typeof EPOCH_ID, EpochStatus>(),
  epoch: text('epoch').notNull(),
});

/** How far jobs that go round have come. */
export const cursors = sqliteTable('cursors', {
  name: text('name').primaryKey(),
  place: text('place').notNull(),
});

export const limitDays = sqliteTable('limit_days', {
  id: text('id').primaryKey(),
  version: integer('version').notNull(),
  accountId: accountId(),
  /** Whose sum it is; the column's name is from when mandates alone had one. */
  holder: text('mandate_id').$type<MandateId | AccountId>().notNull(),
  asset: text('asset').notNull(),
  day: text('day').notNull(),
  reserved: text('reserved').notNull(),
});

export const limitsChanges = sqliteTable(
  'limits_changes',
  {
    ...record<LimitsChangeId, LimitsChangeStatus>(),
    accountId: accountId(),
    direction: text('direction').$type<'raise' | 'lower'>().notNull(),
    template: text('template').$type<LimitsTemplate>(),
    dailyChanges: text('daily_changes').notNull(),
    askedBy: text('asked_by').notNull(),
    nextLookAt: text('next_look_at').notNull(),
  },
  (table) => [
    index('limits_changes_account').on(table.accountId, table.id),
    index('limits_changes_due').on(table.nextLookAt).where(sql`status IN ('proposed', 'confirmed')`),
    uniqueIndex('limits_changes_one_open')
      .on(table.accountId, table.direction)
      .where(sql`status IN ('proposed', 'confirmed')`),
  ],
);

export const halts = sqliteTable(
  'halts',
  {
    ...record<HaltId, HaltStatus>(),
    level: text('level').$type<HaltLevel>().notNull(),
    accountId: text('account_id').$type<AccountId>(),
    mandateId: text('mandate_id').$type<MandateId>(),
    kind: text('kind').$type<HaltKind>().notNull(),
    reason: text('reason').notNull(),
    madeBy: text('made_by').notNull(),
    makerRank: integer('maker_rank').notNull(),
  },
  (table) => [
    index('halts_in_force').on(table.level, table.accountId, table.mandateId).where(sql`status = 'active'`),
    index('halts_account').on(table.accountId, table.id),
    // A broken fence halts an account once, however often it is found broken.
    uniqueIndex('halts_one_fence_halt').on(table.accountId).where(sql`status = 'active' AND kind = 'fence'`),
    check(
      'halts_level_names_its_subject',
      sql`(${table.level} = 'all' AND ${table.accountId} IS NULL) OR (${table.level} = 'account' AND ${table.accountId} IS NOT NULL AND ${table.mandateId} IS NULL) OR (${table.level} = 'mandate' AND ${table.accountId} IS NOT NULL AND ${table.mandateId} IS NOT NULL)`,
    ),
  ],
);

export const movements = sqliteTable(
  'movements',
  {
    id: text('id').$type<MovementId>().primaryKey(),
    version: integer('version').notNull(),
    accountId: accountId(),
    walletId: text('wallet_id').$type<WalletId>().notNull(),
    direction: text('direction').$type<'in' | 'out'>().notNull(),
    asset: text('asset').notNull(),
    units: text('units').notNull(),
    feeAsset: text('fee_asset').notNull(),
    feeUnits: text('fee_units').notNull(),
    from: text('from_address').notNull(),
    to: text('to_address').notNull(),
    transactionHash: text('transaction_hash').notNull(),
    position: text('position').notNull(),
    at: text('at').notNull(),
    /** Why nobody wanted this deposit; null for all others. */
    doubt: text('doubt').$type<Doubt>(),
  },
  (table) => [
    uniqueIndex('movements_fact').on(
      table.walletId,
      table.transactionHash,
      table.position,
      table.direction,
      table.asset,
    ),
    index('movements_account').on(table.accountId, table.at, table.id),
    index('movements_wanted').on(table.accountId, table.at, table.id).where(sql`doubt IS NULL`),
  ],
);

/** Who holds which rights at custody, as the set-up account read it. Written once, never changed. */
export const permissionProofs = sqliteTable(
  'permission_proofs',
  {
    id: text('id').$type<PermissionProofId>().primaryKey(),
    version: integer('version').notNull(),
    result: text('result').$type<'sound' | 'unsound'>().notNull(),
    provenAt: text('proven_at').notNull(),
    read: text('read').notNull(),
    holders: text('holders').notNull(),
    findings: text('findings').notNull(),
    createdAt: text('created_at').notNull(),
  },
  (table) => [
    index('permission_proofs_age').on(table.provenAt, table.id),
    index('permission_proofs_result').on(table.result, table.provenAt),
    check(
      'permission_proofs_sound_finds_nothing',
      sql`${table.result} IN ('sound', 'unsound') AND (${table.result} = 'sound') = (${table.findings} = '[]')`,
    ),
  ],
);

/** Month statements that were made; their files are in R2. Written once, never changed. */
export const statements = sqliteTable(
  'statements',
  {
    id: text('id').$type<StatementId>().primaryKey(),
    version: integer('version').notNull(),
    accountId: accountId(),
    month: text('month').notNull(),
    digest: text('digest').notNull(),
    isReconciled: text('is_reconciled').$type<'yes' | 'no'>().notNull(),
    createdAt: text('created_at').notNull(),
  },
  (table) => [uniqueIndex('statements_month').on(table.accountId, table.month)],
);

/** Read-only keys; of each, its hash alone. */
export const accountKeys = sqliteTable(
  'account_keys',
  {
    ...record<AccountKeyId, AccountKeyStatus>(),
    accountId: accountId(),
    label: text('label').notNull(),
    reports: text('reports').notNull(),
    hash: text('hash').notNull(),
    expiresAt: text('expires_at').notNull(),
  },
  (table) => [
    uniqueIndex('account_keys_hash').on(table.hash),
    index('account_keys_account').on(table.accountId, table.id),
  ],
);

export const incidents = sqliteTable(
  'incidents',
  {
    ...record<IncidentId, IncidentStatus>(),
    kind: text('kind').$type<IncidentKind>().notNull(),
    about: text('about').notNull(),
    accountId: text('account_id').$type<AccountId>(),
    detail: text('detail').notNull(),
  },
  (table) => [
    uniqueIndex('incidents_one_open').on(table.kind, table.about).where(sql`status = 'open'`),
    index('incidents_about').on(table.kind, table.about),
    index('incidents_status').on(table.status, table.id),
  ],
);

/** Sanctions lists. Old ones stay: what was refused under one must stay explainable. */
export const screeningLists = sqliteTable(
  'screening_lists',
  {
    ...record<ScreeningListId, ScreeningListStatus>(),
    edition: text('edition').notNull(),
    hash: text('hash').notNull(),
    addressCount: integer('address_count').notNull(),
    loadedBy: text('loaded_by').notNull(),
  },
  (table) => [uniqueIndex('screening_lists_one_active').on(table.status).where(sql`status = 'active'`)],
);

/** The entries of each list; a look-up is one search of the key. */
export const screeningAddresses = sqliteTable(
  'screening_addresses',
  {
    listId: text('list_id').$type<ScreeningListId>().notNull(),
    family: text('family').$type<NetworkFamily>().notNull(),
    address: text('address').notNull(),
  },
  (table) => [primaryKey({ columns: [table.listId, table.family, table.address] })],
);

/** Where the notices of this deployment go. Their signing secrets are derived and stand nowhere: ADR 13. */
export const webhookEndpoints = sqliteTable(
  'webhook_endpoints',
  {
    ...record<WebhookEndpointId, WebhookEndpointStatus>(),
    url: text('url').notNull(),
    description: text('description').notNull(),
    /** Of this account only; null for all. */
    accountId: text('account_id').$type<AccountId>(),
    /** A JSON list of kinds; null for all. */
    kinds: text('kinds'),
    secrets: text('secrets').notNull(),
  },
  (table) => [index('webhook_endpoints_status').on(table.status, table.id)],
);

/** Where a client wants its notices by e-mail. The address itself is in contact_addresses, and goes with the contact. */
export const contacts = sqliteTable(
  'contacts',
  { ...record<ContactId, ContactStatus>(), accountId: accountId() },
  (table) => [
    index('contacts_account').on(table.accountId, table.id),
    uniqueIndex('contacts_one_active').on(table.accountId).where(sql`status = 'active'`),
    uniqueIndex('contacts_one_pending').on(table.accountId).where(sql`status = 'pending'`),
  ],
);

/** Personal, so not in the journal, which nobody can erase. */
export const contactAddresses = sqliteTable('contact_addresses', {
  contactId: text('contact_id').$type<ContactId>().primaryKey(),
  email: text('email').notNull(),
});

/** What an account or a role does not want to be told by e-mail or chat. */
export const noticePreferences = sqliteTable('notice_preferences', {
  holder: text('holder').primaryKey(),
  version: integer('version').notNull(),
  muted: text('muted').notNull(),
});

/** One notice on its way to one place: what is still to send, and the log of what was sent. */
export const noticeDeliveries = sqliteTable(
  'notice_deliveries',
  {
    id: text('id').$type<DeliveryId>().primaryKey(),
    /** The entry of the journal that it tells of. */
    entryId: text('entry_id').notNull(),
    kind: text('kind').$type<NoticeKind>().notNull(),
    channel: text('channel').$type<Channel>().notNull(),
    /** An endpoint, a contact, or a role. */
    target: text('target').notNull(),
    createdAt: text('created_at').notNull(),
    attempts: integer('attempts').notNull(),
    /** Null when nothing more is tried. */
    nextAttemptAt: text('next_attempt_at'),
    lastAttemptAt: text('last_attempt_at'),
    sentAt: text('sent_at'),
    lastStatus: integer('last_status'),
    lastProblem: text('last_problem'),
  },
  (table) => [
    uniqueIndex('notice_deliveries_once').on(table.entryId, table.target),
    index('notice_deliveries_due').on(table.nextAttemptAt).where(sql`next_attempt_at IS NOT NULL`),
    index('notice_deliveries_target').on(table.target, table.id),
    index('notice_deliveries_sent').on(table.target, table.sentAt),
    index('notice_deliveries_age').on(table.createdAt),
  ],
);
/** Wallets of the company from which payouts are paid. */
export const hotWallets = sqliteTable(
  'hot_wallets',
  {
    ...record<HotWalletId, HotWalletStatus>(),
    network: text('network').$type<Network>().notNull(),
    custodyId: text('custody_id').notNull(),
    address: text('address').notNull(),
    label: text('label').notNull(),
    preset: text('preset').notNull(),
  },
  (table) => [
    uniqueIndex('hot_wallets_custody').on(table.custodyId).where(sql`status = 'active'`),
    index('hot_wallets_address').on(table.network, table.address),
  ],
);

/** Whom the company knows. */
export const payees = sqliteTable(
  'payees',
  {
    ...record<PayeeId, PayeeStatus>(),
    network: text('network').$type<Network>().notNull(),
    address: text('address').notNull(),
    /** What people compare of an address: forgeries are looked for by it. */
    ends: text('ends').notNull(),
    name: text('name').notNull(),
    proposedBy: text('proposed_by').notNull(),
  },
  (table) => [
    uniqueIndex('payees_alive').on(table.network, table.address).where(sql`status IN ('proposed', 'confirmed')`),
    index('payees_ends').on(table.network, table.ends).where(sql`status = 'confirmed'`),
  ],
);

export const payoutBatches = sqliteTable(
  'payout_batches',
  {
    ...record<BatchId, BatchStatus>(),
    label: text('label').notNull(),
    fileHash: text('file_hash').notNull(),
    /** 1, unless a person says that the same file is meant once more. */
    upload: integer('upload').notNull(),
    rowCount: integer('row_count').notNull(),
    uploadedBy: text('uploaded_by').notNull(),
    editors: text('editors').notNull(),
    retryOf: text('retry_of').$type<BatchId>(),
  },
  (table) => [
    uniqueIndex('payout_batches_file').on(table.fileHash, table.upload),
    index('payout_batches_status').on(table.status, table.id),
  ],
);

/** One row of a batch each. Version 0 until its own first step: it was stored with thousands of others. */
export const payouts = sqliteTable(
  'payouts',
  {
    ...record<PayoutId, PayoutStatus>(),
    batchId: text('batch_id').$type<BatchId>().notNull(),
    line: integer('line').notNull(),
    network: text('network').notNull(),
    asset: text('asset').notNull(),
    address: text('address').notNull(),
    amount: text('amount').notNull(),
    units: text('units'),
    reference: text('reference'),
    origin: text('origin').notNull(),
    externalId: text('external_id').notNull(),
    transferId: text('transfer_id').$type<TransferId>(),
  },
  (table) => [
    uniqueIndex('payouts_line').on(table.batchId, table.line),
    uniqueIndex('payouts_external').on(table.externalId),
    index('payouts_status').on(table.batchId, table.status, table.line),
    index('payouts_ready').on(table.batchId, table.asset, table.line).where(sql`status = 'ready'`),
    // By size: of whole numbers in decimal the longer one is the larger one.
    index('payouts_ready_by_size')
      .on(table.batchId, table.asset, sql`length(units)`, table.units)
      .where(sql`status = 'ready'`),
    index('payouts_same').on(table.address, table.asset, table.units, table.createdAt),
    check(
      'payouts_ready_has_units',
      sql`${table.status} = 'invalid' OR ${table.status} = 'canceled' OR ${table.units} IS NOT NULL`,
    ),
    check(
      'payouts_executing_has_transfer',
      sql`${table.status} NOT IN ('executing', 'paid', 'failed', 'rejected') OR ${table.transferId} IS NOT NULL`,
    ),
  ],
);

/** What a check found worth a look in rows that are sound; each check has a number, the last one counts. */
export const payoutFlags = sqliteTable(
  'payout_flags',
  {
    batchId: text('batch_id').$type<BatchId>().notNull(),
    checkNumber: integer('check_number').notNull(),
    line: integer('line').notNull(),
    flag: text('flag').notNull(),
    detail: text('detail').notNull(),
  },
  (table) => [primaryKey({ columns: [table.batchId, table.checkNumber, table.line, table.flag] })],
);

/** How many rows of a batch are in each status: kept by triggers, so that looking at progress costs a few rows. */
export const payoutCounts = sqliteTable(
  'payout_counts',
  {
    batchId: text('batch_id').$type<BatchId>().notNull(),
    status: text('status').$type<PayoutStatus>().notNull(),
    rows: integer('rows').notNull(),
  },
  (table) => [primaryKey({ columns: [table.batchId, table.status] })],
);

/** What the pool has let out of an asset within an hour or a day. */
export const payoutSums = sqliteTable(
  'payout_sums',
  {
    id: text('id').primaryKey(),
    version: integer('version').notNull(),
    asset: text('asset').notNull(),
    period: text('period').$type<'hour' | 'day'>().notNull(),
    begins: text('begins').notNull(),
    reserved: text('reserved').notNull(),
  },
  (table) => [index('payout_sums_window').on(table.asset, table.period, table.begins)],
);
