// Fifty requests of five clients at once, officers who approve and deny as they come, messages delivered side by side: every
// list at custody is ours in the end. And what the unique index is for.
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { control, sdk } from '../support/outside.ts';
import { openWorld, type World } from '../support/world.ts';

const CLIENTS = ['client-1', 'client-2', 'client-3', 'client-4', 'client-5'];
const ADDRESSES = 10;
const ROUNDS_MAX = 60;

/** mulberry32: the same crowd in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const addressOf = (client: number, index: number): string =>
  `0x5290840009852788${client}e0f7030069857d2e4${String(client * 100 + index).padStart(6, '0')}`.padEnd(42, '7');

/** Everything on the queues at once, as consumers beside one another take it. */
async function drainTogether(world: World): Promise<number> {
  const now = world.queued;
  world.queued = [];
  await Promise.all(now.map((message) => world.carryOut(message)));
  return now.length;
}

/** Some of what waits is decided, some is left for later. */
async function officersDecide(random: () => number): Promise<number> {
  const { items } = await (await sdk('auditor-1')).policies.listApprovals({
    query: { status: 'Pending', limit: '200' },
  });
  for (const { id } of [...items].sort(() => random() - 0.5)) {
    if (random() < 0.25) continue;
    const [value, user] = [random() < 0.7 ? 'Approved' : 'Denied', random() < 0.5 ? 'compliance-1' : 'compliance-2'];
    await control('POST', `/approvals/${id}/decide`, { user, value, ...(value === 'Denied' && { reason: 'No.' }) });
  }
  return items.length;
}

async function crowd(world: World, addresses: number): Promise<void> {
  const random = seeded(7);
  for (const client of CLIENTS) await world.must(client, '/v1/accounts', { networks: ['EthereumSepolia'] });
  await world.settle();
  const wishes = CLIENTS.flatMap((client, number) =>
    Array.from({ length: addresses }, (_, index) => ({ client, address: addressOf(number + 1, index) })),
  ).sort(() => random() - 0.5);
  await Promise.all(wishes.map(({ client, address }) => world.ask(client, address)));
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    await world.tick();
    await drainTogether(world);
    await officersDecide(random);
    await world.advance(20);
    await world.deliverWebhooks();
    const open = await world.rows(
      "SELECT id FROM policy_changes WHERE status IN ('queued', 'submitting', 'submitted', 'conflict')",
    );
    if (open.length + world.queued.length === 0) return;
  }
}

/** Each list as custody has it, and as our records want it. */
async function lists(world: World) {
  const maker = await sdk('maker');
  const accounts = await world.rows('SELECT id, policy_id AS policyId FROM accounts ORDER BY id');
  return Promise.all(
    accounts.map(async ({ id, policyId }) => {
      const { rule } = await maker.policies.getPolicy({ policyId });
      const rows = await world.rows(
        "SELECT address FROM destinations WHERE account_id = ? AND status IN ('approved', 'suspended', 'removing') ORDER BY address",
        id,
      );
      return {
        custody: rule.kind === 'TransactionRecipientWhitelist' ? [...rule.configuration.addresses].sort() : [],
        ours: rows.map(({ address }) => address),
      };
    }),
  );
}

/** An addition and a removal meet: each has chosen itself, and each reads custody's list before the other changes it. */
async function meet(world: World): Promise<void> {
  const [kept] = await world.rows(
    "SELECT destinations.id FROM destinations JOIN clients USING (account_id) WHERE subject = 'client-1' AND status = 'approved'",
  );
  const commits = gate(2);
  const puts = gate(2);
  const session = Reflect.get(world.app.database, 'session') as Session;
  const send = session.batch.bind(session);
  session.batch = async (queries) => {
    if (queries.some((query) => query.toSQL().sql.startsWith('update "policy_changes"'))) await commits();
    return send(queries);
  };
  world.perturb('replaceApprovedList', (call) => async (list) => {
    await puts();
    return call(list);
  });
  await world.ask('client-1', addressOf(1, ADDRESSES));
  const adding = drainTogether(world);
  await world.must('client-1', `/v1/destinations/${kept.id}/remove`);
  await Promise.all([adding, drainTogether(world)]);
  session.batch = send;
  for (let turn = 0; turn < 24; turn += 1) {
    await world.tick();
    await world.drainOnce();
    await officersDecide(() => 0.5);
    await world.advance(turn % 6 === 0 ? 100 : 2);
    await world.deliverWebhooks();
  }
}

// Of drizzle's session, the one call that every commit makes.
type Session = { batch: (queries: { toSQL(): { sql: string } }[]) => unknown };

/** The whole scenario, and what is not as it should be after it. */
async function problemsAfter(world: World, addresses: number): Promise<string[]> {
  await crowd(world, addresses);
  await meet(world);
  const found = await lists(world);
  const unlike = found
    .filter(({ custody, ours }) => custody.join() !== ours.join())
    .map(({ custody }) => custody.join());
  const open = await world.rows("SELECT status FROM policy_changes WHERE status NOT IN ('applied', 'rejected')");
  const incidents = await world.rows('SELECT kind FROM incidents');
  return [...unlike, ...open.map(({ status }) => status), ...incidents.map(({ kind }) => kind)];
}

describe('fifty requests of five clients at once, and two changes that meet', () => {
  it('end with every list at custody as ours, and each address decided once', { timeout: 120_000 }, async () => {
    const world = await openWorld({ readings: { secondPendingChange: 'queue' } });
    expect(await problemsAfter(world, ADDRESSES)).toEqual([]);
    expect(await lists(world)).toHaveLength(CLIENTS.length);
    const statuses = await world.rows('SELECT status, count(*) AS n FROM destinations GROUP BY status ORDER BY status');
    expect(statuses.map(({ status }) => status)).toEqual(['approved', 'rejected', 'removed']);
    expect(statuses.reduce((sum, { n }) => sum + n, 0)).toBe(CLIENTS.length * ADDRESSES + 1);
    // One request at custody for each wish, and one for the removal.
    const { items } = await (await sdk('auditor-1')).policies.listApprovals({ query: { limit: '500' } });
    expect(items).toHaveLength(CLIENTS.length * ADDRESSES + 2);
  });

  it('do not where the index that lets one change through at a time is gone', { timeout: 120_000 }, async () => {
    const world = await openWorld({ readings: { secondPendingChange: 'queue' } });
    await env.DB.prepare('DROP INDEX policy_changes_one_in_flight').run();
    // It shows where two changes meet, however few there were before.
    expect(await problemsAfter(world, 2)).not.toEqual([]);
  });
});

/** Holds whoever comes until that many are there, or nobody else comes for a while. */
function gate(count: number): () => Promise<void> {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let here = 0;
  return () => {
    here += 1;
    if (here >= count) open();
    else setTimeout(open, 400);
    return opened;
  };
}
