// Schedules: which instants are slots, and what becomes of slots that were missed.
import { describe, expect, it } from 'vitest';
import {
  edit,
  end,
  failuresInRow,
  parseRecurrence,
  pause,
  type Recurrence,
  resume,
  type Schedule,
  slotAfter,
  slotsAhead,
  takeDueSlots,
} from '../../src/domain/schedule.ts';
import { addSeconds, type Timestamp, timestamp } from '../../src/domain/time.ts';
import { countFiring } from '../../src/domain/trigger.ts';
import { AT, accepted, activeSchedule, refusalOf } from '../support/build.ts';

const cron = (expression: string, timeZone = 'UTC'): Recurrence => ({ kind: 'cron', expression, timeZone });
const everyDays = (every: number): Recurrence => ({ kind: 'days', every });

/** The first `count` slots from a start; ends with null where there are no more. */
function slotsFrom(recurrence: Recurrence, startAt: string, count: number, endAt: string | null = null) {
  const slots: (string | null)[] = [];
  let after: string | null = timestamp(Date.parse(startAt) - 1);
  while (after !== null && slots.length < count) {
    after = slotAfter({ recurrence, startAt, endAt }, after);
    slots.push(after);
  }
  return slots;
}

describe('recurrence', () => {
  it.each(['* * * * *', '0 9 * * MON-FRI', '*/15 8-17 1,15 * *', '0 9 L * *'])(
    'accepts the five fields %s',
    (expression) => {
      expect(parseRecurrence(cron(expression)).ok).toBe(true);
    },
  );

  it.each([
    ['six fields, with seconds', '0 0 9 * * *'],
    ['four fields', '0 9 * *'],
    ['a minute that does not exist', '60 9 * * *'],
    ['an hour that does not exist', '0 24 * * *'],
    ['a date in place of fields', '2031-03-03T10:00:30Z'],
    ['nothing', ''],
  ])('refuses %s', (_, expression) => {
    expect(refusalOf(parseRecurrence(cron(expression))).code).toBe('schedule_never_fires');
  });

  it.each(['Mars/Olympus', ''])('refuses the unknown zone "%s"', (timeZone) => {
    expect(refusalOf(parseRecurrence(cron('0 9 * * *', timeZone))).code).toBe('schedule_never_fires');
  });

  it('accepts a zone that exists, and days', () => {
    expect(parseRecurrence(cron('0 9 * * *', 'America/New_York')).ok).toBe(true);
    expect(parseRecurrence(everyDays(30)).ok).toBe(true);
  });
});

