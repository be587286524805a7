// What is kept and how: entries that cannot be rewritten, and rows that come back as they were.
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/domain/digest.ts';
import { hashOfEntry } from '../../src/domain/journal.ts';
import { amend } from '../../src/domain/machine.ts';
import { submit } from '../../src/domain/transfer.ts';
import { findWallet, walletChange } from '../../src/store/accounts.ts';
import { commit } from '../../src/store/commit.ts';
import { openDatabase } from '../../src/store/database.ts';
import { fenceChange, findFence } from '../../src/store/fences.ts';
import { findHalt, haltChange } from '../../src/store/halts.ts';
import { type JournalRow, listEntries } from '../../src/store/journal.ts';
import { findLimitDay, findMandate, limitDayChange, mandateChange } from '../../src/store/mandates.ts';
import { listMovementsAfter, movementChange } from '../../src/store/movements.ts';
import { findOrder, orderChange } from '../../src/store/orders.ts';
import { refuseNumbersForText } from '../../src/store/rows.ts';
import { findSchedule, scheduleChange } from '../../src/store/schedules.ts';
import * as schema from '../../src/store/schema.ts';
import { findTransfer, transferChange } from '../../src/store/transfers.ts';
import {
  AT,
  accepted,
  activeHalt,
  activeMandate,
  activeSchedule,
  activeWallet,
  fence,
  grantedMandate,
  idOf,
  limitDay,
  movement,
  preparedTransfer,
  provenance,
  releasedOrder,
  sequence,
  USDC,
} from '../support/build.ts';

const database = openDatabase(env.DB);
// Ids go on from test to test, so that each has subjects of its own in the one journal.
const newId = sequence();
const by = provenance(newId);

/** A mandate that is stored, at version 1. */
async function stored() {
  const mandate = grantedMandate({ id: newId('mnd') });
  accepted(await commit(database, { by, changes: [mandateChange(undefined, mandate)] }));
  return mandate;
}

