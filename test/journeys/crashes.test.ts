// Every point at which opening can die: what stands at custody and with us afterwards is as if nothing had happened.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Custody } from '../../src/dfns/custody.ts';
import { type Way, walkCrashes } from '../support/crash.ts';
import { sdk } from '../support/outside.ts';
import { openWorld, type World } from '../support/world.ts';

const ISSUER = 'http://sandbox.test/_sandbox/identity';
const NETWORKS = ['EthereumSepolia', 'BaseSepolia'];

let world: World;
beforeAll(async () => {
  world = await openWorld();
});

interface Opening {
  readonly subject: string;
  readonly key: string;
}
let openings = 0;

/** One world for all runs, and a client of its own for each. */
async function nextOpening(): Promise<{ world: World; of: Opening }> {
  openings += 1;
  return { world, of: { subject: `walker-${openings}`, key: `opening-${openings}` } };
}

const askToOpen = ({ subject, key }: Opening) =>
  world.request(
    'operator-1',
    'POST',
    '/v1/accounts',
    { networks: NETWORKS, client: { issuer: ISSUER, subject } },
    { 'idempotency-key': key },
  );

async function accountOf({ subject }: Opening) {
  const [row] = await world.rows('SELECT account_id AS id FROM clients WHERE subject = ?', subject);
  return (await world.get('operator-1', `/v1/accounts/${row?.id}`)).body;
}

/** What custody holds for a tag, and whether each wallet is the one we know. */
async function atCustody(tag: string) {
  const maker = await sdk('maker');
  const { items: policies } = await maker.policies.listPolicies({ query: { status: 'Active', limit: '500' } });
  const { items: wallets } = await maker.wallets.listWallets({ query: { limit: 500 } });
  return {
    lists: policies.filter(({ filters }) => JSON.stringify(filters ?? {}).includes(tag)).map(({ id }) => id),
    wallets: wallets.filter(({ tags }) => tags.includes(tag)),
  };
}

async function verifyOpening(_: World, of: Opening): Promise<void> {
  const account = await accountOf(of);
  expect(account).toMatchObject({
    status: 'active',
    wallets: [
      { network: 'BaseSepolia', status: 'active' },
      { network: 'EthereumSepolia', status: 'active' },
    ],
  });
  const { lists, wallets } = await atCustody(account.tag);
  const [row] = await world.rows('SELECT policy_id AS policyId FROM accounts WHERE id = ?', account.id);
  expect(lists).toEqual([row.policyId]);
  expect(wallets.map(({ id }) => id).sort()).toEqual(
    account.wallets.map(({ custodyId }: { custodyId: string }) => custodyId).sort(),
  );
  expect(wallets.every(({ tags }) => tags.includes('limits:standard'))).toBe(true);
  const [fence] = await world.rows('SELECT result FROM fences WHERE account_id = ?', account.id);
  expect(fence).toEqual({ result: 'intact' });
  expect(await world.rows('SELECT detail FROM incidents WHERE account_id = ?', account.id)).toEqual([]);
}

const opening: Way<Opening> = { prepare: nextOpening, act: (_, of) => askToOpen(of), verify: verifyOpening };

/** Custody that never finds what was made before: whoever looks before repeating finds nothing. */
const forgetful =
  (name: 'listWalletsByExternalId' | 'listPolicies') =>
  (custody: Custody): Custody => ({
    ...custody,
    ...(name === 'listWalletsByExternalId'
      ? { listWalletsByExternalId: async () => [] }
      : {
          listPolicies: async () => (await custody.listPolicies()).filter(({ rule }) => rule.kind !== 'approved_list'),
        }),
  });