describe('slots of a cron expression', () => {
  it('keep the local hour when clocks go forward and back', () => {
    const nine = cron('0 9 * * *', 'Europe/Zurich');
    expect(slotsFrom(nine, '2031-03-29T00:00:00.000Z', 2)).toEqual([
      '2031-03-29T08:00:00.000Z',
      '2031-03-30T07:00:00.000Z',
    ]);
    expect(slotsFrom(nine, '2031-10-25T00:00:00.000Z', 2)).toEqual([
      '2031-10-25T07:00:00.000Z',
      '2031-10-26T08:00:00.000Z',
    ]);
  });

  it('in the hour that does not exist move to the end of the gap, and the day is not lost', () => {
    expect(slotsFrom(cron('30 2 * * *', 'Europe/Zurich'), '2031-03-29T00:00:00.000Z', 3)).toEqual([
      '2031-03-29T01:30:00.000Z',
      '2031-03-30T01:00:00.000Z',
      '2031-03-31T00:30:00.000Z',
    ]);
  });

  it('in the hour that comes twice happen once', () => {
    expect(slotsFrom(cron('30 2 * * *', 'Europe/Zurich'), '2031-10-25T12:00:00.000Z', 2)).toEqual([
      '2031-10-26T00:30:00.000Z',
      '2031-10-27T01:30:00.000Z',
    ]);
  });

  it.each(['2031-03-29T22:00:00.000Z', '2031-10-25T22:00:00.000Z'])(
    'each hour lie an hour apart from %s on',
    (from) => {
      const slots = slotsFrom(cron('0 * * * *', 'Europe/Zurich'), from, 8);
      expect(slots).toEqual(Array.from({ length: 8 }, (_, hour) => addSeconds(from, hour * 3600)));
    },
  );

  it('on 29 February wait for a leap year', () => {
    expect(slotsFrom(cron('0 9 29 2 *'), AT, 2)).toEqual(['2032-02-29T09:00:00.000Z', '2036-02-29T09:00:00.000Z']);
  });

  it('on day 31 pass over the months without one', () => {
    expect(slotsFrom(cron('0 9 31 * *'), '2031-01-31T09:00:00.000Z', 4)).toEqual([
      '2031-01-31T09:00:00.000Z',
      '2031-03-31T09:00:00.000Z',
      '2031-05-31T09:00:00.000Z',
      '2031-07-31T09:00:00.000Z',
    ]);
  });

  it('on a day that never comes are none', () => {
    expect(slotsFrom(cron('0 9 31 2 *'), AT, 1)).toEqual([null]);
  });

  it.each([
    ['08:59:59.999', '2031-03-03T09:00:00.000Z'],
    ['09:00:00.000', '2031-03-03T09:00:00.000Z'],
    ['09:00:00.001', '2031-03-04T09:00:00.000Z'],
    ['09:00:00.999', '2031-03-04T09:00:00.000Z'],
  ])('never lie before a start at %s', (time, first) => {
    const startAt = `2031-03-03T${time}Z`;
    expect(slotsFrom(cron('0 9 * * *'), startAt, 1)).toEqual([first]);
    // Asked long before the start, too.
    const when = { recurrence: cron('0 9 * * *'), startAt, endAt: null };
    expect(slotAfter(when, '2031-01-01T00:00:00.000Z')).toBe(first);
  });

  it('follow strictly after the instant asked for', () => {
    const when = { recurrence: cron('0 9 * * *'), startAt: AT, endAt: null };
    expect(slotAfter(when, '2031-03-03T08:59:59.999Z')).toBe(AT);
    expect(slotAfter(when, AT)).toBe('2031-03-04T09:00:00.000Z');
    expect(slotAfter(when, '2031-03-03T09:00:00.001Z')).toBe('2031-03-04T09:00:00.000Z');
  });

  it('include one at the end itself and none after', () => {
    expect(slotsFrom(cron('0 9 * * *'), AT, 3, '2031-03-04T09:00:00.000Z')).toEqual([
      AT,
      '2031-03-04T09:00:00.000Z',
      null,
    ]);
    expect(slotsFrom(cron('0 9 * * *'), AT, 2, '2031-03-04T08:59:59.999Z')).toEqual([AT, null]);
  });
});

describe('slots every N days', () => {
  it('begin at the start, keep its milliseconds and count whole days', () => {
    const startAt = '2031-03-28T09:30:15.250Z';
    expect(slotsFrom(everyDays(3), startAt, 3)).toEqual([
      startAt,
      '2031-03-31T09:30:15.250Z',
      '2031-04-03T09:30:15.250Z',
    ]);
  });

  it.each([
    ['before the start', '2031-03-03T08:59:59.999Z', AT],
    ['at the start', AT, '2031-03-05T09:00:00.000Z'],
    ['a millisecond before the second', '2031-03-05T08:59:59.999Z', '2031-03-05T09:00:00.000Z'],
    ['at the second', '2031-03-05T09:00:00.000Z', '2031-03-07T09:00:00.000Z'],
  ])('asked %s', (_, after, slot) => {
    expect(slotAfter({ recurrence: everyDays(2), startAt: AT, endAt: null }, after)).toBe(slot);
  });

  it('stop at the end', () => {
    expect(slotsFrom(everyDays(2), AT, 3, '2031-03-05T09:00:00.000Z')).toEqual([AT, '2031-03-05T09:00:00.000Z', null]);
  });
});

