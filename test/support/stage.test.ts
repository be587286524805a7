// What tests begin with is retraced where nothing else has happened: it must be what making it leads to.
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { commit } from '../../src/store/commit.ts';
import { provenance } from './build.ts';
import { takeStores } from './database.ts';
import { control, sdk } from './outside.ts';
import { openWorld, type World } from './world.ts';

const everything = async (world: World) => {
  const { at, keys, queued, mails, logged } = world;
  // Its clock runs on.
  const { meta: _clock, ...tables } = (await control('GET', '/state')).tables;
  return { at, keys, queued, mails, logged, stores: await takeStores(), tables };
};

describe('a step that was made before in a world like this one', () => {
  it('is retraced to all that it led to, and the world goes on from there', async () => {
    const first = await openWorld();
    const ready = await first.readyToTrade();
    const made = await everything(first);
    const world = await openWorld();
    expect(await world.readyToTrade()).toEqual(ready);
    expect(await everything(world)).toEqual(made);
    await world.settle();
    expect(await world.order(ready.schedule.id)).toMatchObject({ status: 'executed' });
  });

  const happenings: Readonly<Record<string, (world: World) => Promise<unknown>>> = {
    'a request': (world) => world.get('client-1', '/v1/accounts/me'),
    'a control of the sandbox': () => control('PUT', '/settings', {}),
    'the SDK': () => sdk('maker'),
    cron: (world) => world.tick(),
    time: (world) => world.advance(1),
    'a write of the test': (world) => world.rows('UPDATE custody_pace SET free_at = 0'),
    'a commit of the test': (world) =>
      commit(world.app.database, {
        ...{ by: provenance(world.app.newId), changes: [] },
        bulk: {
          run: { subjectId: 'system', version: 1, kind: 'system.restored', accountId: null, data: {} },
          ...{ entries: [], writes: () => [] },
        },
      }),
    'another process': async (world) => world.restart(),
  };
  it.each(Object.keys(happenings))('is made anew after %s', async (name) => {
    const known = await (await openWorld()).openAccount();
    const world = await openWorld();
    await happenings[name]?.(world);
    expect((await world.openAccount()).id).not.toBe(known.id);
    expect((await env.DB.prepare('SELECT count(*) AS n FROM accounts').first<{ n: number }>())?.n).toBe(1);
  });
});
