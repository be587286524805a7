// The release of due slots: thousands by a few statements, each once, whatever overlaps, is missed or gets lost.
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { hashOfEntry } from '../../src/domain/journal.ts';
import { pause } from '../../src/domain/schedule.ts';
import { addSeconds } from '../../src/domain/time.ts';
import { releaseDueOrders } from '../../src/features/orders/release.ts';
import { commit } from '../../src/store/commit.ts';
import { mandateChange } from '../../src/store/mandates.ts';
import { findSchedule, scheduleChange } from '../../src/store/schedules.ts';
import { AT, accepted, activeMandate, activeSchedule, idOf, provenance, sequence } from '../support/build.ts';
import { rowsReadBy } from '../support/trips.ts';
import { ENTRIES, openWorld, USDC, type World } from '../support/world.ts';

const { mandateId } = activeSchedule();
let world: World;
beforeEach(() => open());

async function open(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  world = await openWorld({ at: AT, settings });
  const changes = [mandateChange(undefined, activeMandate({ id: mandateId }))];
  accepted(await commit(world.app.database, { by: provenance(), changes }));
}

const release = (at = AT) => releaseDueOrders(world.app, { scheduledTime: at });
const counted = async (sql: string): Promise<number> => (await world.rows(`SELECT count(*) AS n FROM ${sql}`))[0].n;
const orders = (where = 'true') => counted(`orders WHERE ${where}`);

