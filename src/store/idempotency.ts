// Answers already given, by actor and Idempotency-Key. The row is part of the commit that has the effect, so neither the
// effect can happen twice nor an answer exist without it.
import { and, eq, lt, sql } from 'drizzle-orm';
import type { Timestamp } from '../domain/time.ts';
import type { Once, Requirement } from './commit.ts';
import type { Database } from './database.ts';
import { idempotency } from './schema.ts';

export type Answer = typeof idempotency.$inferSelect;

export const findAnswer = (database: Database, actor: string, key: string): Promise<Answer | undefined> =>
  database
    .select()
    .from(idempotency)
    .where(and(eq(idempotency.actor, actor), eq(idempotency.key, key)))
    .get();

export const keepAnswer = (answer: Answer): Once => ({
  table: 'idempotency',
  insert: (database) => database.insert(idempotency).values(answer),
  taken: { code: 'idempotency_key_in_use' },
});

/** For what is written before the commit that keeps the answer: a repeat of a request that has its answer writes nothing. */
export const isUnanswered = (actor: string, key: string): Requirement => ({
  holds: sql`NOT EXISTS (SELECT 1 FROM ${idempotency} WHERE ${and(eq(idempotency.actor, actor), eq(idempotency.key, key))})`,
  refusal: { code: 'idempotency_key_in_use' },
});

export const forgetAnswers = (database: Database, before: Timestamp) =>
  database.delete(idempotency).where(lt(idempotency.createdAt, before)).run();