describe('due slots', () => {
  const hourly = (over: Partial<Schedule<'active'>> = {}) => activeSchedule({ recurrence: cron('0 * * * *'), ...over });
  const at = (hours: number, seconds = 0) => addSeconds(AT, hours * 3600 + seconds);

  it('are none before their time and one at it', () => {
    const early = takeDueSlots(hourly(), '2031-03-03T08:59:59.999Z');
    expect(early).toMatchObject({ run: [], skip: [], schedule: { status: 'active', nextSlot: AT, runs: 0 } });
    const due = takeDueSlots(hourly(), AT);
    expect(due).toMatchObject({ run: [AT], skip: [], schedule: { status: 'active', nextSlot: at(1), runs: 1 } });
    expect(due.schedule.version).toBe(2);
  });

  it.each([
    [300, []],
    [301, [AT]],
  ])('%i seconds late under the rule skip', (seconds, skipped) => {
    const { run, skip } = takeDueSlots(hourly({ catchUp: 'skip' }), at(0, seconds));
    expect(skip.map(({ slot }) => slot)).toEqual(skipped);
    expect(run).toEqual(skipped.length === 0 ? [AT] : []);
  });

  it.each([
    ['skip', [at(3)], [at(0), at(1), at(2)]],
    ['latest', [at(3)], [at(0), at(1), at(2)]],
    ['all', [at(0), at(1), at(2), at(3)], []],
  ] as const)('that were missed while the newest is on time, under %s', (catchUp, run, skipped) => {
    const taken = takeDueSlots(hourly({ catchUp }), at(3, 60));
    expect(taken.run).toEqual(run);
    expect(taken.skip.map(({ slot }) => slot)).toEqual(skipped);
    expect(taken.schedule).toMatchObject({ nextSlot: at(4), runs: run.length });
  });

  it.each([
    ['skip', [], [at(0), at(1)]],
    ['latest', [at(1)], [at(0)]],
    ['all', [at(0), at(1)], []],
  ] as const)('that were all missed, under %s', (catchUp, run, skipped) => {
    const taken = takeDueSlots(hourly({ catchUp }), at(1, 1800));
    expect(taken.run).toEqual(run);
    expect(taken.skip.map(({ slot }) => slot)).toEqual(skipped);
  });

  it.each([
    ['all', 0, [at(0), at(1), at(2)]],
    ['all', 1, [at(1), at(2)]],
    ['latest', 0, [at(2)]],
  ] as const)('under %s run up to the maximum age and not a second (+%i) past it', (catchUp, seconds, run) => {
    const taken = takeDueSlots(hourly({ catchUp, catchUpHoursMax: 2 }), at(2, seconds));
    expect(taken.run).toEqual(run);
    expect(taken.run.length + taken.skip.length).toBe(3);
  });

  it('older than the maximum age are skipped by the rule latest too', () => {
    const daily = activeSchedule({ catchUp: 'latest', catchUpHoursMax: 2 });
    expect(takeDueSlots(daily, at(2)).run).toEqual([AT]);
    const late = takeDueSlots(daily, at(2, 1));
    expect(late.run).toEqual([]);
    expect(late.skip).toEqual([{ slot: AT, reason: 'missed by more than 2 hours' }]);
  });

  it('above the bound of one fire are left to the next, which goes on where it stopped', () => {
    const minutely = activeSchedule({ recurrence: cron('* * * * *'), catchUp: 'all' });
    const now = addSeconds(AT, 59 * 60);
    const first = takeDueSlots(minutely, now);
    expect(first.run).toHaveLength(50);
    expect(first.schedule.nextSlot).toBe(addSeconds(AT, 50 * 60));
    if (first.schedule.status !== 'active') throw new Error('the schedule ended');
    const second = takeDueSlots(first.schedule, now);
    expect(second.run).toHaveLength(10);
    expect(second.schedule).toMatchObject({ nextSlot: addSeconds(AT, 60 * 60), runs: 60 });
  });

  it('above the bound of one fire still run only the latest under that rule', () => {
    const minutely = activeSchedule({ recurrence: cron('* * * * *'), catchUp: 'latest' });
    // The newest slot lies ten minutes back, so that none is on time.
    const ended = { ...minutely, endAt: addSeconds(AT, 59 * 60) };
    const now = addSeconds(AT, 69 * 60);
    const first = takeDueSlots(ended, now);
    expect(first.run).toEqual([]);
    expect(first.skip).toHaveLength(50);
    if (first.schedule.status !== 'active') throw new Error('the schedule ended');
    expect(takeDueSlots(first.schedule, now).run).toEqual([addSeconds(AT, 59 * 60)]);
  });

  it('run until the maximum of runs, and then the schedule is ended', () => {
    const two = takeDueSlots(hourly({ runsMax: 3, runs: 0, catchUp: 'all' }), at(1));
    expect(two).toMatchObject({ run: [at(0), at(1)], schedule: { status: 'active', runs: 2 } });
    const three = takeDueSlots(hourly({ runsMax: 3, runs: 0, catchUp: 'all' }), at(3));
    expect(three.run).toEqual([at(0), at(1), at(2)]);
    expect(three.schedule).toMatchObject({ status: 'ended', endReason: 'all runs made', runs: 3, nextSlot: null });
  });

  it('that are skipped count as no run', () => {
    const { schedule } = takeDueSlots(hourly({ runsMax: 1, catchUp: 'skip' }), at(0, 301));
    expect(schedule).toMatchObject({ status: 'active', runs: 0, nextSlot: at(1) });
  });

  it('end the schedule with the last one before its end', () => {
    const { run, schedule } = takeDueSlots(hourly({ endAt: at(0, 3599) }), AT);
    expect(run).toEqual([AT]);
    expect(schedule).toMatchObject({ status: 'ended', endReason: 'no further slot', nextSlot: null });
    expect(takeDueSlots(hourly({ endAt: at(1) }), AT).schedule.status).toBe('active');
  });
});

