// The conditions that stand in the committing batch say what the rules of the domain say, at each side of every boundary.
import { env } from 'cloudflare:workers';
import { type SQL, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Destination, destinationMachine } from '../../src/domain/destination.ts';
import { type FenceResult, standsAt } from '../../src/domain/fence.ts';
import { type Halt, lift } from '../../src/domain/halt.ts';
import type { AccountId } from '../../src/domain/id.ts';
import { holdsAt, type Mandate, mandateMachine } from '../../src/domain/mandate.ts';
import { countIn, countsAfter, freshSums, type PayoutSum, poolSums, releaseSum } from '../../src/domain/payout-cap.ts';
import { addSeconds } from '../../src/domain/time.ts';
import { commit } from '../../src/store/commit.ts';
import { openDatabase, type Scope } from '../../src/store/database.ts';
import { unsent } from '../../src/store/dead-letters.ts';
import {
  destinationChange,
  destinationIsUsable,
  findDestination,
  listListedAddresses,
} from '../../src/store/destinations.ts';
import { fenceChange, fenceStands } from '../../src/store/fences.ts';
import { findHaltInForce, haltChange, listHalts, noHalt } from '../../src/store/halts.ts';
import { listPayoutSumsAfter, payoutSumChange, payoutSumsAreAt } from '../../src/store/hot-wallets.ts';
import { listUnseen } from '../../src/store/inbox.ts';
import { openIncident } from '../../src/store/incidents.ts';
import { findMandate, mandateChange, mandateHolds } from '../../src/store/mandates.ts';
import { findOrder, orderChange } from '../../src/store/orders.ts';
import {
  claimDueMessages,
  findMessage,
  finish,
  giveBack,
  message,
  postpone,
  wakeRow,
  wakeRows,
} from '../../src/store/outbox.ts';
import { findSchedule, listDueSchedules, scheduleChange } from '../../src/store/schedules.ts';
import { findTransfer, listTransfers, transferChange } from '../../src/store/transfers.ts';
import {
  AT,
  accepted,
  activeHalt,
  activeMandate,
  activeSchedule,
  approvedDestination,
  fence,
  preparedTransfer,
  provenance,
  releasedOrder,
  sequence,
  staff,
  USDC,
} from '../support/build.ts';

const database = openDatabase(env.DB);
// Ids go on from test to test, so that each has subjects of its own.
const newId = sequence();
const by = provenance(newId);
const keep = async (...changes: Parameters<typeof commit>[1]['changes']) =>
  accepted(await commit(database, { by, changes }));
const holds = async (condition: SQL): Promise<boolean> => {
  const row = await database.get<{ holds: number }>(sql`SELECT ${condition} AS holds`);
  return row?.holds === 1;
};

/** The same record in a status of its machine; the facts are those that D1 checks. */
const inEach = <R>(machine: object, record: object): [string, R][] =>
  Object.keys(machine).map((status) => [status, { ...record, status } as R]);

describe('guard of the fence', () => {
  const age = (seconds: number) => addSeconds(AT, -seconds);

  it.each<[FenceResult, string, boolean]>([
    ['intact', AT, true],
    ['degraded', AT, true],
    ['broken', AT, false],
    ['unknown', AT, false],
    ['intact', age(86_400), true],
    ['intact', age(86_400.001), false],
    ['degraded', age(86_401), false],
  ])('lets money go by a check that was %s at %s: %s', async (result, checkedAt, isFree) => {
    const checked = fence({ accountId: newId('acc'), result, checkedAt });
    await keep(fenceChange(undefined, checked));
    expect(await holds(fenceStands(checked.accountId, AT))).toBe(isFree);
    expect(['intact', 'degraded'].includes(standsAt(checked, AT))).toBe(isFree);
  });

  it('lets no money go without a check', async () => {
    expect(await holds(fenceStands(newId('acc'), AT))).toBe(false);
  });
});

describe('guard of the mandate', () => {
  it.each([
    '2031-02-28T23:59:59.999Z',
    '2031-03-01T00:00:00.000Z',
    '2031-03-31T23:59:59.999Z',
    '2031-04-01T00:00:00.000Z',
  ])('says at %s what the rule says', async (at) => {
    const mandate = activeMandate({ id: newId('mnd') });
    await keep(mandateChange(undefined, mandate));
    expect(await holds(mandateHolds(mandate.id, at))).toBe(holdsAt(mandate, at).ok);
  });

  it.each(inEach<Mandate>(mandateMachine, activeMandate()))(
    'says of one that is %s what the rule says',
    async (_, one) => {
      const mandate = { ...one, id: newId('mnd') };
      await keep(mandateChange(undefined, mandate));
      expect(await holds(mandateHolds(mandate.id, AT))).toBe(holdsAt(mandate, AT).ok);
      expect(holdsAt(mandate, AT).ok).toBe(mandate.status === 'active');
    },
  );

  it('holds for no mandate that is not there', async () => {
    expect(await holds(mandateHolds(newId('mnd'), AT))).toBe(false);
  });
});

