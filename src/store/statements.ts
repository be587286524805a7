// The month statements that were made: which account and month, the digest of each, and where its files are kept.
import { and, desc, eq, gt, sql } from 'drizzle-orm';
import type { AccountId } from '../domain/id.ts';
import type { MonthStatement } from '../domain/statement.ts';
import type { Timestamp } from '../domain/time.ts';
import { type Database, type Scope, within } from './database.ts';
import { changesOf } from './records.ts';
import { accounts, statements } from './schema.ts';

export async function findMonthStatement(
  database: Database,
  scope: Scope,
  of: Pick<MonthStatement, 'accountId' | 'month'>,
): Promise<MonthStatement | undefined> {
  const isMeant = and(eq(statements.accountId, of.accountId), eq(statements.month, of.month));
  return database
    .select()
    .from(statements)
    .where(and(within(scope, statements.accountId), isMeant))
    .get();
}

/** Newest month first. */
export const listMonthStatements = (
  database: Database,
  accountId: AccountId,
  limit: number,
): Promise<MonthStatement[]> =>
  database
    .select()
    .from(statements)
    .where(eq(statements.accountId, accountId))
    .orderBy(desc(statements.month))
    .limit(limit)
    .all();

export interface Unstated {
  readonly id: AccountId;
  readonly isMissing: number;
}

/** Active accounts behind this one that were opened before then, and whether their statement of the month is missing. */
export const listUnstatedAccounts = (
  database: Database,
  { month, before, after, limit }: { month: string; before: Timestamp; after: string; limit: number },
): Promise<Unstated[]> =>
  database
    .select({
      id: accounts.id,
      // By their full names: drizzle leaves a table's name out, and the inner table has an `id` too.
      isMissing: sql<number>`accounts.created_at < ${before} AND NOT EXISTS (SELECT 1 FROM statements
        WHERE statements.account_id = accounts.id AND statements.month = ${month})`,
    })
    .from(accounts)
    .where(and(eq(accounts.status, 'active'), gt(accounts.id, asAccountId(after))))
    .orderBy(accounts.id)
    .limit(limit)
    .all();

// The place where a round has come to is the id of an account, or nothing at its beginning.
const asAccountId = (text: string) => text as AccountId;

export const monthStatementChange = changesOf<MonthStatement>(statements, 'statement', ({ accountId }) => accountId);