describe('opening an account on two networks', () => {
  it('that dies at any effect leaves one list, one wallet for each network and an intact fence', async () => {
    const { points, broken } = await walkCrashes(opening);
    expect(broken).toEqual([]);
    for (const call of ['createApprovedList', 'createWallet'])
      for (const moment of ['before', 'after']) expect(points).toContain(`custody.${call}, ${moment}`);
    expect(points.filter((point) => point.startsWith('D1')).length).toBeGreaterThan(25);
  }, 120_000);

  it.each([
    ['a second wallet', 'createWallet', 'listWalletsByExternalId'],
    ['a second list', 'createApprovedList', 'listPolicies'],
  ] as const)('would leave %s if nobody looked before repeating: the walk notices', async (_, call, search) => {
    const { points, broken } = await walkCrashes({
      stride: 1,
      ...opening,
      custody: forgetful(search),
      only: (point) => point === `custody.${call}, after`,
    });
    expect(points.length).toBeGreaterThan(0);
    expect(broken).toHaveLength(points.length);
  });
});

interface Adding {
  readonly accountId: string;
  readonly network: string;
  readonly key: string;
}
const OTHER_NETWORKS = ['EthereumHoodi', 'PolygonAmoy', 'ArbitrumSepolia', 'OptimismSepolia'];

/** An account serves as many runs as there are networks left. */
async function nextAdding(run: number): Promise<{ world: World; of: Adding }> {
  const network = OTHER_NETWORKS[(run - 1) % OTHER_NETWORKS.length] ?? '';
  if (network === OTHER_NETWORKS[0]) {
    const { of } = await nextOpening();
    await askToOpen(of);
    while (world.queued.length > 0) await world.drainOnce();
    adding = (await accountOf(of)).id;
  }
  return { world, of: { accountId: adding, network, key: `adding-${run}` } };
}
let adding = '';

describe('one more network', () => {
  it('that dies at any effect is one wallet inside an intact fence', async () => {
    const { points, broken } = await walkCrashes<Adding>({
      prepare: nextAdding,
      act: (_, { accountId, network, key }) =>
        world.request(
          'operator-1',
          'POST',
          `/v1/accounts/${accountId}/wallets`,
          { network },
          { 'idempotency-key': key },
        ),
      verify: async (_, { accountId, network }) => {
        const { body: account } = await world.get('operator-1', `/v1/accounts/${accountId}`);
        const wallet = account.wallets.find((held: { network: string }) => held.network === network);
        expect(wallet).toMatchObject({ status: 'active', address: expect.stringMatching(/^0x/) });
        const { wallets } = await atCustody(account.tag);
        expect(wallets.filter((made) => made.network === network).map(({ id }) => id)).toEqual([wallet.custodyId]);
        const [fence] = await world.rows('SELECT result FROM fences WHERE account_id = ?', accountId);
        expect(fence).toEqual({ result: 'intact' });
      },
    });
    expect(broken).toEqual([]);
    for (const moment of ['before', 'after']) expect(points).toContain(`custody.createWallet, ${moment}`);
  }, 120_000);
});

describe('lowering the limits template', () => {
  it('that dies at any effect binds once, with the tag on each wallet and an intact fence', async () => {
    const { points, broken } = await walkCrashes<Opening>({
      prepare: async () => {
        const { of } = await nextOpening();
        await askToOpen(of);
        while (world.queued.length > 0) await world.drainOnce();
        return { world, of };
      },
      act: async (_, of) => {
        const { id } = await accountOf(of);
        const headers = { 'idempotency-key': `lowering-${of.key}` };
        await world.request('compliance-1', 'POST', `/v1/accounts/${id}/limits`, { template: 'small' }, headers);
      },
      verify: async (_, of) => {
        const account = await accountOf(of);
        const { body: limits } = await world.get('operator-1', `/v1/accounts/${account.id}/limits`);
        expect(limits).toMatchObject({ template: 'small', changes: [{ direction: 'lower', status: 'applied' }] });
        expect(limits.changes).toHaveLength(1);
        const { wallets } = await atCustody(account.tag);
        expect(wallets.map(({ tags }) => tags.slice(1))).toEqual(Array(2).fill(['limits:standard', 'limits:small']));
        const [fence] = await world.rows('SELECT result FROM fences WHERE account_id = ?', account.id);
        expect(fence).toEqual({ result: 'intact' });
      },
      // The reads of the account before the request are the test's own.
      only: (point) => !point.startsWith('D1 read'),
    });
    expect(broken).toEqual([]);
    for (const moment of ['before', 'after']) expect(points).toContain(`custody.addTags, ${moment}`);
  }, 120_000);
});
