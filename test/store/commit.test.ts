// The one write path: all or nothing, one winner per version, named refusals, and a journal that cannot be rewritten.
import { env } from 'cloudflare:workers';
import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { revoke } from '../../src/domain/mandate.ts';
import { type Commit, commit } from '../../src/store/commit.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { destinationChange, policyChangeChange } from '../../src/store/destinations.ts';
import { keepAnswer } from '../../src/store/idempotency.ts';
import { listEntries, toEntry } from '../../src/store/journal.ts';
import { findLimitDay, findMandate, limitDayChange, mandateChange } from '../../src/store/mandates.ts';
import { orderChange } from '../../src/store/orders.ts';
import { message } from '../../src/store/outbox.ts';
import * as schema from '../../src/store/schema.ts';
import {
  AT,
  accepted,
  client,
  grantedMandate,
  limitDay,
  provenance,
  queuedChange,
  refusalOf,
  releasedOrder,
  requestedDestination,
  sequence,
} from '../support/build.ts';

const database = openDatabase(env.DB);
const count = async (table: string): Promise<number> =>
  Number(await env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first('n'));
const contents = async () => ({
  journal: await count('journal'),
  mandates: await count('mandates'),
  outbox: await count('outbox'),
  idempotency: await count('idempotency'),
});

// Ids go on from test to test, so that each has subjects of its own in the one journal.
const newId = sequence();
const by = provenance(newId);
const granted = () => grantedMandate({ id: newId('mnd'), destinationId: newId('dst') });
const note = message('money', (id) => ({ id }));
const answer = (key: string) =>
  keepAnswer({ actor: 'client', key, fingerprint: 'f', status: 201, body: '{}', createdAt: AT });

/** A mandate that is stored, at version 1. */
async function stored() {
  const mandate = granted();
  accepted(await commit(database, { by, changes: [mandateChange(undefined, mandate)] }));
  return mandate;
}

describe('commit', () => {
  it('writes row, entry and message together', async () => {
    const before = await contents();
    const mandate = granted();
    accepted(await commit(database, { by, changes: [mandateChange(undefined, mandate)], messages: [note] }));
    expect(await contents()).toEqual({
      ...before,
      journal: before.journal + 1,
      mandates: before.mandates + 1,
      outbox: before.outbox + 1,
    });
    expect(await findMandate(database, 'staff', mandate.id)).toEqual(mandate);
  });

  it('of nothing does nothing', async () => {
    const before = await contents();
    accepted(await commit(database, { by, changes: [] }));
    expect(await contents()).toEqual(before);
  });

  it('keeps in the entry who, when, from which request, and what differs', async () => {
    const mandate = await stored();
    const client1 = provenance(newId, { actor: client(), requestId: 'request-7' });
    accepted(await commit(database, { by: client1, changes: [mandateChange(mandate, revoke(mandate, AT))] }));
    const [entry] = await listEntries(database, { subjectId: mandate.id }, { limit: 1 });
    expect(entry).toMatchObject({
      version: 2,
      kind: 'mandate.revoked',
      accountId: mandate.accountId,
      actor: 'https://issuer.test|client-1',
      actorRole: 'client',
      requestId: 'request-7',
      at: AT,
    });
    expect(JSON.parse(entry?.data ?? '')).toEqual({
      before: { status: 'granted' },
      after: { status: 'revoked', revokedAt: AT },
    });
  });

  it('refuses in code a version that does not follow', () => {
    const mandate = granted();
    expect(() => mandateChange(mandate, { ...mandate, version: 3 })).toThrow(RangeError);
    expect(() => mandateChange(mandate, mandate)).toThrow(RangeError);
    expect(() => mandateChange(undefined, { ...mandate, version: 2 })).toThrow(RangeError);
  });
});

describe('two commits on one version', () => {
  it('have exactly one winner, and the loser leaves no row, entry, message or answer', async () => {
    const mandate = await stored();
    const before = await contents();
    const racers = Array.from({ length: 12 }, (_, n) =>
      commit(database, {
        by,
        changes: [mandateChange(mandate, revoke(mandate, `2031-03-03T09:00:${10 + n}.000Z`))],
        messages: [note],
        once: [answer(`race ${n}`)],
      }),
    );
    const results = await Promise.all(racers);
    const winners = results.flatMap((result, n) => (result.ok ? [n] : []));
    expect(winners).toHaveLength(1);
    for (const result of results) if (!result.ok) expect(result.refusal).toEqual({ code: 'version_conflict' });
    expect(await contents()).toEqual({
      ...before,
      journal: before.journal + 1,
      // The message that was given, and the one for those who are told of a revocation.
      outbox: before.outbox + 2,
      idempotency: before.idempotency + 1,
    });
    expect(await findMandate(database, 'staff', mandate.id)).toMatchObject({
      status: 'revoked',
      revokedAt: `2031-03-03T09:00:${10 + Number(winners[0])}.000Z`,
      version: 2,
    });
  });

  it('that both fit a daily limit do not both take it', async () => {
    const today = limitDay({ id: `limit:${newId('mnd')}` });
    const reserved = (units: bigint) => ({ ...today, version: 1, reserved: units });
    const results = await Promise.all(
      [3n, 4n].map((units) => commit(database, { by, changes: [limitDayChange(today, reserved(units))] })),
    );
    expect(results.map(({ ok }) => ok).sort()).toEqual([false, true]);
    const held = await findLimitDay(database, today.id);
    expect(held?.reserved).toBe(results[0]?.ok ? 3n : 4n);
  });

  it('on several records are all or nothing', async () => {
    const [one, other] = [await stored(), await stored()];
    accepted(await commit(database, { by, changes: [mandateChange(other, revoke(other, AT))] }));
    const before = await contents();
    const both = await commit(database, {
      by,
      changes: [mandateChange(one, revoke(one, AT)), mandateChange(other, revoke(other, AT))],
      messages: [note],
    });
    expect(refusalOf(both)).toEqual({ code: 'version_conflict' });
    expect(await contents()).toEqual(before);
    expect(await findMandate(database, 'staff', one.id)).toMatchObject({ status: 'granted', version: 1 });
  });
});

