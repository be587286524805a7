// What a sweep costs custody and D1: counted, over many accounts. Custody's pages are made up from the accounts' own rows,
// since only the number of calls matters here; what a sweep finds is in fence-sweep.test.ts.
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { CustodyPolicy, CustodyWallet } from '../../src/domain/custody.ts';
import { openWorld, type World } from '../support/world.ts';

const ACCOUNTS = Number(env.SWEEP_ACCOUNTS);
const CHANGED = 7;
const PAGE = 100;
const BUDGET_A_MINUTE = 250;

const padded = (n: number) => String(n).padStart(26, '0');

async function fill(world: World): Promise<void> {
  const many = `WITH RECURSIVE many(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM many WHERE value < ${ACCOUNTS})`;
  const id = (prefix: string) => `'${prefix}_' || printf('%026d', value)`;
  await world.rows(`${many} INSERT INTO accounts (id, version, status, facts, created_at, client_id, tag, limits_template, policy_id, daily_limits)
    SELECT ${id('acc')}, 1, 'active', '{"openedAt":"2031-03-03T09:00:00.000Z"}', '2031-03-03T09:00:00.000Z', ${id('cli')},
    'client:' || ${id('cli')}, 'standard', 'plc-' || value, '[]' FROM many`);
  await world.rows(`${many} INSERT INTO wallets (id, version, status, facts, created_at, account_id, network, custody_id, address, key_id)
    SELECT ${id('wal')}, 1, 'active', '{}', '2031-03-03T09:00:00.000Z', ${id('acc')}, 'EthereumSepolia', 'wa-' || value,
    '0x' || printf('%040d', value), 'key-' || value FROM many`);
}

/** The first few lists hold an address that nobody approved. */
const policyOf = (n: number): CustodyPolicy => ({
  id: `plc-${n}`,
  name: 'list',
  isActive: true,
  activity: 'Wallets:Sign',
  rule: { kind: 'approved_list', addresses: n <= CHANGED ? ['0x52908400098527886e0f7030069857d2e4169ee7'] : [] },
  action: { kind: 'block' },
  walletTagsAll: [`client:cli_${padded(n)}`],
  hasOtherFilters: false,
  pendingChange: undefined,
});
const walletOf = (n: number): CustodyWallet => ({
  id: `wa-${n}`,
  network: 'EthereumSepolia',
  address: `0x${String(n).padStart(40, '0')}`,
  keyId: `key-${n}`,
  tags: [`client:cli_${padded(n)}`, 'limits:standard'],
  isActive: true,
});

interface Calls {
  listed: number;
  read: number;
}

async function madeUp(world: World, calls: Calls): Promise<void> {
  const shared = await world.app.custody.listPolicies();
  const pages =
    <T>(items: readonly T[]) =>
    () =>
    async (after: string | undefined) => {
      calls.listed += 1;
      const from = Number(after ?? 0);
      const next = from + PAGE;
      return { items: items.slice(from, next), next: next < items.length ? String(next) : undefined };
    };
  const numbers = Array.from({ length: ACCOUNTS }, (_, index) => index + 1);
  world.perturb('pageOfPolicies', pages([...shared, ...numbers.map(policyOf)]));
  world.perturb('pageOfWallets', pages(numbers.map(walletOf)));
  world.perturb('findPolicy', (call) => async (id) => {
    calls.read += 1;
    const n = /^plc-(\d+)$/.exec(id)?.[1];
    return n === undefined ? call(id) : policyOf(Number(n));
  });
  world.perturb('listMovements', () => async () => ({ items: [], next: undefined }));
  world.perturb('findWallet', () => async () => {
    calls.read += 1;
    return undefined;
  });
}

describe('a sweep', () => {
  it('costs a list call for each hundred policies and wallets, and one read for each account that changed', {
    timeout: 300_000,
  }, async () => {
    const world = await openWorld();
    await fill(world);
    const calls: Calls = { listed: 0, read: 0 };
    const shared = (await world.app.custody.listPolicies()).length;
    await madeUp(world, calls);
    await world.advance(3 * 3600);
    world.trips.length = 0;
    await world.tick('*/15 * * * *');
    /** Calls to custody in each minute of simulated time, which moves as the queue's delays say. */
    const aMinute = new Map<string, number>();
    for (let slice = 0; world.queued.length > 0; slice += 1) {
      const before = calls.listed + calls.read;
      const delay = Math.max(...world.queued.map(({ delaySeconds = 0 }) => delaySeconds));
      await world.advance(delay);
      const minute = world.at.slice(0, 16);
      await world.drainOnce();
      // The histories come last, a call for each wallet.
      if (world.queued.some(({ body }) => Object(body).stage === 'histories')) break;
      aMinute.set(minute, (aMinute.get(minute) ?? 0) + calls.listed + calls.read - before);
      if (slice > ACCOUNTS) throw new Error('it does not end');
    }
    const pages = Math.ceil((ACCOUNTS + shared) / PAGE) + Math.ceil(ACCOUNTS / PAGE);
    expect(calls).toEqual({ listed: pages, read: CHANGED });
    expect(Math.max(...aMinute.values())).toBeLessThanOrEqual(BUDGET_A_MINUTE);
    const results = await world.rows('SELECT result, count(*) AS n FROM fences GROUP BY result ORDER BY result');
    expect(results).toEqual([
      { result: 'broken', n: CHANGED },
      { result: 'intact', n: ACCOUNTS - CHANGED },
    ]);
    const trips = world.trips.length / ACCOUNTS;
    console.log(
      `${ACCOUNTS} accounts: ${calls.listed} list calls, ${calls.read} reads, at most ${Math.max(...aMinute.values())} calls a minute, ${trips.toFixed(2)} round trips to D1 an account`,
    );
    // Each account is a row of a commit shared by ten, with its reads shared by fifty.
    expect(trips).toBeLessThan(0.5);
  });
});
