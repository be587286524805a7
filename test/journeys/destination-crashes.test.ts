// Every point at which a change of an approved list can die, from the client's request to the officer's decision read back:
// afterwards custody's list is ours, each address is on it once, and one request was made for it.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Custody } from '../../src/dfns/custody.ts';
import { type Way, walkCrashes } from '../support/crash.ts';
import { sdk } from '../support/outside.ts';
import { openWorld, type World } from '../support/world.ts';

interface Change {
  readonly address: string;
  readonly key: string;
  readonly destinationId?: string;
}

let world: World;
let policyId: string;
let made = 0;
/** A world gets slower with all that happened in it. */
const CHANGES_PER_WORLD = 12;

async function freshWorld(): Promise<void> {
  world = await openWorld();
  await world.openAccount();
  policyId = (await world.get('client-1', '/v1/accounts/me/restrictions')).body.custodyList.policyId;
}
beforeEach(() => freshWorld());

const nextChange = async (): Promise<Change> => {
  if (made > 0 && made % CHANGES_PER_WORLD === 0) await freshWorld();
  made += 1;
  return { address: `0x52908400098527886e0f7030069857d2e${String(made).padStart(7, '0')}`, key: `change-${made}` };
};

/** Officers approve whatever waits at custody. */
async function decideAll(): Promise<number> {
  const { items } = await (await sdk('auditor-1')).policies.listApprovals({ query: { status: 'Pending' } });
  for (const { id } of items) await world.decide(id, 'Approved');
  return items.length;
}

/** From the queue to custody, the officer's decision, its events, and what they set in motion. */
async function comeThrough(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await world.drainOnce();
  await decideAll();
  await world.deliverWebhooks();
  for (let turn = 0; turn < 5; turn += 1) await world.drainOnce();
}

const ask = ({ address, key }: Change) =>
  world.request(
    'client-1',
    'POST',
    '/v1/accounts/me/destinations',
    { network: 'EthereumSepolia', address, label: 'Exchange', kind: 'exchange' },
    { 'idempotency-key': key },
  );

const listAtCustody = async (): Promise<readonly string[]> => {
  const { rule } = await (await sdk('maker')).policies.getPolicy({ policyId });
  return rule.kind === 'TransactionRecipientWhitelist' ? [...rule.configuration.addresses].sort() : [];
};

async function destinationOf(address: string) {
  const rows = await world.rows('SELECT id, status FROM destinations WHERE address = ?', address);
  expect(rows).toHaveLength(1);
  return rows[0];
}

/** A submission without an answer is looked at again after a while; what an officer had still to decide is decided. */
async function end(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) {
    await world.settle();
    await decideAll();
    await world.settle();
    const open = await world.rows(
      "SELECT id FROM policy_changes WHERE status IN ('queued', 'submitting', 'submitted')",
    );
    if (open.length === 0) return;
    await world.advance(100);
  }
}

async function verifyList(): Promise<void> {
  const wanted = await world.rows(
    "SELECT address FROM destinations WHERE status IN ('approved', 'suspended', 'removing')",
  );
  expect(await listAtCustody()).toEqual(wanted.map(({ address }) => address).sort());
  expect(await world.rows('SELECT result FROM fences')).toEqual([{ result: 'intact' }]);
  expect(await world.rows('SELECT detail FROM incidents')).toEqual([]);
  expect(await world.rows("SELECT id FROM halts WHERE status = 'active'")).toEqual([]);
  expect(await world.rows("SELECT id FROM policy_changes WHERE status NOT IN ('applied')")).toEqual([]);
  // One request at custody for each change, however often it was looked for.
  const { items } = await (await sdk('auditor-1')).policies.listApprovals({ query: { limit: '500' } });
  const [{ changes }] = await world.rows('SELECT count(*) AS changes FROM policy_changes');
  expect(items.length).toBe(changes);
}

const adding: Way<Change> = {
  prepare: async () => {
    const of = await nextChange();
    return { world, of };
  },
  act: async (_, of) => {
    await ask(of);
    await comeThrough();
  },
  verify: async (_, { address }) => {
    await end();
    expect((await destinationOf(address)).status).toBe('approved');
    await verifyList();
  },
};

const removing: Way<Change> = {
  prepare: async () => {
    const of = await nextChange();
    const { body } = await ask(of);
    await end();
    return { world, of: { ...of, destinationId: body.id } };
  },
  act: async (_, { destinationId, key }) => {
    const path = `/v1/destinations/${destinationId}/remove`;
    await world.request('client-1', 'POST', path, undefined, { 'idempotency-key': `${key}-remove` });
    await comeThrough();
  },
  verify: async (_, { address }) => {
    await end();
    expect((await destinationOf(address)).status).toBe('removed');
    await verifyList();
  },
};

describe('a change of an approved list that dies', () => {
  it('at any point of an addition ends with one list as wanted', { timeout: 180_000 }, async () => {
    const { points, broken } = await walkCrashes(adding);
    expect(broken).toEqual([]);
    expect(points.length).toBeGreaterThan(25);
    expect(points).toContain('custody.replaceApprovedList, after');
  });

  it('at any call that changes something of a removal ends with one list as wanted', { timeout: 180_000 }, async () => {
    const only = (point: string) => point.startsWith('custody.replace') || point === 'D1 batch, after';
    const { points, broken } = await walkCrashes({ ...removing, only });
    expect(broken).toEqual([]);
    expect(points).toContain('custody.replaceApprovedList, after');
  });

  it('is noticed here when nobody looks for what was asked before', { timeout: 60_000 }, async () => {
    /** Finds neither what waits nor what was approved, so an officer's decision is taken for none. */
    const forgetful = (custody: Custody): Custody => ({
      ...custody,
      listApprovedChanges: async () => [],
      findPolicy: async (id) => {
        const policy = await custody.findPolicy(id);
        return policy && { ...policy, pendingChange: undefined };
      },
    });
    const only = (point: string) => point === 'custody.replaceApprovedList, after';
    const { broken } = await walkCrashes({ ...adding, only, stride: 1, custody: forgetful });
    expect(broken.length).toBeGreaterThan(0);
  });
});