describe('journal', () => {
  const entryOf = async (subjectId: string): Promise<JournalRow> => {
    const [entry] = await listEntries(database, { subjectId }, { limit: 1 });
    if (entry === undefined) throw new Error(`no entry of ${subjectId}`);
    return entry;
  };
  const insert = (row: JournalRow, verb = 'INSERT') => {
    const places = 'id, subject_id, version, kind, account_id, actor, actor_role, request_id, at, data, hash';
    const { id, subjectId, version, kind, accountId, actor, actorRole, requestId, at, data, hash } = row;
    return env.DB.prepare(`${verb} INTO journal (${places}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
      .bind(id, subjectId, version, kind, accountId, actor, actorRole, requestId, at, data, hash)
      .run();
  };

  it.each([
    ['an update', 'UPDATE journal SET data = data WHERE subject_id = ?', 'append-only'],
    ['a deletion', 'DELETE FROM journal WHERE subject_id = ?', 'append-only'],
  ])('refuses %s', async (_, statement, words) => {
    const { id } = await stored();
    const entry = await entryOf(id);
    await expect(env.DB.prepare(statement).bind(id).run()).rejects.toThrow(words);
    expect(await entryOf(id)).toEqual(entry);
  });

  it.each(['INSERT', 'INSERT OR REPLACE', 'INSERT OR IGNORE'])(
    'refuses a second entry of a version by %s',
    async (verb) => {
      const entry = await entryOf((await stored()).id);
      const forged = { ...entry, id: newId('jnl'), data: '{"forged":true}' };
      await insert(forged, verb).catch(() => undefined);
      expect(await entryOf(entry.subjectId)).toEqual(entry);
      await insert({ ...forged, id: entry.id, subjectId: newId('mnd') }, verb).catch(() => undefined);
      expect(await entryOf(entry.subjectId)).toEqual(entry);
    },
  );

  it('takes the next version of a subject and no other', async () => {
    const entry = await entryOf((await stored()).id);
    const next = { ...entry, id: newId('jnl'), version: 3 };
    await expect(insert(next)).rejects.toThrow('version gap');
    await expect(insert({ ...next, version: 0 })).rejects.toThrow('journal_version_positive');
    await expect(insert({ ...next, subjectId: newId('mnd'), version: 2 })).rejects.toThrow('version gap');
    await expect(insert({ ...next, version: 2, hash: 'short' })).rejects.toThrow('journal_hash_shape');
    await insert({ ...next, version: 2 });
    expect((await entryOf(entry.subjectId)).version).toBe(2);
  });

  it('holds hashes that anyone can compute again from the stored entries', async () => {
    const entry = await entryOf((await stored()).id);
    expect(entry.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await hashOfEntry(entry)).toBe(entry.hash);
    // The formula, written down once more: SHA-256 over the canonical JSON of all columns but hash and place, and but wallet and
    // policy where there is none.
    const { hash, place: _, walletId, policyId, ...columns } = entry;
    expect([walletId, policyId]).toEqual([null, null]);
    const text = JSON.stringify(Object.fromEntries(Object.entries(columns).sort(([a], [b]) => (a < b ? -1 : 1))));
    expect(await sha256(text)).toBe(hash);
  });

  it('shows a changed byte, in whatever column', async () => {
    const entry = await entryOf((await stored()).id);
    const changed: readonly JournalRow[] = [
      { ...entry, id: newId('jnl') },
      { ...entry, subjectId: `${entry.subjectId}x` },
      { ...entry, version: 2 },
      { ...entry, kind: 'mandate.revoked' },
      { ...entry, accountId: idOf('acc', 2) },
      { ...entry, accountId: null },
      { ...entry, walletId: idOf('wal') },
      { ...entry, policyId: 'plc-1' },
      { ...entry, actor: `${entry.actor}x` },
      { ...entry, actorRole: 'admin' },
      { ...entry, requestId: 'request-2' },
      { ...entry, at: '2031-03-03T09:00:00.001Z' },
      { ...entry, data: `${entry.data} ` },
    ];
    for (const row of changed) expect(await hashOfEntry(row)).not.toBe(entry.hash);
  });
});

describe('row', () => {
  it('refuses a number for text and text for a number', () => {
    const { transfers } = schema;
    expect(() => refuseNumbersForText(transfers, { units: 5 })).toThrow('units takes text, not number');
    expect(() => refuseNumbersForText(transfers, { version: '1' })).toThrow('version takes integer, not string');
    expect(() => refuseNumbersForText(transfers, { version: 1.5 })).toThrow(TypeError);
    expect(() => refuseNumbersForText(transfers, { version: 2 ** 53 })).toThrow(TypeError);
    expect(() => refuseNumbersForText(transfers, { unit: '5' })).toThrow('no column for unit');
    expect(() => refuseNumbersForText(transfers, { units: '5', version: 1, custodyId: null })).not.toThrow();
  });

  it('refuses it on the way to a commit too', () => {
    const transfer = preparedTransfer({ id: newId('xfr') });
    // A bug past the compiler: the id of custody as a number.
    const wrong = { ...transfer, externalId: JSON.parse('5') };
    expect(() => transferChange(undefined, wrong)).toThrow('externalId takes text, not number');
  });

  const LARGE = [2n ** 53n + 1n, 10n ** 18n + 1n, 2n ** 256n - 1n] as const;

  it.each(LARGE)('of %s units comes back as it was, to the unit', async (units) => {
    const order = releasedOrder({ id: newId('ord'), scheduleId: newId('sch'), units });
    const transfer = preparedTransfer({ id: newId('xfr'), orderId: order.id, externalId: newId('xfr'), units });
    const schedule = activeSchedule({ id: newId('sch'), units });
    const moved = movement({
      id: newId('mov'),
      accountId: newId('acc'),
      walletId: newId('wal'),
      units,
      feeUnits: units,
    });
    const mandate = activeMandate({ id: newId('mnd'), limits: [{ asset: USDC, perOrder: units, perDay: units }] });
    const day = limitDay({ id: `limit:${mandate.id}` });
    const reserved = { ...day, version: 1, reserved: units };
    accepted(
      await commit(database, {
        by,
        changes: [
          orderChange(undefined, order),
          transferChange(undefined, transfer),
          scheduleChange(undefined, schedule),
          movementChange(undefined, moved, 'movement.received'),
          mandateChange(undefined, mandate),
          limitDayChange(day, reserved),
        ],
      }),
    );
    expect(await findOrder(database, 'staff', order.id)).toEqual(order);
    expect(await findTransfer(database, 'staff', transfer.id)).toEqual(transfer);
    expect(await findSchedule(database, 'staff', schedule.id)).toEqual(schedule);
    expect(await findMandate(database, 'staff', mandate.id)).toEqual(mandate);
    expect(await listMovementsAfter(database, moved.accountId, undefined, 5)).toEqual([moved]);
    expect(await findLimitDay(database, day.id)).toEqual(reserved);
    const [entry] = await listEntries(database, { subjectId: order.id }, { limit: 1 });
    expect(JSON.parse(entry?.data ?? '').after.units).toBe(units.toString());
  });

  it('keeps the facts of each status, from step to step', async () => {
    const transfer = preparedTransfer({ id: newId('xfr'), orderId: newId('ord'), externalId: newId('xfr') });
    const submitting = submit(transfer, { limitDayId: 'limit:1', accountLimitDayId: 'limit:2' }, AT);
    const again = amend(submitting, { attempts: 2 });
    for (const [before, after] of [
      [undefined, transfer],
      [transfer, submitting],
      [submitting, again],
    ] as const) {
      accepted(await commit(database, { by, changes: [transferChange(before, after)] }));
      expect(await findTransfer(database, 'staff', transfer.id)).toEqual(after);
    }
  });

  it.each([
    ['a share', { kind: 'trade_funding', amount: { kind: 'share', basisPoints: 2_500 } }],
    ['a sweep', { kind: 'sweep', amount: { kind: 'above', floor: 10n ** 18n + 1n } }],
  ] as const)('of %s that recurs comes back as it was, its units open', async (_, asked) => {
    const schedule = activeSchedule({ id: newId('sch'), ...asked, units: null });
    accepted(await commit(database, { by, changes: [scheduleChange(undefined, schedule)] }));
    expect(await findSchedule(database, 'staff', schedule.id)).toEqual(schedule);
  });

  it('of a fixed amount without units recurs nowhere, and nowhere a withdrawal', async () => {
    const schedule = activeSchedule({ id: newId('sch'), units: null });
    const keep = commit(database, { by, changes: [scheduleChange(undefined, schedule)] });
    await expect(keep).rejects.toThrow('schedules_fixed_has_units');
    const insert = "INSERT INTO schedules SELECT 'sch_w', version, status, facts, created_at, account_id, mandate_id,";
    await expect(
      env.DB.prepare(
        `${insert} 'withdrawal', asset, amount, units, recurrence, start_at, end_at, runs_max, catch_up, catch_up_hours_max,
         failures_max, failures_since, trigger_kind, fired, runs, next_slot FROM schedules LIMIT 1`,
      ).run(),
    ).rejects.toThrow('schedules_of_the_desk');
  });

  it('of a wallet, a halt and a fence comes back as it was', async () => {
    const wallet = activeWallet({ id: newId('wal'), accountId: newId('acc'), custodyId: newId('wal') });
    const halt = activeHalt({ id: newId('hlt'), accountId: newId('acc') });
    const findings = [{ code: 'tag_missing', severity: 'breaks', says: 'The tag is gone.' }] as const;
    const found = { addresses: ['0xa'], action: 'block', limits: [], permissionsProvenAt: AT, guard: [] } as const;
    const checked = fence({ accountId: newId('acc'), result: 'broken', findings, found });
    accepted(
      await commit(database, {
        by,
        changes: [walletChange(undefined, wallet), haltChange(undefined, halt), fenceChange(undefined, checked)],
      }),
    );
    expect(await findWallet(database, wallet.id)).toEqual(wallet);
    expect(await findHalt(database, 'staff', halt.id)).toEqual(halt);
    expect(await findFence(database, checked.accountId)).toEqual(checked);
  });
});