describe('requirement', () => {
  const refused = (more: Partial<Commit>) => ({ by, changes: [mandateChange(undefined, granted())], ...more });

  it('that holds lets the commit pass', async () => {
    const requires = [{ holds: sql`1 = 1`, refusal: { code: 'not_found' } as const }];
    expect((await commit(database, refused({ requires }))).ok).toBe(true);
  });

  it('that is broken is its own refusal, by its place, and rolls back everything', async () => {
    const before = await contents();
    const requires = [
      { holds: sql`1 = 1`, refusal: { code: 'not_found' } as const },
      { holds: sql`1 = 0`, refusal: { code: 'halted', level: 'all', reason: 'a drill' } as const },
      { holds: sql`1 = 0`, refusal: { code: 'guard_missing' } as const },
    ];
    const result = await commit(database, refused({ requires, messages: [note], once: [answer('requirement')] }));
    expect(refusalOf(result)).toEqual({ code: 'halted', level: 'all', reason: 'a drill' });
    expect(await contents()).toEqual(before);
  });

  it('whose condition is unknown counts as broken', async () => {
    const requires = [{ holds: sql`NULL`, refusal: { code: 'guard_missing' } as const }];
    expect((await commit(database, refused({ requires }))).ok).toBe(false);
  });
});

describe('row that may be there once', () => {
  it('that is taken is its refusal, and rolls back everything', async () => {
    accepted(await commit(database, { by, changes: [mandateChange(undefined, granted())], once: [answer('taken')] }));
    const before = await contents();
    const second = await commit(database, {
      by,
      changes: [mandateChange(undefined, granted())],
      messages: [note],
      once: [answer('taken')],
    });
    expect(refusalOf(second)).toEqual({ code: 'idempotency_key_in_use' });
    expect(await contents()).toEqual(before);
  });

  it('in a commit without changes is refused the second time too', async () => {
    accepted(await commit(database, { by, changes: [], once: [answer('alone')] }));
    expect(refusalOf(await commit(database, { by, changes: [], once: [answer('alone')] }))).toEqual({
      code: 'idempotency_key_in_use',
    });
  });

  it('is refused as somebody else’s commit where it is a record: an occurrence, an address, a change in flight', async () => {
    const order = releasedOrder({ id: newId('ord'), scheduleId: newId('sch') });
    accepted(await commit(database, { by, changes: [orderChange(undefined, order)] }));
    const sameSlot = orderChange(undefined, { ...order, id: newId('ord') });
    expect(refusalOf(await commit(database, { by, changes: [sameSlot] })).code).toBe('version_conflict');

    const destination = requestedDestination({ id: newId('dst'), accountId: newId('acc') });
    accepted(await commit(database, { by, changes: [destinationChange(undefined, destination)] }));
    const sameAddress = destinationChange(undefined, { ...destination, id: newId('dst') });
    expect(refusalOf(await commit(database, { by, changes: [sameAddress] })).code).toBe('version_conflict');

    const flying = { status: 'submitting', addressesBefore: [], addressesWanted: [] } as const;
    const queued = [0, 1].map(() => queuedChange({ id: newId('chg'), policyId: 'plc-race' }));
    accepted(await commit(database, { by, changes: queued.map((change) => policyChangeChange(undefined, change)) }));
    const results = await Promise.all(
      queued.map((change) =>
        commit(database, { by, changes: [policyChangeChange(change, { ...change, ...flying, version: 2 })] }),
      ),
    );
    expect(results.map(({ ok }) => ok).sort()).toEqual([false, true]);
  });

  it('for a new slot, address or policy is accepted', async () => {
    const order = releasedOrder({ id: newId('ord'), scheduleId: newId('sch') });
    accepted(await commit(database, { by, changes: [orderChange(undefined, order)] }));
    const slot = '2031-03-04T09:00:00.000Z';
    const origin = `${order.scheduleId}|${slot}`;
    const next = orderChange(undefined, { ...order, id: newId('ord'), slot, origin });
    expect((await commit(database, { by, changes: [next] })).ok).toBe(true);
  });
});

