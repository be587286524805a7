// Promise: what a client reads most, its restrictions and its balances, is one statement or two and reads the same rows of a young
// account among few and of an old one among many. Counted, so no clock is involved.
import { openApp } from '../src/app/app.ts';
import type { Custody } from '../src/dfns/custody.ts';
import type { Bindings } from '../src/env.ts';
import { readBalances } from '../src/features/reports/balances.ts';
import { readRestrictions } from '../src/features/reports/restrictions.ts';
import { counted, type Noted } from './support/database.ts';
import { migrate, type Running, start } from './support/runtime.ts';
import type { Reading } from './support/sandbox.ts';
import { openIssuer, productBindings } from './support/settings.ts';

/** Rows of all tables together; half are of the account and over, half of others and in force. */
const SIZES = [1_000, 1_000_000] as const;
/** Beside the one that finds the client, and the turn that each call to custody takes. */
const STATEMENTS_MAX = 2;
const ROWS_PER_STATEMENT = 20_000;
const OWN = `acc_${'0'.repeat(26)}` as const;
const AT = '2031-03-03T09:00:00.000Z';
const ADDRESS = '0x52908400098527886e0f7030069857d2e4169ee7';
const CLAIMS = {
  ...{ approvedList: { addresses: [ADDRESS], action: 'block' }, limits: [], guard: [], findings: [] },
  ...{ verdict: 'intact', checkedAt: AT, validUntil: AT, permissionProofAt: AT },
};
const JWS = `${btoa('{"alg":"EdDSA"}')}.${btoa(JSON.stringify(CLAIMS)).replaceAll('=', '')}.signature`;

/** Values of one row, `n` its number and `own` whether it is the account's. */
const text = (value: string) => `'${value}'`;
const numbered = (prefix: string) => `'${prefix}' || printf('%026d', n)`;
const account = `iif(own, '${OWN}', ${numbered('acc_')})`;
const status = (living: string, over: string) => `iif(own, '${over}', '${living}')`;
const core = (prefix: string, living: string, over: string, facts = '{}') => ({
  ...{ id: numbered(prefix), version: '1', status: status(living, over), facts: text(facts), created_at: text(AT) },
});
const LIMITS = text('[]');
const tables: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  accounts: {
    ...core('acc_', 'active', 'active'),
    ...{ client_id: numbered('cli_'), tag: numbered('client:'), limits_template: text('standard') },
    ...{ policy_id: numbered('plc-'), daily_limits: LIMITS },
  },
  wallets: {
    ...core('wal_', 'active', 'active'),
    ...{ account_id: numbered('acc_'), network: text('Base'), custody_id: numbered('wa-'), address: numbered('0x') },
    key_id: 'NULL',
  },
  destinations: {
    ...core('dst_', 'approved', 'removed', '{"changeId":"chg_1"}'),
    ...{
      account_id: account,
      network: text('Base'),
      address: numbered('0x'),
      label: text('x'),
      kind: text('exchange'),
    },
    ...{ expires_at: 'NULL', confirm_until: 'NULL', confirmed_at: text(AT) },
  },
  policy_changes: {
    ...core('chg_', 'queued', 'applied'),
    ...{ account_id: account, destination_id: numbered('dst_'), policy_id: numbered('plc-'), operation: text('add') },
    ...{ address: text(ADDRESS), next_look_at: text(AT) },
  },
  mandates: {
    ...core('mnd_', 'active', 'revoked'),
    ...{ account_id: account, destination_id: numbered('dst_'), venue: text('x'), strategy: text('x'), limits: LIMITS },
    ...{ valid_from: text(AT), valid_until: text('2032-03-03T09:00:00.000Z') },
  },
  halts: {
    ...core('hlt_', 'active', 'lifted'),
    ...{ level: text('account'), account_id: account, mandate_id: 'NULL', kind: text('desk'), reason: text('x') },
    ...{ made_by: text('x'), maker_rank: '1' },
  },
  attestations: {
    ...{ account_id: account, sequence: 'n', jws: text(JWS), hash: text('0'.repeat(64)), checked_at: text(AT) },
  },
};
/** Nobody has more than one of these. */
const onlyOthers: readonly string[] = ['accounts', 'wallets'];

export async function holdings(script: string): Promise<Reading[]> {
  const { jwks } = await openIssuer();
  await using place = await start({ name: 'product', script, bindings: productBindings(), jwks });
  await migrate(place);
  await putOwn(place);
  const readings: Cost[][] = [];
  let filled = 0;
  for (const size of SIZES) {
    await fill(place, filled, size);
    filled = size;
    readings.push([await cost(place, 'restrictions'), await cost(place, 'balances')]);
  }
  const [few = [], many = []] = readings;
  return few.map(({ name, rows, statements }, index) => {
    const other = many[index];
    const isKept = other?.rows === rows && Math.max(statements, other.statements) <= STATEMENTS_MAX;
    return {
      promise: `${name} read the same rows among ${SIZES.join(' and ')}, by few statements`,
      limit: `the same, ${STATEMENTS_MAX} statements`,
      isKept,
      measured: `${rows} and ${other?.rows} rows, ${statements} and ${other?.statements} statements`,
    };
  });
}

interface Cost {
  readonly name: string;
  readonly rows: number;
  readonly statements: number;
}

async function cost({ database }: Running, name: 'restrictions' | 'balances'): Promise<Cost> {
  const notes: Noted[] = [];
  const app = openApp(bindingsOf(counted(database, notes, () => {})), {
    custody: asCustody({ listBalances: async () => [] }),
  });
  const scope = { accountId: OWN };
  const read =
    name === 'balances' ? await readBalances(app, scope, OWN) : await readRestrictions(app, scope, OWN, undefined);
  if (!read.ok) throw new Error(`${name}: ${read.refusal.code}`);
  return { name, rows: notes.reduce((sum, { rowsRead }) => sum + rowsRead, 0), statements: notes.length };
}

// Safe as casts: of the bindings the pages reach for nothing but D1, and of custody for the balances alone.
const bindingsOf = (database: D1Database) => ({ ...productBindings(), DB: database }) as unknown as Bindings;
const asCustody = (custody: Pick<Custody, 'listBalances'>) => custody as Custody;

/** The account as it stands: one of each that is in force. */
async function putOwn({ database }: Running): Promise<void> {
  for (const [table, columns] of Object.entries(tables)) {
    const row = { ...columns, ...(table === 'accounts' ? { id: text(OWN) } : {}) };
    const own = Object.entries(row).map(([name, value]) => (name === 'account_id' ? text(OWN) : value));
    const put = `INSERT INTO ${table} (${Object.keys(row)}) SELECT ${own} FROM (SELECT 0 AS n, 0 AS own)`;
    await database.prepare(put).run();
  }
}

/** Rows up to this number, in all tables in turn. */
async function fill({ database }: Running, from: number, to: number): Promise<void> {
  const share = Object.keys(tables).length;
  for (const [table, columns] of Object.entries(tables)) {
    const end = Math.ceil(to / share);
    for (let first = Math.ceil(from / share) + 1; first <= end; first += ROWS_PER_STATEMENT) {
      const last = Math.min(first + ROWS_PER_STATEMENT - 1, end);
      const own = onlyOthers.includes(table) ? '0' : 'n % 2';
      await database
        .prepare(
          `INSERT INTO ${table} (${Object.keys(columns)})
           WITH RECURSIVE n(n) AS (SELECT ${first} UNION ALL SELECT n + 1 FROM n WHERE n < ${last})
           SELECT ${Object.values(columns)} FROM (SELECT n, ${own} AS own FROM n)`,
        )
        .run();
    }
  }
}
