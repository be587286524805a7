// What our records say of an address that somebody wants money to go to: everything that judges it, in one round trip.
import { and, desc, eq, isNull, type SQL, sql } from 'drizzle-orm';
import type { Account } from '../domain/account.ts';
import type { Destination } from '../domain/destination.ts';
import type { AccountId } from '../domain/id.ts';
import type { KnownAddress } from '../domain/look-alike.ts';
import { type Network, networkFacts } from '../domain/network.ts';
import type { ScreeningList } from '../domain/screening.ts';
import type { Wallet } from '../domain/wallet.ts';
import { toAccount } from './accounts.ts';
import type { Database } from './database.ts';
import { aliveOnly } from './destinations.ts';
import { fromRow } from './records.ts';
import { accounts, clients, destinations, movements, screeningAddresses, screeningLists, wallets } from './schema.ts';
import { isActive } from './screening.ts';

export interface AddressFacts {
  readonly account: Account | undefined;
  readonly wallets: readonly Wallet[];
  /** The living destination of the account for this pair of network and address. */
  readonly living: Destination | undefined;
  /** The address is a wallet held by this system, whoever's. */
  readonly isOwnAddress: boolean;
  /** The sanctions list in force, and whether it names the address. */
  readonly list: ScreeningList<'active'> | undefined;
  readonly isSanctioned: boolean;
  /** Addresses that the account knows: its wallets, its destinations, whom it paid or was paid by. */
  readonly known: readonly KnownAddress[];
  /** What was refused for this very address before, newest first: a hit is recorded once for each list. */
  readonly refused: readonly Destination<'refused'>[];
}

type Who = { readonly issuer: string; readonly subject: string } | { readonly accountId: AccountId };
interface Asked {
  readonly network: Network;
  /** In its canonical form. */
  readonly address: string;
}

const COUNTERPARTIES_MAX = 200;
const REFUSED_MAX = 20;

/** @param who whose account is meant: a client by its token, or staff by the account's id */
export async function findAddressFacts(database: Database, who: Who, asked: Asked): Promise<AddressFacts> {
  const id =
    'accountId' in who
      ? sql`${who.accountId}`
      : sql`(SELECT ${clients.accountId} FROM ${clients} WHERE ${clients.issuer} = ${who.issuer} AND ${clients.subject} = ${who.subject})`;
  const [[account], held, alive, refused, own, [screened], moved] = await database.batch([
    database.select().from(accounts).where(eq(accounts.id, id)),
    database.select().from(wallets).where(eq(wallets.accountId, id)),
    database
      .select()
      .from(destinations)
      .where(and(eq(destinations.accountId, id), aliveOnly)),
    database
      .select()
      .from(destinations)
      .where(and(isPair(id, asked), sql`status = 'refused'`))
      .orderBy(desc(destinations.id))
      .limit(REFUSED_MAX),
    database
      .select({ id: wallets.id })
      .from(wallets)
      .where(and(eq(wallets.network, asked.network), eq(wallets.address, asked.address)))
      .limit(1),
    screeningOf(database, asked),
    counterpartiesOf(database, id),
  ]);
  return {
    account: account && toAccount(account),
    wallets: held.map((row) => fromRow<Wallet>(row)),
    living: alive
      .filter(({ network, address }) => network === asked.network && address === asked.address)
      .map((row) => fromRow<Destination>(row))[0],
    isOwnAddress: own.length > 0,
    list: screened && fromRow<ScreeningList<'active'>>(screened.list),
    isSanctioned: screened !== undefined && screened.listed !== null,
    known: toKnown(held, alive, moved),
    refused: refused.map((row) => fromRow<Destination<'refused'>>(row)),
  };
}

/** Addresses that the account knows, the newest counterparties among them. */
export async function findKnownAddresses(database: Database, accountId: AccountId): Promise<readonly KnownAddress[]> {
  const id = sql`${accountId}`;
  const [held, alive, moved] = await database.batch([
    database.select({ address: wallets.address }).from(wallets).where(eq(wallets.accountId, id)),
    database
      .select({ address: destinations.address })
      .from(destinations)
      .where(and(eq(destinations.accountId, id), aliveOnly)),
    counterpartiesOf(database, id),
  ]);
  return toKnown(held, alive, moved);
}

/** Whoever sent a doubtful deposit is nobody that the account knows, or the forger's address would vouch for itself. */
const counterpartiesOf = (database: Database, accountId: SQL) =>
  database
    .select({ direction: movements.direction, from: movements.from, to: movements.to })
    .from(movements)
    .where(and(eq(movements.accountId, accountId), isNull(movements.doubt)))
    .orderBy(desc(movements.at), desc(movements.id))
    .limit(COUNTERPARTIES_MAX);

const toKnown = (
  held: readonly { readonly address: string | null }[],
  alive: readonly { readonly address: string }[],
  moved: readonly Pick<typeof movements.$inferSelect, 'direction' | 'from' | 'to'>[],
): KnownAddress[] => [
  ...held.flatMap(({ address }) => (address === null ? [] : [{ address, what: 'wallet' as const }])),
  ...alive.map(({ address }) => ({ address, what: 'destination' as const })),
  ...moved.map(({ direction, from, to }) => ({
    address: direction === 'in' ? from : to,
    what: 'counterparty' as const,
  })),
];

const isPair = (accountId: SQL, { network, address }: Asked) =>
  and(eq(destinations.accountId, accountId), eq(destinations.network, network), eq(destinations.address, address));

/** The list in force, with the address where it names it. */
const screeningOf = (database: Database, { network, address }: Asked) =>
  database
    .select({ list: screeningLists, listed: sql<string | null>`${screeningAddresses.address}`.as('listed') })
    .from(screeningLists)
    .leftJoin(
      screeningAddresses,
      and(
        eq(screeningAddresses.listId, screeningLists.id),
        eq(screeningAddresses.family, networkFacts[network].family),
        eq(screeningAddresses.address, address),
      ),
    )
    .where(isActive);
