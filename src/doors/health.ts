// Alive, and ready: configured and able to reach what it stands on, naming what is missing.

import { sql } from 'drizzle-orm';
import { Hono } from 'hono';
import type { App } from '../app/app.ts';
import type { Variables } from '../app/routes.ts';
import { addSeconds } from '../domain/time.ts';
import { openAttestor } from '../kit/attestation-keys.ts';
import { findKeys } from '../kit/issuer-keys.ts';
import { findOverdueMessage } from '../store/event-health.ts';

type Check = { name: string; ok: boolean; missing?: readonly string[] };

async function works(name: string, call: () => Promise<boolean>): Promise<Check> {
  try {
    return { name, ok: await call() };
  } catch {
    // Whatever went wrong, the answer to "can it be reached" is no.
    return { name, ok: false };
  }
}

/** A message is sent again after two minutes, and waits fifteen at most between its later tries: this long none is due. */
const OVERDUE_SECONDS = 900;

/** Anyone may ask, and custody counts our calls: its answer serves for a while. */
const CUSTODY_MILLISECONDS = 30_000;
let custody: { readonly check: Check; readonly at: number } | undefined;

async function checkCustody(app: App, publicUrl: string): Promise<Check> {
  const now = app.clock.wall();
  if (custody === undefined || now - custody.at >= CUSTODY_MILLISECONDS) {
    const look = async () => (await app.custody.listWebhookIds(`${publicUrl}/webhooks/dfns`)).length > 0;
    custody = { check: await works('custody', look), at: now };
  }
  return custody.check;
}

export const health = new Hono<{ Bindings: App; Variables: Variables }>()
  .get('/healthz', (c) => c.json({ status: 'alive' }))
  .get('/readyz', async (c) => {
    const { settings, database, bindings, clock } = c.env;
    const configured: Check = settings.ok
      ? { name: 'settings', ok: true }
      : {
          name: 'settings',
          ok: false,
          missing: settings.refusal.code === 'not_configured' ? settings.refusal.settings : [],
        };
    const checks = [
      configured,
      await works('database', async () => (await database.all(sql`SELECT 1 FROM journal LIMIT 1`)).length <= 1),
      await works('queues', async () => {
        const before = addSeconds(clock.now(), -OVERDUE_SECONDS);
        return (await findOverdueMessage(database, before)) === undefined;
      }),
      ...(settings.ok
        ? await Promise.all([
            works(
              'issuer keys',
              async () => (await findKeys(settings.value.tokens.jwksUrl, bindings.HINTS, clock.wall())) !== undefined,
            ),
            checkCustody(c.env, settings.value.publicUrl),
            works('attestation key', async () => (await openAttestor(settings.value.attestation)).keyId.length > 0),
          ])
        : []),
    ];
    const isReady = checks.every(({ ok }) => ok);
    return c.json({ status: isReady ? 'ready' : 'not ready', checks }, isReady ? 200 : 503);
  });
