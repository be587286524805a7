// What holds the money of an account in now, by one statement: each list is one JSON value of its row, read from an index that
// holds nothing that is over, so that neither the age of the account nor the number of others is felt.
import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm';
import type { Account } from '../domain/account.ts';
import type { Destination } from '../domain/destination.ts';
import type { Halt } from '../domain/halt.ts';
import type { AccountId } from '../domain/id.ts';
import type { Mandate } from '../domain/mandate.ts';
import type { PolicyChange } from '../domain/policy-change.ts';
import { toAccount } from './accounts.ts';
import type { Attestation } from './attestations.ts';
import { type Database, type Scope, within } from './database.ts';
import { isListed, unsettled } from './destinations.ts';
import { haltIdsInForce } from './halts.ts';
import { isLiving, toMandate } from './mandates.ts';
import { fromRow } from './records.ts';
import { jsonOf, rowsOf } from './rows.ts';
import { accounts, attestations, destinations, halts, mandates, policyChanges } from './schema.ts';

/** Newest first, changes in order of asking. */
export interface Holding {
  readonly account: Account;
  readonly destinations: readonly Destination[];
  readonly changes: readonly PolicyChange[];
  readonly mandates: readonly Mandate[];
  readonly halts: readonly Halt[];
  /** What the last check found, as it was signed. */
  readonly attestation: Attestation | undefined;
}

type Lists = Readonly<Record<'account' | 'destinations' | 'changes' | 'mandates' | 'halts' | 'attestations', string>>;

export async function findHolding(
  database: Database,
  scope: Scope,
  id: AccountId,
  limit: number,
): Promise<Holding | undefined> {
  const own = database
    .select()
    .from(accounts)
    .where(and(within(scope, accounts.id), eq(accounts.id, id)));
  const listed = database
    .select()
    .from(destinations)
    .where(and(eq(destinations.accountId, id), isListed))
    .orderBy(desc(destinations.id));
  const changing = database
    .select()
    .from(policyChanges)
    .where(and(eq(policyChanges.accountId, id), inArray(policyChanges.status, [...unsettled])))
    .orderBy(asc(policyChanges.id))
    .limit(limit);
  const living = database
    .select()
    .from(mandates)
    .where(and(eq(mandates.accountId, id), isLiving))
    .orderBy(desc(mandates.id))
    .limit(limit);
  const stopping = database
    .select()
    .from(halts)
    .where(sql`${halts.id} IN ${haltIdsInForce(id)}`)
    .orderBy(desc(halts.id))
    .limit(limit);
  const last = database
    .select()
    .from(attestations)
    .where(eq(attestations.accountId, id))
    .orderBy(desc(attestations.sequence))
    .limit(1);
  const [lists] = await database.all<Lists>(sql`SELECT ${jsonOf(accounts, own)} AS account,
    ${jsonOf(destinations, listed)} AS destinations, ${jsonOf(policyChanges, changing)} AS changes,
    ${jsonOf(mandates, living)} AS mandates, ${jsonOf(halts, stopping)} AS halts, ${jsonOf(attestations, last)} AS attestations`);
  if (lists === undefined) return undefined;
  const [account] = rowsOf(accounts, lists.account);
  return (
    account && {
      account: toAccount(account),
      destinations: rowsOf(destinations, lists.destinations).map((row) => fromRow<Destination>(row)),
      changes: rowsOf(policyChanges, lists.changes).map((row) => fromRow<PolicyChange>(row)),
      mandates: rowsOf(mandates, lists.mandates).map(toMandate),
      halts: rowsOf(halts, lists.halts).map((row) => fromRow<Halt>(row)),
      attestation: rowsOf(attestations, lists.attestations)[0],
    }
  );
}
