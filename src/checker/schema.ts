// The checker's own tables, in its own database. Migrations are generated from here: npm run generate -- --checker noun_verb.
import { sql } from 'drizzle-orm';
import { check, index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { machineTriggers } from '../domain/machine-triggers.ts';
import { type Mode, type Outcome, type ReviewStatus, reviewMachine } from './review-record.ts';
import type { Verdict } from './rules.ts';

export const reviews = sqliteTable(
  'reviews',
  {
    id: text('id').primaryKey(),
    version: integer('version').notNull(),
    status: text('status').$type<ReviewStatus>().notNull(),
    mode: text('mode').$type<Mode>().notNull(),
    verdict: text('verdict').$type<Verdict>().notNull(),
    kind: text('kind').notNull(),
    walletId: text('wallet_id'),
    facts: text('facts').notNull(),
    findings: text('findings').notNull(),
    outlays: text('outlays').notNull(),
    asked: text('asked').notNull(),
    pendingAt: text('pending_at').notNull(),
    receivedAt: text('received_at').notNull(),
    decidedAt: text('decided_at').notNull(),
    votedAt: text('voted_at'),
    expiresAt: text('expires_at'),
    outcome: text('outcome').$type<Outcome>(),
    outcomeAt: text('outcome_at'),
    byPeople: integer('by_people', { mode: 'boolean' }),
    nextLookAt: text('next_look_at').notNull(),
    told: integer('told').notNull(),
    tellAt: text('tell_at'),
  },
  (table) => [
    index('reviews_decided').on(table.decidedAt, table.id),
    index('reviews_open').on(table.nextLookAt).where(sql`status <> 'closed'`),
    index('reviews_to_tell').on(table.tellAt).where(sql`tell_at IS NOT NULL`),
    check('reviews_shadow_never_votes', sql`${table.mode} = 'live' OR ${table.status} NOT IN ('intended', 'voted')`),
    check('reviews_voted_has_instant', sql`${table.status} <> 'voted' OR ${table.votedAt} IS NOT NULL`),
    check('reviews_intends_no_silence', sql`${table.status} <> 'intended' OR ${table.verdict} <> 'abstain'`),
  ],
);

/** What was approved on one UTC day of one asset, for one wallet and for all. Sums are text: units do not fit a number. */
export const sums = sqliteTable('sums', {
  id: text('id').primaryKey(),
  version: integer('version').notNull(),
  units: text('units').notNull(),
});

/** The checker's own list of addresses that nobody may pay, by its edition; one edition is in force. */
export const sanctions = sqliteTable(
  'sanctions',
  { edition: text('edition').notNull(), address: text('address').notNull() },
  (table) => [index('sanctions_address').on(table.address, table.edition)],
);

/** Small facts of the checker itself: what it may do at custody, which edition is in force. */
export const standing = sqliteTable('standing', {
  key: text('key').$type<'fitness' | 'sanctions'>().primaryKey(),
  value: text('value').notNull(),
  at: text('at').notNull(),
});

/** Approvals that were found waiting and sent to the queue: when to send them again where no review came of it. */
export const looks = sqliteTable(
  'looks',
  { approvalId: text('approval_id').primaryKey(), nextLookAt: text('next_look_at').notNull() },
  (table) => [index('looks_due').on(table.nextLookAt)],
);

export const deadLetters = sqliteTable(
  'dead_letters',
  { id: text('id').primaryKey(), body: text('body').notNull(), receivedAt: text('received_at').notNull() },
  (table) => [index('dead_letters_received').on(table.receivedAt)],
);

/** Nothing is ever stored here: a row that would be inserted names a broken rule and aborts its batch. */
export const guard = sqliteTable('_guard', { rule: text('rule').notNull() });

export const triggers: readonly string[] = [
  `CREATE TRIGGER _guard_aborts BEFORE INSERT ON _guard
BEGIN SELECT RAISE(ABORT, 'guard: ' || NEW.rule); END`,
  ...machineTriggers('reviews', reviewMachine),
  // What was seen and said stays as it was; only what became of it is added.
  `CREATE TRIGGER reviews_keep_facts BEFORE UPDATE ON reviews
WHEN NEW.mode <> OLD.mode OR NEW.pending_at <> OLD.pending_at OR NEW.received_at <> OLD.received_at
  OR (OLD.status <> 'intended' AND (NEW.facts <> OLD.facts OR NEW.findings <> OLD.findings OR NEW.verdict <> OLD.verdict))
BEGIN SELECT RAISE(ABORT, 'reviews: what was said stays'); END`,
];
