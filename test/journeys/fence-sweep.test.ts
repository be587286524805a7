// Every way in which somebody with rights at custody can open a fence is found: by its event, and by the sweep when no event
// arrives. What was found is said in words, stops the account, and is over when it was repaired.
import { beforeEach, describe, expect, it } from 'vitest';
import { CustodyUnavailable } from '../../src/dfns/custody.ts';
import { checkFence } from '../../src/kit/messages.ts';
import { verifyFile } from '../../src/kit/verify-attestation.ts';
import { archivePolicy } from '../support/custody.ts';
import { sdk } from '../support/outside.ts';
import { EXCHANGE, OTHER_EXCHANGE, openWorld, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

// biome-ignore lint/suspicious/noExplicitAny: what the SDK's own types make too narrow to change
type Loose = any;
interface Subject {
  readonly account: Loose;
  readonly policyId: string;
}

const restrictions = async () => (await world.get('client-1', '/v1/accounts/me/restrictions')).body;
const policyOf = async (policyId: string): Promise<Loose> => (await sdk('setup')).policies.getPolicy({ policyId });

/** As somebody with every right at custody, whose change an officer approves without looking. */
async function change(policyId: string, over: object): Promise<void> {
  const { name, activityKind, rule, action, filters } = await policyOf(policyId);
  const body = { name, activityKind, rule, action, filters, ...over } as Loose;
  const pending = await (await sdk('setup')).policies.updatePolicy({ policyId, body }).catch((fault) => fault.context);
  if (pending.approvalId !== undefined) await world.decide(pending.approvalId, 'Approved');
}
const guardOf = async (activity: string): Promise<Loose> =>
  (await (await sdk('setup')).policies.listPolicies({ query: { status: 'Active' } })).items.find(
    ({ activityKind }) => activityKind === activity,
  );
const listOf = (addresses: readonly string[]) => ({
  rule: { kind: 'TransactionRecipientWhitelist', configuration: { addresses } },
});
const tags = async (verb: 'tagWallet' | 'untagWallet', { account }: Subject) =>
  (await sdk('admin-1')).wallets[verb]({ walletId: account.wallets[0].custodyId, body: { tags: [account.tag] } });

interface Breach {
  readonly what: string;
  readonly open: (subject: Subject) => Promise<unknown>;
  readonly says: RegExp;
  readonly repair?: (subject: Subject) => Promise<unknown>;
  /** How the fence stands after the repair. */
  readonly endsAs?: 'intact' | 'degraded';
}

const breaches: readonly Breach[] = [
  {
    what: 'a tag that was removed',
    open: (subject) => tags('untagWallet', subject),
    says: /lost the tag that holds it inside the approved list/,
    repair: (subject) => tags('tagWallet', subject),
  },
  {
    what: 'an address that was added in the dashboard',
    open: ({ policyId }) => change(policyId, listOf([EXCHANGE, OTHER_EXCHANGE])),
    says: /is not the list that was approved here/,
    repair: ({ policyId }) => change(policyId, listOf([EXCHANGE])),
  },
  {
    what: 'a filter that was changed',
    open: ({ policyId }) => change(policyId, { filters: { walletTags: { hasAll: ['other'] } } }),
    says: /no longer covers exactly the wallets of this account/,
    repair: ({ account, policyId }) => change(policyId, { filters: { walletTags: { hasAll: [account.tag] } } }),
  },
  {
    what: 'an action that no longer blocks',
    open: ({ policyId }) => change(policyId, { action: { kind: 'NoAction' } }),
    says: /no longer blocks other addresses/,
    repair: ({ policyId }) => change(policyId, { action: { kind: 'Block' } }),
  },
  {
    what: 'an approved list that was archived',
    open: ({ policyId }) => archivePolicy(policyId),
    says: /is not in force at custody/,
  },
  {
    what: 'a guard that was archived',
    open: async () => archivePolicy((await guardOf('Policies:Modify')).id),
    says: /Nothing at custody makes Policies:Modify wait for an officer/,
    repair: async () => {
      const { rule, action } = await guardOf('Permissions:Assign');
      const body = { name: 'Guard again', activityKind: 'Policies:Modify', rule, action } as Loose;
      await (await sdk('setup')).policies.createPolicy({ body });
    },
  },
  {
    what: 'a new wallet without a tag on the same key',
    open: async ({ account }) => {
      const admin = await sdk('admin-1');
      const { signingKey } = await admin.wallets.getWallet({ walletId: account.wallets[0].custodyId });
      await admin.wallets.createWallet({ body: { network: 'BaseSepolia', signingKey: { id: signingKey.id } } });
    },
    says: /uses a key of this account and no approved list holds it/,
    repair: async ({ account }) => {
      const admin = await sdk('admin-1');
      const { items } = await admin.wallets.listWallets();
      const stray = items.find(({ network }) => network === 'BaseSepolia');
      await admin.wallets.tagWallet({ walletId: stray?.id ?? '', body: { tags: [account.tag] } });
    },
    endsAs: 'degraded',
  },
  {
    what: 'an address that somebody added between our read and our PUT',
    open: async ({ policyId }) => {
      const put = world.app.custody.replaceApprovedList;
      world.perturb('replaceApprovedList', (call) => async (list) => {
        await change(policyId, listOf([EXCHANGE, '0xde709f2102306220921060314715629080e2fb77']));
        return call(list);
      });
      await world.ask('client-1', OTHER_EXCHANGE);
      for (let turn = 0; turn < 2; turn += 1) await world.drainOnce();
      world.perturb('replaceApprovedList', () => put);
    },
    says: /is not the list that was approved here/,
    repair: async ({ policyId }) => {
      await world.decide((await policyOf(policyId)).pendingChangeRequest.approvalId, 'Denied', 'Not that list.');
      await change(policyId, listOf([EXCHANGE]));
      await world.settle();
    },
  },
  {
    what: 'a change that somebody else slipped in, and that waits for an officer',
    open: async ({ policyId }) => {
      const { name, activityKind, action, filters } = await policyOf(policyId);
      const body = { name, activityKind, action, filters, ...listOf([OTHER_EXCHANGE]) } as Loose;
      await (await sdk('setup')).policies.updatePolicy({ policyId, body }).catch(() => undefined);
    },
    says: /waits for approval that was not asked for here/,
    repair: async ({ policyId }) =>
      world.decide((await policyOf(policyId)).pendingChangeRequest.approvalId, 'Denied', 'Not asked for.'),
  },
];

/** What an attestation of the account says, and whether it can be believed. */
async function attested(): Promise<string> {
  const { jws } = (await world.get('client-1', '/v1/accounts/me/attestation')).body;
  const keys = (await world.request(undefined, 'GET', '/.well-known/fiducia-attestation-keys.json')).body;
  const verified = await verifyFile(jws, JSON.stringify(keys));
  if (!verified.ok) throw new Error(verified.problem);
  return verified.attestations[0]?.claims.verdict ?? 'nothing';
}

/** An account with one approved address, and everything quiet. */
async function subject(): Promise<Subject> {
  const account = await world.openAccount();
  await world.approved('client-1');
  return { account, policyId: (await restrictions()).custodyList.policyId };
}

const SWEEP_MILLISECONDS = 6 * 3600 * 1000;
/** The next sixth hour comes. */
async function sweepStarts(): Promise<void> {
  const slot = (Math.floor(Date.parse(world.at) / SWEEP_MILLISECONDS) + 1) * SWEEP_MILLISECONDS;
  await world.advance((slot - Date.parse(world.at)) / 1000);
  await world.tick('*/15 * * * *');
}

/** A whole sweep and what it sets in motion; no event of custody arrives. */
async function sweep(): Promise<void> {
  await sweepStarts();
  for (let round = 0; round < 8 && (await world.drainOnce()) > 0; round += 1) await world.advance(6);
}

/** Custody's events, and what they set in motion, without any cron. */
const events = () => world.settle({ ticks: false });

async function isHalted(): Promise<void> {
  const { items } = (await world.get('compliance-1', '/v1/halts')).body;
  expect(items).toMatchObject([{ kind: 'fence', level: 'account', status: 'active' }]);
  const { items: incidents } = (await world.get('admin-1', '/v1/incidents')).body;
  expect(incidents.map(({ kind }: Loose) => kind)).toContain('fence_broken');
}

describe('a fence is broken by', () => {
  describe.each(breaches)('$what', ({ open, says, repair, endsAs = 'intact' }) => {
    it.each([
      ['its event', events],
      ['the sweep when every event was lost', sweep],
    ])('found by %s', async (_, find) => {
      const of = await subject();
      await open(of);
      await find();
      const { fence } = await restrictions();
      expect(fence.result).toBe('broken');
      expect(fence.findings.join(' ')).toMatch(says);
      expect(await attested()).toBe('broken');
      await isHalted();

      if (repair === undefined) return;
      await repair(of);
      // A guard that was missing is looked for again after some minutes.
      await world.advance(301);
      await sweep();
      const repaired = (await restrictions()).fence;
      expect([repaired.result, await attested()]).toEqual([endsAs, endsAs]);
      await isHalted();
    });
  });
});

describe('a sweep', () => {
  it('records a check of every account, though none differs, without a read of its own for any', async () => {
    const clients = ['client-1', 'client-2'];
    for (const client of clients) await world.openAccount(client);
    let reads = 0;
    for (const name of ['findPolicy', 'findWallet'] as const) {
      world.perturb(name, (call: Loose) => async (id: string) => {
        reads += 1;
        return call(id);
      });
    }
    const before = await world.rows('SELECT version FROM fences');
    await sweep();
    const after = await world.rows('SELECT version, result FROM fences');
    expect(after.map(({ version }) => version)).toEqual(before.map(({ version }) => version + 1));
    expect(after.map(({ result }) => result)).toEqual(['intact', 'intact']);
    expect(reads).toBe(0);
  });

  it('reads the history of each wallet, so a deposit whose event was lost is booked', async () => {
    const account = await world.openAccount();
    await world.fund(account, '777');
    await sweep();
    await sweep();
    const { items } = (await world.get('client-1', '/v1/accounts/me/activity')).body;
    expect(JSON.stringify(items)).toContain('777');
  });

  it('leaves alone what a newer check said', async () => {
    const of = await subject();
    // The pages are read, then the tag goes and its event is carried out, then the accounts are compared.
    await sweepStarts();
    await world.drainOnce();
    await world.drainOnce();
    const compare = world.queued;
    world.queued = [];
    await tags('untagWallet', of);
    await world.advance(1);
    await world.deliverWebhooks();
    for (let turn = 0; turn < 2; turn += 1) await world.drainOnce();
    expect((await restrictions()).fence.result).toBe('broken');
    world.queued = compare;
    await world.drainOnce();
    expect((await restrictions()).fence.result).toBe('broken');
  });

  it('reads by itself an account that it does not see in the pages', async () => {
    const of = await subject();
    world.perturb('pageOfPolicies', (call) => async (after) => {
      const page = await call(after);
      return { ...page, items: page.items.filter(({ id }) => id !== of.policyId) };
    });
    await sweep();
    expect((await restrictions()).fence.result).toBe('intact');
  });

  it('goes on behind an account that cannot be read, which stays with its last check', async () => {
    const accounts = [await world.openAccount('client-1'), await world.openAccount('client-2')];
    const checks = () =>
      world.rows(
        'SELECT fences.version, policy_id AS policyId FROM fences JOIN accounts ON accounts.id = account_id ORDER BY account_id',
      );
    const before = await checks();
    const [unreadable] = before;
    expect(before).toHaveLength(accounts.length);
    world.perturb('pageOfPolicies', (call) => async (after) => {
      const page = await call(after);
      return { ...page, items: page.items.filter(({ id }) => id !== unreadable.policyId) };
    });
    world.perturb('findPolicy', (call) => async (id) => {
      if (id === unreadable.policyId) throw new CustodyUnavailable('status 502');
      return call(id);
    });
    await sweepStarts();
    // Policies, wallets, accounts; the tries of the one by itself come after them.
    for (let stage = 0; stage < 3; stage += 1) await world.drainOnce();
    expect((await checks()).map(({ version }) => version)).toEqual([before[0].version, before[1].version + 1]);
  });

  it('is harmless twice, and late', async () => {
    await subject();
    const [before] = await world.rows('SELECT version FROM fences');
    await sweepStarts();
    await world.tick('*/15 * * * *');
    for (let round = 0; round < 8 && (await world.drainOnce()) > 0; round += 1) await world.advance(6);
    const [after] = await world.rows('SELECT version FROM fences');
    expect(after.version).toBeGreaterThan(before.version);
    expect((await restrictions()).fence.result).toBe('intact');
    expect(await world.rows("SELECT id FROM halts WHERE status = 'active'")).toEqual([]);
  });
});

describe('custody that cannot be read', () => {
  it('leaves the fence unknown after a few tries, stops nothing, and intact as soon as it can be read', async () => {
    const { account } = await subject();
    const find = world.app.custody.findPolicy;
    world.perturb('findPolicy', () => () => {
      throw new CustodyUnavailable('status 502');
    });
    world.queued.push({ queue: 'fiducia-events', body: checkFence({ accountId: account.id })(null), attempts: 1 });
    for (let attempt = 1; attempt < 3; attempt += 1) {
      await world.drainOnce();
      expect((await restrictions()).fence.result).toBe('intact');
    }
    await world.drainOnce();
    expect((await restrictions()).fence).toMatchObject({
      result: 'unknown',
      findings: [expect.stringContaining('read')],
    });
    expect(await attested()).toBe('unknown');
    expect(await world.rows("SELECT id FROM halts WHERE status = 'active'")).toEqual([]);
    // What custody showed last is still what the client reads.
    expect((await restrictions()).custodyList.addresses).toHaveLength(1);

    world.perturb('findPolicy', () => find);
    await sweep();
    expect((await restrictions()).fence.result).toBe('intact');
  });

  it('does not make a broken fence unknown', async () => {
    const of = await subject();
    await tags('untagWallet', of);
    await events();
    world.perturb('findPolicy', () => () => {
      throw new CustodyUnavailable('status 502');
    });
    await world.carryOut({
      queue: 'fiducia-events',
      body: checkFence({ accountId: of.account.id })(null),
      attempts: 3,
    });
    expect((await restrictions()).fence.result).toBe('broken');
  });
});
