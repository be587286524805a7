// Alive, and ready: configured, with its database, and fit to be a checker; naming what is missing or wrong.
import { Hono } from 'hono';
import { addSeconds } from '../domain/time.ts';
import type { Checker } from './checker.ts';
import { knownFitness } from './fitness.ts';
import { findStanding, listBuriedSince } from './store.ts';

/** One that still waits is found by the look and buried again within this; one that is gone is named no longer. */
const BURIED_SECONDS = 3600;
/** So many of them are named. */
const BURIED_MAX = 5;

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly missing?: readonly string[];
}

async function works(name: string, missing: () => Promise<readonly string[]>): Promise<Check> {
  try {
    const found = await missing();
    return { name, ok: found.length === 0, ...(found.length === 0 ? {} : { missing: found }) };
  } catch {
    // Whatever went wrong, the answer to "does it work" is no.
    return { name, ok: false };
  }
}

export const health = new Hono<{ Bindings: Checker }>()
  .get('/healthz', (c) => c.json({ status: 'alive' }))
  .get('/readyz', async (c) => {
    const { settings, database, product, clock } = c.env;
    const { refusal } = settings.ok ? { refusal: undefined } : settings;
    const checks: Check[] = [
      await works('settings', async () => (refusal?.code === 'not_configured' ? refusal.settings : [])),
      await works('sanctions list', async () =>
        (await findStanding(database, 'sanctions')) === undefined
          ? ['no list is loaded: every request is left to people']
          : [],
      ),
      await works('fit to vote', async () => (await knownFitness(c.env)) ?? ['not proven yet, or too long ago']),
      await works('approvals', async () => {
        const buried = await listBuriedSince(database, addSeconds(clock.now(), -BURIED_SECONDS), BURIED_MAX);
        return buried.map((id) =>
          id === null
            ? 'a message that is not understood was buried'
            : `${id} could not be reviewed, and nobody was told: a person has to look at it at custody`,
        );
      }),
      await works('notices', async () => {
        const isTold = !settings.ok || settings.value.mode === 'shadow' || settings.value.notifyUrl !== undefined;
        return isTold ? [] : ['NOTIFY_URL: nobody is told of what is left to people'];
      }),
      await works('product', async () => {
        await product.stops('wa-none');
        return [];
      }),
    ];
    const isReady = checks.every(({ ok }) => ok);
    const mode = settings.ok ? settings.value.mode : 'unknown';
    return c.json({ status: isReady ? 'ready' : 'not ready', mode, checks }, isReady ? 200 : 503);
  });
