/**
 * Owns the controls under /_sandbox: what a developer or a test does to the emulated world that no Dfns client could.
 * Their paths and bodies are fixed, because tools outside this repository rely on them.
 */
import * as z from 'zod';
import { post } from './courier.ts';
import { DecisionBody, decide } from './decisions.ts';
import { finishDelivery, modes, readMode, restamp } from './deliveries.ts';
import type { FirstAccount } from './derive.ts';
import { foundDirectory } from './directory.ts';
import type { Delivery } from './entities.ts';
import { Empty, parse, Refused, readJson } from './errors.ts';
import { exchangeControlRoutes } from './exchange-controls.ts';
import { faultRoutes } from './faults.ts';
import { createWallets, fund } from './funding.ts';
import { type Answer, type Call, ok, pageRequest, param, type Route } from './http.ts';
import { identityRoutes } from './identity.ts';
import { overviewRoutes } from './overview.ts';
import { screeningRoutes } from './screening.ts';
import { Settings, SettingsChange } from './settings.ts';
import { settleRoutes } from './settle.ts';
import { iso, type World } from './world.ts';

/** Thirty years: beyond that the clock leaves the range of dates that clients can read. */
const ADVANCE_SECONDS_MAX = 30 * 366 * 86_400;

const DecideBody = z.strictObject({ user: z.string(), ...DecisionBody.shape });
const AdvanceBody = z.strictObject({ seconds: z.number().min(0).max(ADVANCE_SECONDS_MAX) });
const ModeBody = z.strictObject({ mode: z.enum(modes) });

export const controlRoutes: readonly Route<Call>[] = [
  { method: 'GET', path: '/_sandbox/organization', serve: getOrganization },
  { method: 'POST', path: '/_sandbox/wallets/:walletId/fund', serve: fund },
  { method: 'POST', path: '/_sandbox/approvals/:approvalId/decide', serve: decideAs },
  { method: 'GET', path: '/_sandbox/time', serve: ({ now }) => ok({ now: iso(now) }) },
  { method: 'POST', path: '/_sandbox/time/advance', serve: advance },
  { method: 'GET', path: '/_sandbox/webhooks/mode', serve: (world) => ok({ mode: readMode(world) }) },
  { method: 'PUT', path: '/_sandbox/webhooks/mode', serve: setMode },
  { method: 'GET', path: '/_sandbox/deliveries', serve: listDeliveries },
  { method: 'POST', path: '/_sandbox/deliveries/:deliveryId/send', serve: sendDelivery },
  { method: 'GET', path: '/_sandbox/settings', serve: ({ settings }) => ok(settings) },
  { method: 'PUT', path: '/_sandbox/settings', serve: changeSettings },
  { method: 'POST', path: '/_sandbox/reset', serve: reset },
  { method: 'GET', path: '/_sandbox/statistics', serve: ({ store }) => ok(store.sql.statistics()) },
  { method: 'POST', path: '/_sandbox/wallets/bulk', serve: createWallets },
  ...faultRoutes,
  ...settleRoutes,
  ...identityRoutes,
  ...overviewRoutes,
  ...screeningRoutes,
  ...exchangeControlRoutes,
];

function getOrganization({ organization }: World, { url }: Call): Answer {
  const { orgId, accounts } = organization;
  const access = ({ name, userId, authToken, credentialId, privateKey }: FirstAccount) =>
    [name, { userId, authToken, credentialId, privateKey }] as const;
  return ok({
    orgId,
    apiUrl: url.origin,
    serviceAccounts: Object.fromEntries(accounts.filter((account) => account.isServiceAccount).map(access)),
    users: Object.fromEntries(accounts.filter((account) => !account.isServiceAccount).map(access)),
  });
}

function decideAs(world: World, call: Call): Answer {
  const { user, ...decision } = parse(DecideBody, readJson(call.text), 'body');
  const account = world.organization.accounts.find(({ name, userId }) => name === user || userId === user);
  if (!account) throw new Refused(400, `Invalid body: user: unknown name or userId "${user}"`);
  return ok(decide(world, param(call, 'approvalId'), account, decision));
}

function advance(_world: World, { text }: Call): Answer {
  const { seconds } = parse(AdvanceBody, readJson(text), 'body');
  const later: Answer['later'] = async (machine) => ok({ now: iso(await machine.advance(Math.round(seconds * 1000))) });
  return { status: 200, body: {}, later };
}

function setMode(world: World, { text }: Call): Answer {
  const { mode } = parse(ModeBody, readJson(text), 'body');
  world.store.setMeta('webhookMode', mode);
  return ok({ mode });
}

/** The newest thousand, or so many as `limit` says, in the order in which they arose. */
function listDeliveries(world: World, call: Call): Answer {
  const { limit } = pageRequest(call, { limitDefault: 1000, limitMax: 10_000 });
  const items = world.store.select('deliveries', 'ORDER BY seq DESC LIMIT ?', limit).reverse();
  return ok({ items: items.map(viewDelivery) });
}

/** What is still to be sent is held, for whoever looks. */
const viewDelivery = (delivery: Delivery) => ({
  ...delivery,
  status: delivery.status === 'queued' ? 'held' : delivery.status,
});

function sendDelivery(world: World, call: Call): Answer {
  parse(Empty, readJson(call.text), 'body');
  const deliveryId = param(call, 'deliveryId');
  const found = world.store.find('deliveries', deliveryId);
  if (!found) throw new Refused(404, `No delivery ${deliveryId}.`);
  // What was sent before is repeated byte by byte; what was held gets the time of its sending.
  const delivery = found.dateSent === undefined ? restamp(world, found) : found;
  world.store.save('deliveries', deliveryId, { ...delivery, status: 'held' }, { status: 'held' });
  const later: Answer['later'] = async (machine) => {
    const outcome = await post(delivery, world.settings);
    return ok(viewDelivery(machine.transaction((then) => finishDelivery(then, delivery, outcome))));
  };
  return { status: 200, body: {}, later };
}

function changeSettings(world: World, { text }: Call): Answer {
  const change = parse(SettingsChange, readJson(text), 'body');
  const settings = Settings.parse({ ...world.settings, ...change });
  world.store.setMeta('settings', JSON.stringify(settings));
  return ok(settings);
}

function reset(world: World, { text }: Call): Answer {
  parse(Empty, readJson(text), 'body');
  world.store.reset();
  foundDirectory(world.store, world.organization);
  return ok({});
}