describe('schedule', () => {
  it('paused and resumed goes on with the first slot ahead and makes up for none', () => {
    const paused = pause(activeSchedule(), AT);
    expect(paused).toMatchObject({ status: 'paused', pausedAt: AT, version: 2 });
    const resumed = resume(paused, '2031-03-10T09:00:00.000Z');
    expect(resumed).toMatchObject({ status: 'active', nextSlot: '2031-03-11T09:00:00.000Z', version: 3 });
  });

  it('resumed before its start begins at its start', () => {
    const paused = pause(activeSchedule({ startAt: '2031-04-01T00:00:00.000Z' }), AT);
    expect(resume(paused, AT).nextSlot).toBe('2031-04-01T09:00:00.000Z');
  });

  it('resumed after its last slot is ended, not active for ever', () => {
    const paused = pause(activeSchedule({ endAt: '2031-03-04T09:00:00.000Z' }), AT);
    expect(resume(paused, '2031-03-04T08:59:59.999Z').status).toBe('active');
    expect(resume(paused, '2031-03-04T09:00:00.000Z')).toMatchObject({ status: 'ended', nextSlot: null });
  });

  it('ended has no next slot', () => {
    expect(end(activeSchedule(), 'by the desk')).toMatchObject({
      status: 'ended',
      endReason: 'by the desk',
      nextSlot: null,
    });
  });
});

describe('slots every N hours', () => {
  it('count whole hours from the start, whatever clocks do', () => {
    expect(slotsFrom({ kind: 'hours', every: 6 }, '2031-03-29T20:15:00.000Z', 3)).toEqual([
      '2031-03-29T20:15:00.000Z',
      '2031-03-30T02:15:00.000Z',
      '2031-03-30T08:15:00.000Z',
    ]);
  });
});

describe('the calendar', () => {
  it.each([
    ['gap, 02:30 in Zurich', '30 2 * * *', 'Europe/Zurich', '2031-03-30T00:00:00.000Z', '2031-03-30T01:00:00.000Z'],
    [
      'gap, 02:30 in New York',
      '30 2 * * *',
      'America/New_York',
      '2031-03-09T05:00:00.000Z',
      '2031-03-09T07:00:00.000Z',
    ],
    ['overlap, 02:30 in Zurich', '30 2 * * *', 'Europe/Zurich', '2031-10-25T22:00:00.000Z', '2031-10-26T00:30:00.000Z'],
    ['gap, one of a list', '30 2,14 * * *', 'Europe/Zurich', '2031-03-30T00:00:00.000Z', '2031-03-30T01:00:00.000Z'],
    [
      'overlap, one of a list',
      '30 2,14 * * *',
      'Europe/Zurich',
      '2031-10-26T00:30:00.000Z',
      '2031-10-26T13:30:00.000Z',
    ],
    [
      'overlap, minutes of a list',
      '0,30 2 * * *',
      'Europe/Zurich',
      '2031-10-26T00:30:00.000Z',
      '2031-10-27T01:00:00.000Z',
    ],
    ['overlap, one of a range', '0 1-5 * * *', 'Europe/Zurich', '2031-10-26T00:00:00.000Z', '2031-10-26T02:00:00.000Z'],
    ['overlap, each hour', '30 * * * *', 'Europe/Zurich', '2031-10-26T00:30:00.000Z', '2031-10-26T01:30:00.000Z'],
    ['after the overlap', '30 2 * * *', 'Europe/Zurich', '2031-10-26T00:30:00.000Z', '2031-10-27T01:30:00.000Z'],
    ['south of the equator', '0 9 * * *', 'Australia/Sydney', '2031-04-05T12:00:00.000Z', '2031-04-05T23:00:00.000Z'],
    ['a zone of a quarter', '0 9 * * *', 'Asia/Kathmandu', '2031-03-03T00:00:00.000Z', '2031-03-03T03:15:00.000Z'],
    ['29 February', '0 9 29 2 *', 'UTC', '2031-03-03T00:00:00.000Z', '2032-02-29T09:00:00.000Z'],
    ['29 February over a century', '0 9 29 2 *', 'UTC', '2096-03-01T00:00:00.000Z', '2104-02-29T09:00:00.000Z'],
    ['day 31', '0 9 31 * *', 'UTC', '2031-03-31T09:00:00.000Z', '2031-05-31T09:00:00.000Z'],
    ['the last day', '0 9 L * *', 'UTC', '2032-02-01T00:00:00.000Z', '2032-02-29T09:00:00.000Z'],
    [
      'midnight at the date line',
      '0 0 * * *',
      'Pacific/Auckland',
      '2031-03-03T00:00:00.000Z',
      '2031-03-03T11:00:00.000Z',
    ],
  ])('%s', (_, expression, timeZone, after, slot) => {
    const recurrence = cron(expression, timeZone);
    expect(slotAfter({ recurrence, startAt: '2031-01-01T00:00:00.000Z', endAt: null }, after)).toBe(slot);
  });
});