/** Schedules by the thousand, as rows, each with the journal entry that its next one follows. */
async function fill(count: number, nextSlot: string, from = 1, accountId = idOf('acc')): Promise<void> {
  const rows = `WITH RECURSIVE n(n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM n WHERE n < ${from + count - 1}),
    s AS (SELECT 'sch_' || printf('%026d', n) AS id FROM n)`;
  const recurrence = JSON.stringify({ kind: 'cron', expression: '0 9 * * *', timeZone: 'UTC' });
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO schedules (id, version, status, facts, created_at, account_id, mandate_id, asset, units, recurrence, start_at,
       catch_up, catch_up_hours_max, runs, next_slot) ${rows} SELECT id, 1, 'active', '{}', ?1, ?2, ?3, 'EthereumSepolia/native',
       '1000', ?4, ?1, 'latest', 24, 0, ?5 FROM s`,
    ).bind(AT, accountId, mandateId, recurrence, nextSlot),
    env.DB.prepare(
      `INSERT INTO journal (id, subject_id, version, kind, account_id, actor, actor_role, request_id, at, data, hash) ${rows}
       SELECT 'jnl_' || id, id, 1, 'schedule.active', ?1, 'a', 'operator', 'r', ?2, '{}',
       '${'0'.repeat(64)}' FROM s`,
    ).bind(idOf('acc'), AT),
  ]);
}

const statementsOf = async (work: () => Promise<unknown>) => {
  world.trips.length = 0;
  await work();
  return world.trips.flatMap(({ statements }) => statements);
};

describe('a release', () => {
  it('of 2,000 due slots takes 11 statements, and makes an order for each', async () => {
    await fill(2_000, AT);
    const statements = await statementsOf(() => release());
    // Two reads, of the epoch and of what is due; entries of 2,001 by three; rows of schedules by two, each with its guard; orders by two.
    expect(statements.length).toBe(2 + 3 + 4 + 2);
    expect(await orders("status = 'released' AND version = 0")).toBe(2_000);
    expect(await counted(`schedules WHERE next_slot = '${addSeconds(AT, 86_400)}' AND runs = 1 AND version = 2`)).toBe(
      2_000,
    );
    expect(await counted("journal WHERE kind = 'schedule.advanced' AND version = 2")).toBe(2_000);
    const [run] = await world.rows("SELECT data FROM journal WHERE kind = 'orders.released'");
    expect(JSON.parse(run.data).after ?? JSON.parse(run.data)).toEqual({
      slot: AT,
      schedules: 2_000,
      released: 2_000,
      skipped: 0,
    });
  });

  it('writes entries whose hashes hold', async () => {
    await fill(3, AT);
    await release();
    const rows = await world.rows(`${ENTRIES} WHERE kind IN ('schedule.advanced', 'orders.released')`);
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(await hashOfEntry(row)).toBe(row.hash);
  });

  it('reads the same rows however many schedules are not due', async () => {
    const readAt = async (): Promise<number> => {
      const statements = await statementsOf(() => release());
      return rowsReadBy(
        env.DB,
        statements.filter(({ sql }) => /^select/i.test(sql)),
      );
    };
    await fill(500, addSeconds(AT, 3_600));
    const few = await readAt();
    await fill(5_000, addSeconds(AT, 3_600), 10_000);
    expect(await readAt()).toBe(few);
    expect(few).toBeLessThan(5);
  });

  it('of overlapping fires makes each order once', async () => {
    await fill(300, AT);
    await Promise.all([release(), release(), release()]);
    expect(await orders()).toBe(300);
    expect(await counted('schedules WHERE runs <> 1')).toBe(0);
  });

  it('goes on past a schedule that a person moved between its read and its commit', async () => {
    await fill(50, AT);
    let isDone = false;
    const { database } = world.app;
    const racing = new Proxy(database, {
      get(target, name, receiver) {
        if (name !== 'batch' || isDone) return Reflect.get(target, name, receiver);
        return async (statements: Parameters<typeof target.batch>[0]) => {
          isDone = true;
          const schedule = await findSchedule(database, 'staff', idOf('sch', 7));
          if (schedule?.status !== 'active') throw new Error('not active');
          const changes = [scheduleChange(schedule, pause(schedule, AT))];
          accepted(await commit(database, { by: provenance(sequence(5_000)), changes }));
          return target.batch(statements);
        };
      },
    });
    Object.assign(world.app, { database: racing });
    await release();
    expect(isDone).toBe(true);
    expect(await orders()).toBe(49);
    expect(await orders(`schedule_id = '${idOf('sch', 7)}'`)).toBe(0);
  });

  it('that was missed is made good by the next fire, and what it may not is recorded', async () => {
    await fill(2, AT);
    await release(addSeconds(AT, -60));
    expect(await orders()).toBe(0);
    world.at = addSeconds(AT, 7 * 60);
    await release(world.at);
    expect(await orders("status = 'released'")).toBe(2);

    world.at = addSeconds(AT, (24 + 25) * 3_600);
    await release(world.at);
    // Of the two days that were missed the first is past its age, the second is the latest.
    const skipped = await world.rows(
      "SELECT id, slot, facts FROM orders WHERE status = 'skipped' ORDER BY schedule_id",
    );
    expect(skipped.map(({ slot }) => slot)).toEqual([addSeconds(AT, 86_400), addSeconds(AT, 86_400)]);
    expect(JSON.parse(skipped[0].facts).reason).toContain('missed by more than 24 hours');
    const entry = await world.rows(
      "SELECT data FROM journal WHERE kind = 'order.skipped' AND subject_id = ?",
      skipped[0].id,
    );
    expect(JSON.parse(entry[0].data).after.slot).toBe(addSeconds(AT, 86_400));
    expect(await orders(`status = 'released' AND slot = '${addSeconds(AT, 2 * 86_400)}'`)).toBe(2);
  });

  it('leaves an order of the slot alone that is there already', async () => {
    await fill(2, AT);
    await release();
    // As after a restored row: the slot is due again, its order is made.
    await world.rows(`UPDATE schedules SET version = 3, next_slot = '${AT}'`);
    await world.rows(
      `INSERT INTO journal (id, subject_id, version, kind, account_id, actor, actor_role, request_id, at, data, hash) SELECT 'jnl_3' || id, subject_id, 3, 'schedule.advanced', account_id, actor, actor_role, request_id, at, data, hash FROM journal WHERE version = 2`,
    );
    await release();
    expect(await orders()).toBe(2);
    expect(await counted('schedules WHERE version = 4')).toBe(2);
  });

  const woken = (): string[] =>
    world.queued.flatMap(({ body }) => (Object(body).type === 'order.due' ? [Object(body).orderId] : []));

  it('wakes little more orders than a minute can carry out, and those whose message was lost again', async () => {
    await open({ DFNS_CALLS_PER_MINUTE: '1000' });
    await fill(400, AT);
    await world.tick();
    expect(new Set(woken()).size).toBe(Math.ceil(173 * 1.1));
    const first = woken();
    world.queued = [];
    await world.advance(60);
    await world.tick();
    expect(woken().sort()).toEqual(first.sort());
  });

  it('lets accounts take turns: a thousand orders of one keep the one of another waiting for nobody', async () => {
    await fill(1_000, AT);
    const other = idOf('acc', 9);
    await fill(1, AT, 5_000, other);
    await world.tick();
    const [{ id }] = await world.rows('SELECT id FROM orders WHERE account_id = ?', other);
    expect(woken().slice(0, 2)).toContain(id);
  });

  it('ends schedules whose mandate is over', async () => {
    await fill(2, AT);
    await world.rows("UPDATE mandates SET status = 'revoked', version = version + 1");
    await release();
    expect(await orders()).toBe(0);
    expect(await counted("schedules WHERE status = 'ended' AND next_slot IS NULL")).toBe(2);
    expect(await counted("journal WHERE kind = 'schedule.ended'")).toBe(2);
  });
});

describe('what waits for long', () => {
  const WAITING = 15;
  const due = `'2031-03-03T08:50:00.000Z'`;

  /** As many accounts as this one, whose fences nobody knows of: their orders wait, and nothing says no to them. */
  async function crowd(
    { mandate, destination, account }: Record<string, { id: string }>,
    what: string,
    notAfter: string,
  ) {
    const n = `WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${WAITING}),
      k AS (SELECT printf('%026d', n) AS k FROM n)`;
    const like = async (table: string, id: string | undefined, over: Record<string, string>) => {
      const columns: { name: string }[] = await world.rows(`SELECT name FROM pragma_table_info('${table}')`);
      const values = columns.map(({ name }) => over[name] ?? `"${name}"`);
      const where = table === 'wallets' ? 'account_id' : 'id';
      await world.rows(`INSERT INTO ${table} ${n} SELECT ${values.join(', ')} FROM ${table}, k WHERE ${where} = ?`, id);
    };
    const accountId = { account_id: "'acc_' || k" };
    const ofClient = { client_id: "'cli_' || k", tag: "'client:cli_' || k", policy_id: "'plc-' || k" };
    await like('accounts', account?.id, { id: "'acc_' || k", ...ofClient });
    const atCustody = { custody_id: "'wa-' || k", address: "'0x' || k" };
    await like('wallets', account?.id, { id: "'wal_' || k", ...accountId, ...atCustody });
    await like('destinations', destination?.id, { id: "'dst_' || k", ...accountId });
    await like('mandates', mandate?.id, { id: "'mnd_' || k", ...accountId, destination_id: "'dst_' || k" });
    await world.rows(
      `INSERT INTO orders (id, version, status, facts, created_at, account_id, mandate_id, destination_id, schedule_id, slot,
       kind, asset, units, due_at, not_after, transfer_id) ${n} SELECT 'ord_' || k, 0, 'released', '{}', ${due}, 'acc_' || k, 'mnd_' || k,
       'dst_' || k, 'sch_' || k, ${due}, 'trade_funding', '${USDC}', '1000', ${due}, ?,
       ${what === 'transfers' ? "'xfr_' || k" : 'NULL'} FROM k`,
      notAfter,
    );
    // It was their turn to be handed over when their fences became unknown.
    await world.rows(
      `INSERT INTO transfers (id, version, status, facts, created_at, account_id, order_id, wallet_id, custody_wallet_id,
       destination_id, asset, units, external_id, request_body, next_attempt_at) SELECT transfer_id, 0, 'prepared', '{}', ${due},
       account_id, id, replace(id, 'ord', 'wal'), 'wa-x', destination_id, asset, units, id, '{}', ${due}
       FROM orders WHERE transfer_id IS NOT NULL`,
    );
  }

  const minutes = async (count: number): Promise<void> => {
    for (let minute = 0; minute < count; minute += 1) {
      await world.tick();
      for (let tries = 0; tries < 3; tries += 1) await world.drainOnce();
      await world.advance(60);
    }
  };

  it.each(['orders', 'transfers'])(
    '%s of more accounts than a minute has room for: the order of one behind them goes',
    async (what) => {
      world = await openWorld();
      const ready = await world.readyToTrade();
      // Ten transfers a minute.
      world.restart({ bindings: { ...world.bindings, DFNS_CALLS_PER_MINUTE: '60' } });
      const notAfter = addSeconds(world.at, 1_000);
      await crowd(ready, what, notAfter);
      await minutes(6);
      expect((await world.order(ready.schedule.id)).status).toMatch(/^execut/);
      expect(await orders("status = 'released'")).toBe(WAITING);
      // Past its time each is looked at once more, whatever it waited for, and nothing is kept of its waiting.
      await world.advance(1_000);
      await minutes(6);
      expect(await orders("status = 'skipped'")).toBe(WAITING);
      await world.advance(3_600);
      await world.tick('*/15 * * * *');
      expect(await counted('order_waits')).toBe(0);
    },
  );
});
