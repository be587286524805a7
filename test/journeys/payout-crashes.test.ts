// Every point at which a row can die between the release of its batch and its confirmation: paid once, booked once.
import { describe, expect, it } from 'vitest';
import { underOtherNames, type Way, walkCrashes } from '../support/crash.ts';
import { addressOf, fileOf, lineTo, type Office, openOffice } from '../support/office.ts';
import type { World } from '../support/world.ts';

const MINUTES_MAX = 30;

let office: Office;

interface Run {
  readonly id: string;
  readonly units: string;
}

/** One world for all runs, and a released batch of two rows that pay the same to the same for each. */
async function nextBatch(run: number): Promise<{ world: World; of: Run }> {
  if (run === 1) office = await openOffice('900000000', '900000000');
  const line = lineTo(addressOf(run), `1.${String(run).padStart(6, '0')}`);
  const { id } = await office.released(fileOf(line, line));
  return { world: office.world, of: { id, units: String(1_000_000 + run) } };
}

async function carryThrough(world: World): Promise<void> {
  await world.tick();
  for (let round = 0; round < 4; round += 1) await world.drainOnce();
  await world.advance(61);
  await world.tick();
  await world.drainOnce();
}

async function verify(world: World, { id, units }: Run): Promise<void> {
  // Without webhooks, which would find a transfer before any repeat of it.
  for (let minute = 0; minute < MINUTES_MAX && (await office.read(id)).status !== 'finished'; minute += 1) {
    await world.advance(60);
    await world.tick();
    await world.settle({ webhooks: false, ticks: false });
  }
  expect(await office.read(id)).toMatchObject({ status: 'finished', counts: { paid: 2 } });
  const made = await office.atCustody();
  expect(made.filter(({ requestBody }) => requestBody.amount === units)).toHaveLength(2);
  const [sum] = await world.rows(
    "SELECT (SELECT sum(units) FROM transfers) AS sent, (SELECT sum(reserved) FROM payout_sums WHERE period = 'day') AS reserved",
  );
  expect(sum.reserved).toBe(sum.sent);
}

const way: Way<Run> = { prepare: nextBatch, act: carryThrough, verify };

describe('a payout', () => {
  it('that dies at any call to D1, custody or a queue is paid once', { timeout: 600_000 }, async () => {
    const { points, broken } = await walkCrashes(way);
    expect(broken).toEqual([]);
    expect(points.length).toBeGreaterThan(20);
    expect(points).toContain('custody.transfer, before');
    expect(points).toContain('custody.transfer, after');
  });

  it('whose repeats were sent under another external id would be seen to be paid twice', {
    timeout: 240_000,
  }, async () => {
    const { broken } = await walkCrashes({
      ...way,
      only: (point) => point === 'custody.transfer, after',
      stride: 1,
      custody: underOtherNames(),
    });
    expect(broken[0]?.point).toBe('1 custody.transfer, after');
  });
});