describe('a firing', () => {
  const trigger = { kind: 'balance_above', asset: 'EthereumSepolia/native', floorUnits: '1' } as const;
  const fires = (instants: readonly Timestamp[]) =>
    instants.reduce(
      (schedule, at) => {
        const next = countFiring(schedule, at);
        return next.status === 'active' ? next : schedule;
      },
      activeSchedule({ recurrence: { ...trigger, cooldownMinutes: 360, perDayMax: 2 }, triggerKind: 'balance_above' }),
    );

  it('of the past that is counted late leaves the cool-down and the day to the latest', () => {
    const instants = ['2031-03-03T18:00:00.000Z', '2031-03-04T00:00:00.000Z', '2031-03-04T06:00:00.000Z'];
    const latest = { lastAt: '2031-03-04T06:00:00.000Z', day: '2031-03-04', count: 2 };
    for (const order of [instants, [...instants].reverse()])
      expect(fires(order)).toMatchObject({ runs: 3, fired: latest });
  });
});

describe('the slots ahead', () => {
  const hourly = activeSchedule({ recurrence: cron('0 * * * *') });
  it.each([
    ['five', hourly, 5],
    ['as many as runs are left', { ...hourly, runsMax: 7, runs: 4 }, 3],
    ['those until the end', { ...hourly, endAt: addSeconds(AT, 3_600) }, 2],
    ['none while it is paused', pause(hourly, AT), 0],
    ['none once it has ended', end(hourly, 'x'), 0],
  ])('are %s', (_, schedule, count) => {
    expect(slotsAhead(schedule, 5)).toEqual(Array.from({ length: count }, (__, hour) => addSeconds(AT, hour * 3_600)));
  });
});

describe('failures in a row', () => {
  it.each([
    [[], 0],
    [['failed', 'failed', 'succeeded', 'failed'], 2],
    [['succeeded', 'failed'], 0],
    [[undefined, 'failed', undefined, 'failed'], 2],
  ] as const)('of %j are %i', (results, count) => {
    expect(failuresInRow(results)).toBe(count);
  });
});

describe('an edit', () => {
  const schedule = activeSchedule({ runs: 2, endAt: addSeconds(AT, 10 * 86_400) });
  const { amount, units, recurrence, triggerKind, endAt, runsMax, catchUp, catchUpHoursMax, failuresMax } = schedule;
  const terms = { amount, units, recurrence, triggerKind, endAt, runsMax, catchUp, catchUpHoursMax, failuresMax };
  const later = addSeconds(AT, 60);

  it('of the amount keeps a slot that is due already', () => {
    expect(accepted(edit(schedule, { ...terms, units: 1n }, later))).toMatchObject({
      units: 1n,
      nextSlot: AT,
      version: 2,
    });
  });
  it('of the recurrence finds the next slot anew', () => {
    const edited = accepted(edit(schedule, { ...terms, recurrence: cron('0 12 * * *') }, later));
    expect(edited.nextSlot).toBe('2031-03-03T12:00:00.000Z');
  });
  it('that leaves no slot or no run is refused', () => {
    const recurring = { ...terms, recurrence: cron('0 12 * * *') };
    expect(refusalOf(edit(schedule, { ...recurring, endAt: later }, later)).code).toBe('schedule_never_fires');
    expect(refusalOf(edit(schedule, { ...terms, runsMax: 2 }, later)).code).toBe('schedule_never_fires');
    expect(accepted(edit(schedule, { ...terms, runsMax: 3 }, later)).runsMax).toBe(3);
  });
});