describe('guarded update', () => {
  it('that matches no row is a version conflict and leaves no entry', async () => {
    const mandate = granted();
    // The journal knows the record, its table does not.
    const draft = { subjectId: mandate.id, version: 1, kind: 'mandate.granted', accountId: null, data: {} };
    await database
      .insert(schema.journal)
      .values(await toEntry(draft, by))
      .run();
    const before = await contents();
    const result = await commit(database, {
      by,
      changes: [mandateChange(mandate, revoke(mandate, AT))],
      messages: [note],
    });
    expect(refusalOf(result)).toEqual({ code: 'version_conflict' });
    expect(await contents()).toEqual(before);
  });

  it('of a subject without its first entry is a fault, not a refusal', async () => {
    const mandate = granted();
    await expect(commit(database, { by, changes: [mandateChange(mandate, revoke(mandate, AT))] })).rejects.toThrow();
  });
});

describe('answer of a commit that was lost', () => {
  const LOST = 'D1_ERROR: Network connection lost.';

  /** A database that carries out batches as told, and then says that the connection was lost. */
  function losing(...told: readonly ('carried out' | 'not carried out')[]): {
    unreliable: Database;
    calls: () => number;
  } {
    let calls = 0;
    const batch: D1Database['batch'] = async (statements) => {
      const happens = told[calls];
      calls += 1;
      if (happens === undefined) return env.DB.batch(statements);
      if (happens === 'carried out') await env.DB.batch(statements);
      throw new Error(LOST);
    };
    const binding = new Proxy(env.DB, {
      get(target, name) {
        if (name === 'batch') return batch;
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    return { unreliable: openDatabase(binding), calls: () => calls };
  }

  let before: Awaited<ReturnType<typeof contents>>;
  beforeEach(async () => {
    before = await contents();
  });
  const unique = (key: string): Commit => ({
    by,
    changes: [mandateChange(undefined, granted())],
    messages: [note],
    once: [answer(key)],
  });
  const oneOfEach = () => ({
    journal: before.journal + 1,
    mandates: before.mandates + 1,
    outbox: before.outbox + 1,
    idempotency: before.idempotency + 1,
  });

  it('though it was carried out is an acceptance, without a second effect', async () => {
    const { unreliable, calls } = losing('carried out');
    accepted(await commit(unreliable, unique('won')));
    expect(calls()).toBe(2);
    expect(await contents()).toEqual(oneOfEach());
  });

  it('though it was carried out, with no row of its own but entries, is an acceptance too', async () => {
    const mandate = await stored();
    const { unreliable } = losing('carried out', 'not carried out');
    accepted(await commit(unreliable, { by, changes: [mandateChange(mandate, revoke(mandate, AT))] }));
    expect(await findMandate(database, 'staff', mandate.id)).toMatchObject({ status: 'revoked', version: 2 });
  });

  it('and not carried out is tried again, and then carried out once', async () => {
    const { unreliable, calls } = losing('not carried out', 'not carried out');
    accepted(await commit(unreliable, unique('again')));
    expect(calls()).toBe(3);
    expect(await contents()).toEqual(oneOfEach());
  });

  it('three times is a fault: nobody knows', async () => {
    const { unreliable, calls } = losing('not carried out', 'not carried out', 'not carried out');
    await expect(commit(unreliable, unique('gone'))).rejects.toThrow();
    expect(calls()).toBe(3);
    expect(await contents()).toEqual(before);
  });

  it('is no acceptance when another commit took the version', async () => {
    const mandate = await stored();
    accepted(await commit(database, { by, changes: [mandateChange(mandate, revoke(mandate, AT))] }));
    const { unreliable } = losing('not carried out');
    const result = await commit(unreliable, { by, changes: [mandateChange(mandate, revoke(mandate, AT))] });
    expect(refusalOf(result)).toEqual({ code: 'version_conflict' });
  });

  it('is an acceptance though a requirement broke since: it was judged when the commit won', async () => {
    const { unreliable } = losing('carried out');
    const holds = sql`(SELECT count(*) FROM mandates) = ${before.mandates}`;
    const result = await commit(unreliable, {
      ...unique('required'),
      once: [],
      requires: [{ holds, refusal: { code: 'halted', level: 'all', reason: 'set a moment later' } }],
    });
    expect(await count('mandates')).toBe(before.mandates + 1);
    expect(result.ok).toBe(true);
  });

  it('is repeated for no other fault', async () => {
    const mandate = granted();
    const { unreliable, calls } = losing();
    const broken = {
      ...mandateChange(undefined, mandate),
      write: (to: Database) => to.run(sql`INSERT INTO nowhere VALUES (1)`),
    };
    await expect(commit(unreliable, { by, changes: [{ ...broken, table: 'mandates' }] })).rejects.toThrow();
    expect(calls()).toBe(1);
  });
});
