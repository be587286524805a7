// Alive, and ready: configured, with its database, and fit to be a checker; naming what is missing or wrong.
import { Hono } from 'hono';
import type { Checker } from './checker.ts';
import { knownFitness } from './fitness.ts';
import { findStanding } from './store.ts';

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
    const { settings, database, product } = c.env;
    const { refusal } = settings.ok ? { refusal: undefined } : settings;
    const checks: Check[] = [
      await works('settings', async () => (refusal?.code === 'not_configured' ? refusal.settings : [])),
      await works('sanctions list', async () =>
        (await findStanding(database, 'sanctions')) === undefined
          ? ['no list is loaded: every request is left to people']
          : [],
      ),
      await works('fit to vote', async () => (await knownFitness(c.env)) ?? ['not proven yet, or too long ago']),
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
