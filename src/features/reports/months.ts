// Statements of whole months, made by the queue once a month is over and kept in R2. A kept statement is never made again: what
// comes to light later is on the statement that is made when it is asked for, and the two can be told apart by their digests.
import type { App } from '../../app/app.ts';
import { consumer } from '../../app/consumer.ts';
import type { Job } from '../../app/job.ts';
import type { AccountId } from '../../domain/id.ts';
import { isIn } from '../../domain/machine.ts';
import { type MonthStatement, monthBefore, periodOf } from '../../domain/statement.ts';
import { addSeconds } from '../../domain/time.ts';
import { bodies, MakeStatement, makeStatement } from '../../kit/messages.ts';
import { findAccount } from '../../store/accounts.ts';
import { commit } from '../../store/commit.ts';
import { findCursor, keepCursor } from '../../store/cursors.ts';
import { databaseFor, type Scope } from '../../store/database.ts';
import { findMonthStatement, listUnstatedAccounts, monthStatementChange } from '../../store/statements.ts';
import { type Format, formats, render } from './formats.ts';
import { readStatement } from './statement.ts';

/** Until then the last movements of a month have been read from custody, also those whose event was lost. */
const SETTLE_HOURS = 12;
const HOUR_SECONDS = 3600;
const ACCOUNTS_PER_RUN = 100;
const CURSOR = 'month-statements';

interface Place {
  readonly month: string;
  readonly after: string;
}

/** Goes round over the accounts: what a round missed, or what failed, the next one finds. */
export const askForMonthStatements: Job = async (app, { scheduledTime }) => {
  const month = monthBefore(addSeconds(scheduledTime, -SETTLE_HOURS * HOUR_SECONDS));
  const kept = await findCursor<Place>(app.database, CURSOR);
  const after = kept?.month === month ? kept.after : '';
  const page = { month, before: periodOf(month).to, after, limit: ACCOUNTS_PER_RUN };
  const found = await listUnstatedAccounts(app.database, page);
  const missing = found.filter(({ isMissing }) => isMissing === 1);
  if (missing.length > 0) {
    const wanted = missing.map(({ id: accountId }) => makeStatement({ accountId, month })(null));
    await app.bindings.EVENTS.sendBatch(bodies(wanted));
  }
  const isRound = found.length < ACCOUNTS_PER_RUN;
  await keepCursor(app.database, CURSOR, { month, after: isRound ? '' : (found.at(-1)?.id ?? '') });
};

/** The files come first, under the digest of their data: a row never names what is not there. */
export const makeMonthStatement = consumer('events', MakeStatement, async (app, { accountId, month }, by) => {
  const database = databaseFor(app, accountId);
  if ((await findMonthStatement(database, 'staff', { accountId, month })) !== undefined) return 'done';
  const account = await findAccount(database, 'staff', accountId);
  if (account === undefined || !isIn(account, ['active'])) return 'done';
  const read = await readStatement(app, 'staff', accountId, periodOf(month));
  if (!read.ok) {
    app.log.error('statement.refused', { accountId, month, code: read.refusal.code });
    return 'done';
  }
  const { digest } = read.value.verification;
  for (const format of formats)
    await app.bindings.ARCHIVE.put(keyOf({ accountId, month, digest }, format), await render(read.value, format));
  const statement: MonthStatement = {
    id: by.newId('stm'),
    version: 1,
    accountId,
    month,
    digest,
    isReconciled: read.value.reconciliation.isReconciled ? 'yes' : 'no',
    createdAt: by.at,
  };
  // Made by another delivery meanwhile: its row names its own files, and ours are of no statement.
  const committed = await commit(database, {
    by,
    changes: [monthStatementChange(undefined, statement, 'statement.made')],
  });
  return committed.ok || committed.refusal.code === 'version_conflict' ? 'done' : 'again';
});

type Kept = Pick<MonthStatement, 'accountId' | 'month' | 'digest'>;
const keyOf = ({ accountId, month, digest }: Kept, format: Format): string =>
  `statements/${accountId}/${month}/${digest}.${format}`;

/** The kept file of a month; undefined when none was made. */
export async function findMonthFile(
  app: App,
  scope: Scope,
  of: { readonly accountId: AccountId; readonly month: string; readonly format: Format },
): Promise<ArrayBuffer | undefined> {
  const statement = await findMonthStatement(databaseFor(app, of.accountId), scope, of);
  if (statement === undefined) return undefined;
  const file = await app.bindings.ARCHIVE.get(keyOf(statement, of.format));
  if (file === null) throw new Error(`the files of ${statement.id} are not in the archive`);
  return file.arrayBuffer();
}