describe('guard of the destination', () => {
  const each = inEach<Destination>(destinationMachine, approvedDestination());

  it.each(each)('in %s holds only for approved, from the end of the cooling-off on', async (status, one) => {
    const destination = { ...one, id: newId('dst'), accountId: newId('acc') };
    await keep(destinationChange(undefined, destination));
    expect(await holds(destinationIsUsable(destination.id, AT))).toBe(status === 'approved');
    expect(await holds(destinationIsUsable(destination.id, '2031-03-03T08:59:59.999Z'))).toBe(false);
  });

  it.each(each)('in %s: the address belongs on custody’s list', async (status, one) => {
    const destination = { ...one, id: newId('dst'), accountId: newId('acc') };
    await keep(destinationChange(undefined, destination));
    const listed = await listListedAddresses(database, destination.accountId);
    expect(listed).toEqual(['approved', 'suspended', 'removing'].includes(status) ? [destination.address] : []);
  });
});

describe('guard against halts', () => {
  let accountId: AccountId;
  beforeEach(() => {
    accountId = newId('acc');
  });
  const halted = async (halt: Partial<Halt<'active'>>): Promise<Halt<'active'>> => {
    const made = activeHalt({ id: newId('hlt'), accountId, ...halt });
    await keep(haltChange(undefined, made));
    return made;
  };
  const free = async (of: Parameters<typeof noHalt>[0]): Promise<boolean> => {
    const isFree = await holds(noHalt(of));
    // The reason that is shown comes from a second query: it must say the same.
    expect((await findHaltInForce(database, of)) === undefined).toBe(isFree);
    return isFree;
  };

  it('passes where none was made', async () => {
    expect(await free({ accountId, mandateId: newId('mnd') })).toBe(true);
  });

  it('of an account stops each of its mandates, and no other account', async () => {
    await halted({ level: 'account' });
    expect(await free({ accountId, mandateId: newId('mnd') })).toBe(false);
    expect(await free({ accountId: newId('acc'), mandateId: newId('mnd') })).toBe(true);
  });

  it('of a mandate stops that mandate, and no other of the account', async () => {
    const mandateId = newId('mnd');
    await halted({ level: 'mandate', mandateId });
    expect(await free({ accountId, mandateId })).toBe(false);
    expect(await free({ accountId, mandateId: newId('mnd') })).toBe(true);
    expect(await findHaltInForce(database, { accountId, mandateId: null })).toBeUndefined();
  });

  it('of all stops everyone until it is lifted', async () => {
    const made = await halted({ level: 'all', accountId: null });
    expect(await free({ accountId, mandateId: newId('mnd') })).toBe(false);
    const lifted = lift(made, { actor: staff('operator-2', 'operator'), at: AT, reason: 'over', fence: undefined });
    await keep(haltChange(made, accepted(lifted)));
    expect(await free({ accountId, mandateId: newId('mnd') })).toBe(true);
  });

  it('stands while one of two is lifted', async () => {
    const first = await halted({ level: 'account', kind: 'compliance' });
    await halted({ level: 'account', kind: 'desk' });
    const by2 = { actor: staff('officer', 'compliance'), at: AT, reason: 'over', fence: undefined };
    await keep(haltChange(first, accepted(lift(first, by2))));
    expect(await free({ accountId, mandateId: newId('mnd') })).toBe(false);
  });

  it('of a client shows it its own and those of all, newest first', async () => {
    const own = await halted({ level: 'account' });
    const all = await halted({ level: 'all', accountId: null });
    await halted({ level: 'account', accountId: newId('acc') });
    const seen = await listHalts(database, { accountId }, { limit: 10 });
    expect(seen.map(({ id }) => id).slice(0, 2)).toEqual([all.id, own.id]);
    expect(seen.every((halt) => halt.level === 'all' || halt.accountId === accountId)).toBe(true);
    const lifted = lift(all, { actor: staff('operator-2', 'operator'), at: AT, reason: 'over', fence: undefined });
    await keep(haltChange(all, accepted(lifted)));
  });

  it('for the fence is made once for an account', async () => {
    await halted({ kind: 'fence' });
    const second = activeHalt({ id: newId('hlt'), accountId, kind: 'fence' });
    const result = await commit(database, { by, changes: [haltChange(undefined, second)] });
    expect(result).toEqual({ ok: false, refusal: { code: 'version_conflict' } });
  });

  it('holds back due schedules, except those that skip what they miss', async () => {
    const [mandateId, otherId] = [newId('mnd'), newId('mnd')];
    const of = { accountId, nextSlot: AT };
    const schedules = [
      activeSchedule({ ...of, id: newId('sch'), mandateId, catchUp: 'latest' }),
      activeSchedule({ ...of, id: newId('sch'), mandateId, catchUp: 'skip' }),
      activeSchedule({ ...of, id: newId('sch'), mandateId: otherId, catchUp: 'all' }),
      activeSchedule({ ...of, id: newId('sch'), mandateId: otherId, catchUp: 'all', nextSlot: addSeconds(AT, 60) }),
    ];
    for (const id of [mandateId, otherId]) await keep(mandateChange(undefined, activeMandate({ id, accountId })));
    await keep(...schedules.map((schedule) => scheduleChange(undefined, schedule)));
    const due = async (at = AT) => {
      const listed = (await listDueSchedules(database, at, 500)).map(({ schedule }) => schedule.id);
      return schedules.flatMap(({ id }, index) => (listed.includes(id) ? [index] : []));
    };
    expect(await due()).toEqual([0, 1, 2]);
    expect(await due(addSeconds(AT, 59.999))).toEqual([0, 1, 2]);
    expect(await due(addSeconds(AT, 60))).toEqual([0, 1, 2, 3]);
    await halted({ level: 'mandate', mandateId });
    expect(await due()).toEqual([1, 2]);
    await halted({ level: 'account' });
    expect(await due()).toEqual([1]);
  });
});

