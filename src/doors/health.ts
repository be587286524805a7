// Alive, and ready: configured and able to reach what it stands on, naming what is missing.

import { sql } from 'drizzle-orm';
import { Hono } from 'hono';
import type { App } from '../app/app.ts';
import { judgeDatabase } from '../app/epoch.ts';
import type { Variables } from '../app/routes.ts';
import { secondsBetween } from '../domain/time.ts';
import { openAttestor } from '../kit/attestation-keys.ts';
import { findKeys } from '../kit/issuer-keys.ts';
import { findOldestDue } from '../store/outbox.ts';

type Check = { name: string; ok: boolean; missing?: readonly string[] };

async function works(name: string, call: () => Promise<boolean>): Promise<Check> {
  try {
    return { name, ok: await call() };
  } catch {
    // Whatever went wrong, the answer to "can it be reached" is no.
    return { name, ok: false };
  }
}

/** Anyone may ask, and custody counts our calls: its answer serves for a while, to those that are set up alike. */
const CUSTODY_MILLISECONDS = 30_000;
const ofCustody = new WeakMap<object, { readonly checks: readonly Check[]; readonly at: number }>();

async function checkCustody(app: App, publicUrl: string): Promise<readonly Check[]> {
  const now = app.clock.wall();
  const last = ofCustody.get(app.bindings);
  if (last !== undefined && now - last.at < CUSTODY_MILLISECONDS) return last.checks;
  const look = async () => (await app.custody.listWebhookIds(`${publicUrl}/webhooks/dfns`)).length > 0;
  const sponsors = [...app.config.feeSponsors].map(([network, id]) => checkSponsor(app, network, id));
  const venues = [...app.config.venueAccounts].map(([venue, account]) => checkVenue(app, venue, account));
  const checks = await Promise.all([works('custody', look), ...sponsors, ...venues]);
  ofCustody.set(app.bindings, { checks, at: now });
  return checks;
}

/** Transfers of a network whose sponsor cannot pay are refused by custody, each and every one. */
const checkSponsor = (app: App, network: string, id: string): Promise<Check> =>
  works(`fee sponsor of ${network}`, async () => {
    const sponsor = await app.custody.findFeeSponsor(id);
    return sponsor?.isActive === true && sponsor.network === network;
  });
/** A claim of the relay holds a message for two minutes: what is later than this is not being sent. */
const LAG_SECONDS_MAX = 300;
const LAG_MILLISECONDS = 5_000;
/** By database, so that its answer is never another's. */
const lags = new WeakMap<object, { readonly check: Check; readonly at: number }>();

async function checkQueues(app: App): Promise<Check> {
  const now = app.clock.wall();
  const last = lags.get(app.bindings.DB);
  if (last !== undefined && now - last.at < LAG_MILLISECONDS) return last.check;
  const check = await works('queues', async () => {
    const oldest = await findOldestDue(app.database);
    return oldest === undefined || secondsBetween(oldest.dueAt, app.clock.now()) <= LAG_SECONDS_MAX;
  });
  lags.set(app.bindings.DB, { check, at: now });
  return check;
}

/** Of a venue that custody does not show, nothing is ever seen to arrive. */
const checkVenue = (app: App, venue: string, account: string): Promise<Check> =>
  works(`account at ${venue}`, async () => (await app.custody.findVenueBalances(account)) !== undefined);

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
      await checkQueues(c.env),
      ...(settings.ok
        ? await Promise.all([
            works(
              'issuer keys',
              async () => (await findKeys(settings.value.tokens.jwksUrl, bindings.HINTS, clock.wall())) !== undefined,
            ),
            works('restore epoch', async () => (await judgeDatabase(c.env)).ok),
            works('attestation key', async () => (await openAttestor(settings.value.attestation)).keyId.length > 0),
          ])
        : []),
      ...(settings.ok ? await checkCustody(c.env, settings.value.publicUrl) : []),
    ];
    const isReady = checks.every(({ ok }) => ok);
    return c.json({ status: isReady ? 'ready' : 'not ready', checks }, isReady ? 200 : 503);
  });
