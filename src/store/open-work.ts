// What of an account is not at an end: while there is any, the account is not closed.
import { type SQL, sql } from 'drizzle-orm';
import { limitsChangeMachine } from '../domain/account-limits.ts';
import type { AccountId } from '../domain/id.ts';
import { mandateMachine } from '../domain/mandate.ts';
import { orderMachine } from '../domain/order.ts';
import { policyChangeMachine } from '../domain/policy-change.ts';
import { scheduleMachine } from '../domain/schedule.ts';
import { transferMachine } from '../domain/transfer.ts';
import type { Database } from './database.ts';
import { limitsChanges, mandates, orders, policyChanges, schedules, transfers, wallets } from './schema.ts';

/** Every status from which a record still goes on. */
const openIn = (machine: Readonly<Record<string, readonly string[]>>): string[] =>
  Object.entries(machine).flatMap(([status, next]) => (next.length > 0 ? [status] : []));

const work = [
  { reason: 'mandate', table: mandates, open: openIn(mandateMachine) },
  { reason: 'schedule', table: schedules, open: openIn(scheduleMachine) },
  { reason: 'order', table: orders, open: openIn(orderMachine) },
  { reason: 'transfer', table: transfers, open: openIn(transferMachine) },
  { reason: 'policy_change', table: policyChanges, open: openIn(policyChangeMachine) },
  { reason: 'limits_change', table: limitsChanges, open: openIn(limitsChangeMachine) },
  { reason: 'wallet', table: wallets, open: ['creating'] },
] as const;

const openOf = ({ reason, table, open }: (typeof work)[number], accountId: AccountId): SQL =>
  sql`SELECT ${reason} AS reason, id FROM ${table} WHERE account_id = ${accountId} AND status IN (${sql.join(
    open.map((status) => sql`${status}`),
    sql`, `,
  )})`;

/** By kind, so that a caller learns what to end; at most so many of each. */
export async function listOpenWork(
  database: Database,
  accountId: AccountId,
  limit: number,
): Promise<{ reason: string; id: string }[]> {
  const found = work.map((kind) =>
    database.all<{ reason: string; id: string }>(sql`${openOf(kind, accountId)} ORDER BY id LIMIT ${limit}`),
  );
  return (await Promise.all(found)).flat();
}

/** At the instant of the commit. */
export const hasNoOpenWork = (accountId: AccountId): SQL =>
  sql.join(
    work.map((kind) => sql`NOT EXISTS (${openOf(kind, accountId)})`),
    sql` AND `,
  );