describe('scope', () => {
  it('shows a client its own records, staff all, and another client none', async () => {
    const accountId = newId('acc');
    const [mandate, destination] = [
      activeMandate({ id: newId('mnd'), accountId }),
      approvedDestination({ id: newId('dst'), accountId }),
    ];
    const schedule = activeSchedule({ id: newId('sch'), accountId });
    const order = releasedOrder({ id: newId('ord'), accountId, scheduleId: schedule.id });
    const transfer = preparedTransfer({ id: newId('xfr'), accountId, orderId: order.id, externalId: newId('xfr') });
    await keep(
      mandateChange(undefined, mandate),
      destinationChange(undefined, destination),
      scheduleChange(undefined, schedule),
      orderChange(undefined, order),
      transferChange(undefined, transfer),
    );
    const found = async (scope: Scope) => {
      const all = await Promise.all([
        findMandate(database, scope, mandate.id),
        findDestination(database, scope, destination.id),
        findSchedule(database, scope, schedule.id),
        findOrder(database, scope, order.id),
        findTransfer(database, scope, transfer.id),
      ]);
      return all.filter((record) => record !== undefined).length;
    };
    expect([await found('staff'), await found({ accountId }), await found({ accountId: newId('acc') })]).toEqual([
      5, 5, 0,
    ]);
    expect(await listTransfers(database, { accountId: newId('acc') }, { limit: 5 })).toEqual([]);
    expect(await listTransfers(database, { accountId }, { limit: 5 })).toEqual([transfer]);
  });
});

