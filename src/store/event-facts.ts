// What our records say about the things that webhook events name: one round trip for any number of events.
import { and, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { AccountId, PolicyChangeId, TransferId, WalletId } from '../domain/id.ts';
import type { PolicyChange } from '../domain/policy-change.ts';
import type { TransferStatus } from '../domain/transfer.ts';
import type { Database } from './database.ts';
import { fromRow } from './records.ts';
import { accounts, hotWallets, inbox, policyChanges, sightings, transfers, wallets } from './schema.ts';

/** What events name, by custody's ids; the keys are those of the facts they report. */
export interface Named {
  readonly keys: readonly string[];
  readonly subjects: readonly string[];
  readonly externalIds: readonly string[];
  readonly walletIds: readonly string[];
  readonly policyIds: readonly string[];
}

export interface EventFacts {
  readonly known: ReadonlySet<string>;
  /** The latest date of an event about this subject. */
  readonly lastDates: ReadonlyMap<string, string>;
  /** By our external id; another of the wallet may wait for its turn behind it. */
  readonly transfers: ReadonlyMap<string, { id: TransferId; status: TransferStatus; isWaitedFor: boolean }>;
  readonly wallets: ReadonlyMap<string, { readonly id: WalletId; readonly accountId: AccountId }>;
  /** Of the company's pool: nothing follows from what comes into them. */
  readonly pool: ReadonlySet<string>;
  readonly accounts: ReadonlyMap<string, AccountId>;
  /** The one change of a policy that is on its way. */
  readonly changes: ReadonlyMap<string, InFlight>;
  /** Guard and limits, which hold everyone in. */
  readonly shared: ReadonlySet<string>;
}

export interface InFlight {
  readonly id: PolicyChangeId;
  readonly accountId: AccountId;
  /** Undefined while our commit of custody's answer may still be on its way. */
  readonly approvalId: string | undefined;
}

/** Any number of texts is one bound parameter. */
const among = (column: SQLiteColumn, texts: readonly string[]): SQL =>
  inArray(column, sql`(SELECT value FROM json_each(${JSON.stringify(texts)}))`);

export async function findEventFacts(database: Database, named: Named): Promise<EventFacts> {
  const [known, dates, moved, held, fenced, changing, common, pool] = await database.batch([
    database.select({ key: inbox.key }).from(inbox).where(among(inbox.key, named.keys)),
    database
      .select({
        subject: sql<string>`named.value`.as('subject'),
        // By itself for each, so that the end of the index is read and not all that was ever said of it.
        date: sql<string | null>`(SELECT max(date) FROM inbox WHERE inbox.subject = named.value)`.as('date'),
      })
      .from(sql`json_each(${JSON.stringify([...new Set(named.subjects)])}) AS named`),
    database
      .select({
        id: transfers.id,
        status: transfers.status,
        externalId: transfers.externalId,
        // The table is named: drizzle would leave it out here, and the column would be that of the other.
        isWaitedFor: sql<number>`EXISTS (SELECT 1 FROM transfers AS other
          WHERE other.wallet_id = transfers.wallet_id AND other.status = 'prepared')`,
      })
      .from(transfers)
      .where(among(transfers.externalId, named.externalIds)),
    database
      .select({ id: wallets.id, accountId: wallets.accountId, custodyId: wallets.custodyId })
      .from(wallets)
      .where(among(wallets.custodyId, named.walletIds)),
    database
      .select({ id: accounts.id, policyId: accounts.policyId })
      .from(accounts)
      .where(among(accounts.policyId, named.policyIds)),
    database
      .select()
      .from(policyChanges)
      // Spelled out, for the index of what is in flight.
      .where(and(among(policyChanges.policyId, named.policyIds), sql`status IN ('submitting', 'submitted')`)),
    database
      .select({ id: sightings.custodyId })
      .from(sightings)
      .where(and(eq(sightings.kind, 'shared'), among(sightings.custodyId, named.policyIds))),
    database
      .select({ custodyId: hotWallets.custodyId })
      .from(hotWallets)
      .where(and(among(hotWallets.custodyId, named.walletIds), sql`status = 'active'`)),
  ]);
  return {
    known: new Set(known.map(({ key }) => key)),
    lastDates: new Map(dates.flatMap(({ subject, date }) => (date === null ? [] : [[subject, date] as const]))),
    transfers: new Map(
      moved.map(({ externalId, isWaitedFor, ...transfer }) => [
        externalId,
        { ...transfer, isWaitedFor: isWaitedFor === 1 },
      ]),
    ),
    wallets: new Map(
      held.flatMap(({ custodyId, ...wallet }) => (custodyId === null ? [] : [[custodyId, wallet] as const])),
    ),
    accounts: new Map(fenced.flatMap(({ policyId, id }) => (policyId === null ? [] : [[policyId, id] as const]))),
    changes: new Map(changing.map((row) => [row.policyId, inFlight(fromRow<PolicyChange>(row))])),
    pool: new Set(pool.map(({ custodyId }) => custodyId)),
    shared: new Set(common.map(({ id }) => id)),
  };
}

const inFlight = (change: PolicyChange): InFlight => ({
  id: change.id,
  accountId: change.accountId,
  approvalId: change.status === 'submitted' ? change.approvalId : undefined,
});