describe('outbox', () => {
  it('gives what is due to one sender, later again what was not finished or was postponed, and nothing that is finished', async () => {
    await env.DB.prepare('DELETE FROM outbox').run();
    const note = message('money', (id) => ({ id }));
    accepted(await commit(database, { by, changes: [], messages: [note, note, note] }));
    const [later, last] = ['2031-03-03T09:02:00.000Z', '2031-03-03T09:04:00.000Z'];
    const claim = async (at: string, until: string) =>
      (await claimDueMessages(database, { at, until, limit: 10, eventsInFlightMax: 10 })).map(({ id }) => id).sort();
    expect(await claim('2031-03-03T08:59:59.999Z', later)).toEqual([]);
    const [first = '', second = '', third = ''] = await claim(AT, later);
    expect(third).not.toBe('');
    // Nobody else gets them meanwhile.
    expect(await claim(AT, later)).toEqual([]);
    await postpone(database, second, last);
    expect(await claim(later, last)).toEqual([first, third]);
    expect((await findMessage(database, second))?.postponed).toBe(1);
    await finish(database, first);
    accepted(await commit(database, { by, changes: [], once: [unsent(second)] }));
    await giveBack(database, [third], AT);
    expect(await claim(AT, last)).toEqual([third]);
  });

  it('of two senders at once gives each message to one', async () => {
    const note = message('money', (id) => ({ id }));
    accepted(await commit(database, { by, changes: [], messages: [note, note, note, note] }));
    const claims = await Promise.all(
      [1, 2, 3].map(() =>
        claimDueMessages(database, { at: AT, until: '2031-03-03T09:05:00.000Z', limit: 2, eventsInFlightMax: 2 }),
      ),
    );
    const ids = claims.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(4);
  });

  it('lets only so many events be on their way, and nothing else wait for them', async () => {
    await env.DB.prepare('DELETE FROM outbox').run();
    const events = Array.from({ length: 5 }, () => message('events', (id) => ({ id })));
    const others = [message('money', (id) => ({ id })), message('notify', (id) => ({ id }))];
    accepted(await commit(database, { by, changes: [], messages: [...events, ...others] }));
    const claim = async () => {
      const until = '2031-03-03T09:02:00.000Z';
      const rows = await claimDueMessages(database, { at: AT, until, limit: 10, eventsInFlightMax: 3 });
      return rows.sort((one, other) => (one.queue < other.queue ? -1 : 1));
    };
    const first = await claim();
    expect(first.map(({ queue }) => queue)).toEqual(['events', 'events', 'events', 'money', 'notify']);
    expect(await claim()).toEqual([]);
    await finish(database, first[0]?.id ?? '');
    // One that waits for a later try is on its way to nobody.
    await postpone(database, first[1]?.id ?? '', '2031-03-03T10:00:00.000Z');
    expect(await claim()).toHaveLength(2);
  });

  it('keeps a reading once while it waits to be sent, and anew once it was', async () => {
    await env.DB.prepare('DELETE FROM outbox').run();
    const wake = async (what: string) => {
      const rows = ['one', what].map((name) => wakeRow(by, 'events', (id) => ({ id, name })));
      accepted(await commit(database, { by, changes: [], once: [wakeRows(rows)] }));
    };
    const claim = async () =>
      (
        await claimDueMessages(database, {
          at: AT,
          until: '2031-03-03T09:02:00.000Z',
          limit: 10,
          eventsInFlightMax: 10,
        })
      )
        .map(({ body }) => JSON.parse(body).name)
        .sort();
    await wake('one');
    await wake('two');
    expect(await claim()).toEqual(['one', 'two']);
    // It was sent, and may have read what there was before.
    await wake('one');
    expect(await claim()).toEqual(['one']);
  });

  it('gives the consumer the id of its message', async () => {
    accepted(await commit(database, { by, changes: [], messages: [message('money', (id) => ({ id }))] }));
    const [row] = await claimDueMessages(database, { at: AT, until: AT, limit: 1, eventsInFlightMax: 1 });
    expect(JSON.parse(row?.body ?? '')).toEqual({ id: row?.id });
  });
});

describe('inbox', () => {
  it('names the unseen among any number of events', async () => {
    await env.DB.prepare("INSERT INTO deliveries VALUES ('event-7', 'event-7', ?)").bind(AT).run();
    const events = Array.from({ length: 3000 }, (_, n) => `event-${n}`);
    const unseen = await listUnseen(database, events);
    expect(unseen).toHaveLength(2999);
    expect(unseen).not.toContain('event-7');
    expect(await listUnseen(database, [])).toEqual([]);
  });
});

describe('incident', () => {
  it('is open once for one kind and subject', async () => {
    const of = { kind: 'fence_broken', about: newId('acc'), accountId: null, detail: 'It broke.' } as const;
    const [first, rival] = await Promise.all([openIncident(database, by, of), openIncident(database, by, of)]);
    await keep(...first);
    expect(await openIncident(database, by, of)).toEqual([]);
    expect(await openIncident(database, by, { ...of, kind: 'guard_unsound' })).toHaveLength(1);
    // Two that looked at the same time: D1 lets one of them in.
    expect(await commit(database, { by, changes: rival })).toEqual({
      ok: false,
      refusal: { code: 'version_conflict' },
    });
  });
});

describe('guard of the caps', () => {
  it('holds for the sums that were read, and not when another of the window was written, or one came', async () => {
    const after = countsAfter(AT);
    const counting = () => listPayoutSumsAfter(database, USDC, after);
    const seen = async () => poolSums(USDC, AT, await counting());
    const stands = async (versions: number) => holds(payoutSumsAreAt(USDC, after, versions));
    const count = async (sum: PayoutSum) => keep(payoutSumChange(sum, countIn(sum, 5n)));

    expect(await stands((await seen()).versions)).toBe(true);
    const [now, ofDay] = freshSums(USDC, AT);
    const [earlier] = freshSums(USDC, addSeconds(AT, -3600));
    const [gone] = freshSums(USDC, addSeconds(AT, -3661));
    if (!now || !ofDay || !earlier || !gone) throw new Error('no sums');
    await count(gone);
    expect([await stands(0), await counting()]).toEqual([true, []]);
    await count(earlier);
    expect([await stands(0), await stands(1)]).toEqual([false, true]);
    await count(now);
    await count(ofDay);
    expect((await seen()).used).toEqual({ hour: 10n, day: 5n });
    const read = await seen();
    expect(await stands(read.versions)).toBe(true);
    for (const sum of read.current) await keep(payoutSumChange(sum, releaseSum(sum, 5n)));
    expect(await stands(read.versions)).toBe(false);
  });
});
