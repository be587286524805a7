// A world for one test: the real doors, a real D1, the sandbox as custody, and a clock of its own. Queues are collected and
// delivered by the test, so that it decides on order, duplicates and losses.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { DfnsApiClient } from '@dfns/sdk';
import { AsymmetricKeySigner } from '@dfns/sdk-keysigner';
import { applySetup } from '../../scripts/setup/apply.ts';
import { type Wanted, wantedOrganization } from '../../scripts/setup/organization.ts';
import { showPlan } from '../../scripts/setup/plan.ts';
import { proofOf } from '../../scripts/setup/prove.ts';
import { readOrganization } from '../../scripts/setup/read.ts';
import { type App, openApp } from '../../src/app/app.ts';
import type { Custody } from '../../src/dfns/custody.ts';
import { addSeconds, timestamp } from '../../src/domain/time.ts';
import { runJobs } from '../../src/doors/cron.ts';
import { http } from '../../src/doors/http.ts';
import { consume } from '../../src/doors/queue.ts';
import type { Bindings } from '../../src/env.ts';
import type { Log, LogFields } from '../../src/kit/log.ts';
import { type Rows, startOver, takeRows } from './database.ts';
import { counting, type Trip } from './trips.ts';

export const SANDBOX = 'http://sandbox.test';
const PRODUCT = 'http://fiducia.test';
/** A Monday, far enough ahead that the sandbox's clock can be advanced to it. */
export const MONDAY = '2031-03-03T09:00:00.000Z';
export const EXCHANGE = '0x52908400098527886e0f7030069857d2e4169ee7';
export const OTHER_EXCHANGE = '0x8617e340b3d01fa5f11f306f4090fd50e238070d';
export const USDC = 'EthereumSepolia/0x1c7d4b196cb0c7b01d743fbc6116a902379c7238';
export const NATIVE = 'EthereumSepolia/native';
const ROUNDS_MAX = 60;
/** Entries as the journal's own code names their columns. */
export const ENTRIES =
  'SELECT place, id, subject_id subjectId, version, kind, account_id accountId, wallet_id walletId, policy_id policyId, actor, actor_role actorRole, request_id requestId, at, data, hash FROM journal';

// biome-ignore lint/suspicious/noExplicitAny: answers are examined by the tests that asked for them
type Json = any;
export interface Queued {
  readonly queue: 'fiducia-money' | 'fiducia-events' | 'fiducia-notify';
  readonly body: unknown;
  readonly attempts: number;
  /** How long the queue was asked to hold it; the tests decide whether it does. */
  readonly delaySeconds?: number;
}
/** An e-mail as it was handed to the platform. */
export interface Mail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}
/** What a test replaces for one process of a world. */
export interface Process {
  readonly bindings?: Bindings;
  readonly custody?: Custody;
  readonly died?: Promise<never>;
}
type Settings = Readonly<Record<string, string>>;
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

export async function control(method: string, path: string, body?: object): Promise<Json> {
  const answer = await fetch(`${SANDBOX}/_sandbox${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} /_sandbox${path}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

const tokens = new Map<string, string>();
export const forgetTokens = () => tokens.clear();
export async function tokenOf(name: string): Promise<string> {
  const known = tokens.get(name);
  if (known !== undefined) return known;
  const answer = await fetch(`${SANDBOX}/_sandbox/identity/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: name }),
  });
  const { access_token: token } = await answer.json<{ access_token: string }>();
  tokens.set(name, token);
  return token;
}

/** The unmodified SDK as one of the sandbox's accounts. */
export async function sdk(name: string): Promise<DfnsApiClient> {
  const { orgId, serviceAccounts, users } = await control('GET', '/organization');
  const { authToken, credentialId, privateKey } = serviceAccounts[name] ?? users[name];
  return new DfnsApiClient({
    baseUrl: SANDBOX,
    orgId,
    authToken,
    signer: new AsymmetricKeySigner({ credId: credentialId, privateKey }),
  });
}

/** The organisation that the sandbox's people and service accounts make up. */
export async function wantedForTests(): Promise<Wanted> {
  const { serviceAccounts, users } = await control('GET', '/organization');
  return wantedOrganization({
    officers: ['compliance-1', 'compliance-2', 'compliance-3'].map((name) => users[name].userId),
    setupId: serviceAccounts.setup.userId,
    makerId: serviceAccounts.maker.userId,
    checkerId: serviceAccounts.checker.userId,
    webhookUrl: `${PRODUCT}/webhooks/dfns`,
  });
}

export class World {
  queued: Queued[] = [];
  readonly mails: Mail[] = [];
  readonly logged: { event: string; fields: LogFields | undefined }[] = [];
  app: App;
  readonly bindings: Bindings;
  /** Each round trip of the product to D1. */
  readonly trips: Trip[] = [];
  at: string;
  /** Rejects when the process of `app` ends; a process that nobody kills lives for ever. */
  #died: Promise<never> = new Promise(() => {});
  /** So many Idempotency-Keys were given out. */
  keys = 0;
  #delivered = new Set<string>();

  constructor(at: string, secret: string, settings: Settings) {
    this.at = at;
    const collect = (queue: Queued['queue']) => ({
      send: async (body: unknown, { delaySeconds = 0 }: { delaySeconds?: number } = {}) =>
        void this.queued.push({ queue, body: structuredClone(body), attempts: 1, delaySeconds }),
      sendBatch: async (messages: Iterable<{ body: unknown }>) => {
        for (const { body } of messages) this.queued.push({ queue, body: structuredClone(body), attempts: 1 });
      },
    });
    this.bindings = {
      ...env,
      ...settings,
      DB: counting(env.DB, this.trips),
      DFNS_WEBHOOK_SECRETS: secret,
      MONEY: collect('fiducia-money') as unknown as Queue, // only the two sends of a producer are ever called
      EVENTS: collect('fiducia-events') as unknown as Queue,
      NOTIFY: collect('fiducia-notify') as unknown as Queue,
      EMAIL: { send: async (mail: Mail) => void this.mails.push(mail) } as unknown as SendEmail, // the one send we call
    };
    this.app = this.#open(this.bindings);
  }

  #open(bindings: Bindings, custody?: Custody): App {
    const keep = (event: string, fields?: LogFields) => void this.logged.push({ event, fields });
    const log: Log = { info: keep, error: keep };
    const clock = { now: () => this.at, wall: () => Date.now() };
    // A wait passes at once, on both clocks.
    const sleep = (milliseconds: number) => this.advance(milliseconds / 1000);
    return openApp(bindings, { clock, random: () => 0.5, log, sleep, ...(custody === undefined ? {} : { custody }) });
  }

  /** Another process on the same state: nothing of the one before goes on. */
  restart({ bindings = this.bindings, custody, died }: Process = {}): void {
    this.app = this.#open(bindings, custody);
    this.#died = died ?? new Promise(() => {});
  }

  /** Work of the process: it is over when the process is. */
  #work = <T>(work: Promise<T>): Promise<T> => Promise.race([work, this.#died]);

  /** One request through the HTTP door. Writes carry a fresh Idempotency-Key unless one is given. */
  async request(
    as: string | undefined,
    method: string,
    path: string,
    body?: object | string,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    this.keys += 1;
    const key = `key-${this.keys}`;
    const sent = new Headers(as === undefined ? {} : { authorization: `Bearer ${await tokenOf(as)}` });
    if (method !== 'GET') sent.set('idempotency-key', key);
    if (body !== undefined) sent.set('content-type', 'application/json');
    for (const [name, value] of Object.entries(headers)) sent.set(name, value);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const request = new Request(`${PRODUCT}${path}`, {
      method,
      headers: sent,
      ...(body === undefined ? {} : { body: text }),
    });
    const execution = createExecutionContext();
    const response = await this.#work(Promise.resolve(http.fetch(request, this.app, execution)));
    // As bytes: the runtime warns of text that is not called so, such as NDJSON.
    const answered = new TextDecoder().decode(await response.arrayBuffer());
    await this.#work(waitOnExecutionContext(execution));
    return {
      status: response.status,
      headers: response.headers,
      body: /[/+]json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(answered) : answered || undefined,
    };
  }

  get = (as: string, path: string) => this.request(as, 'GET', path);
  post = (as: string, path: string, body?: object) => this.request(as, 'POST', path, body);

  /** A write that must succeed; its answer. */
  async must(as: string, path: string, body?: object): Promise<Json> {
    const answer = await this.post(as, path, body);
    if (answer.status >= 300)
      throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)} ${JSON.stringify(this.logged.at(-1))}`);
    return answer.body;
  }

  /** Carries out what is on the queues now, one message a batch; those that say "again" come back. Returns how many. */
  async drainOnce(): Promise<number> {
    const now = this.queued;
    this.queued = [];
    for (const [index, message] of now.entries()) {
      try {
        await this.carryOut(message);
      } catch (fault) {
        this.queued.push(...now.slice(index + 1));
        throw fault;
      }
    }
    return now.length;
  }

  async carryOut({ queue, body, attempts }: Queued): Promise<void> {
    let again = false;
    const message = {
      id: crypto.randomUUID(),
      timestamp: new Date(this.at),
      attempts,
      body,
      ack: () => {},
      retry: () => {
        again = true;
      },
    };
    const batch = { queue, messages: [message], ackAll: () => {}, retryAll: () => {}, metadata: {} };
    try {
      await this.#work(consume(batch as unknown as MessageBatch<unknown>, this.app)); // the members that a consumer calls
    } catch (fault) {
      // The process ended before it acknowledged: the queue delivers it again.
      this.queued.push({ queue, body, attempts: attempts + 1 });
      throw fault;
    }
    if (again) this.queued.push({ queue, body, attempts: attempts + 1 });
  }

  /** Both clocks, ours and custody's. */
  async advance(seconds: number): Promise<void> {
    this.at = addSeconds(this.at, seconds);
    await control('POST', '/time/advance', { seconds });
  }

  async held(): Promise<Json[]> {
    const { items } = await control('GET', '/deliveries');
    // Others have webhooks at custody too.
    const isOurs = ({ url }: Json) => url === `${PRODUCT}/webhooks/dfns`;
    return items.filter((item: Json) => item.status === 'held' && isOurs(item) && !this.#delivered.has(item.id));
  }

  async deliver(delivery: Json): Promise<Answer> {
    this.#delivered.add(delivery.id);
    return this.request(undefined, 'POST', '/webhooks/dfns', delivery.body, delivery.headers);
  }

  /** Delivers what custody holds for us, oldest first. */
  async deliverWebhooks(): Promise<number> {
    const held = await this.held();
    for (const delivery of held) {
      const { status, body } = await this.deliver(delivery);
      if (status !== 200) throw new Error(`webhook: ${status} ${JSON.stringify(body)}`);
    }
    return held.length;
  }

  /** Custody as it is, but for some calls that the test delays, breaks or precedes: faults that no URL can name. */
  perturb<Name extends keyof Custody>(name: Name, change: (call: Custody[Name]) => Custody[Name]): void {
    const { custody } = this.app;
    const bound = custody[name].bind(custody) as Custody[Name];
    Object.defineProperty(this.app, 'custody', { value: { ...custody, [name]: change(bound) }, configurable: true });
  }

  tick = (cron = '* * * * *', at = this.at) => this.#work(runJobs({ cron, scheduledTime: Date.parse(at) }, this.app));

  /**
   * Lets everything happen until nothing does: crons, queues, custody's own progress, webhooks. Cron fires at first, and
   * again whenever the rest has come to an end; its minutes are long for what takes seconds.
   */
  async settle({ webhooks = true, ticks = true }: { webhooks?: boolean; ticks?: boolean } = {}): Promise<void> {
    let fires = ticks;
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      if (fires) await this.tick();
      const carried = await this.drainOnce();
      await this.advance(2);
      const delivered = webhooks ? await this.deliverWebhooks() : 0;
      const isQuiet = carried + delivered + this.queued.length === 0;
      if (isQuiet && fires === ticks) return;
      fires = ticks && isQuiet;
    }
    throw new Error(
      `not quiet after ${ROUNDS_MAX} rounds: ${JSON.stringify(this.queued)} ${JSON.stringify(this.logged.slice(-5))}`,
    );
  }

  /** Lets minutes pass until it is so: what waits for custody's own time is quiet in between. */
  async waitFor(isSo: () => Promise<boolean>, { minutes = 60 }: { minutes?: number } = {}): Promise<void> {
    for (let minute = 0; minute < minutes; minute += 1) {
      await this.tick();
      await this.settle({ ticks: false });
      if (await isSo()) return;
      await this.advance(60);
    }
    throw new Error(`not so after ${minutes} minutes: ${JSON.stringify(this.logged.slice(-5))}`);
  }

  /** Custody may be asked for no transfer for now: what is due is prepared, and waits before its hand-over. */
  async holdMoney(): Promise<void> {
    await this.rows(
      "INSERT INTO custody_pace VALUES ('money', ?) ON CONFLICT DO UPDATE SET free_at = excluded.free_at",
      Date.parse(addSeconds(this.at, 600)),
    );
  }

  freeMoney = () => this.rows("UPDATE custody_pace SET free_at = 0 WHERE share = 'money'");

  async decide(approvalId: string, value: 'Approved' | 'Denied', reason?: string): Promise<void> {
    await control('POST', `/approvals/${approvalId}/decide`, {
      user: 'compliance-1',
      value,
      ...(reason === undefined ? {} : { reason }),
    });
  }

  /** The proof of rights, as an admin records it each week; its view. */
  async prove(): Promise<Json> {
    const proven = proofOf(await wantedForTests(), await readOrganization(await sdk('setup')), this.at);
    if (!proven.ok) throw new Error(`not proven: ${proven.unread.join('; ')}`);
    return this.must('admin-1', '/v1/permission-proofs', proven.proof);
  }

  /** An active account of this client; its view. */
  async openAccount(client = 'client-1'): Promise<Json> {
    await this.must(client, '/v1/accounts', { networks: ['EthereumSepolia'] });
    await this.settle();
    const { body } = await this.get(client, '/v1/accounts/me');
    if (body.status !== 'active') {
      throw new Error(`the account is ${body.status}: ${body.reason} ${JSON.stringify(this.logged.slice(-5))}`);
    }
    return body;
  }

  async fund(account: Json, units: string, contract?: string): Promise<void> {
    const kind = contract === undefined ? { kind: 'Native' } : { kind: 'Erc20', contract };
    await control('POST', `/wallets/${account.wallets[0].custodyId}/fund`, { ...kind, amount: units });
  }

  async ask(client: string, address: string, label = 'Exchange'): Promise<Json> {
    return this.must(client, '/v1/accounts/me/destinations', {
      network: 'EthereumSepolia',
      address,
      label,
      kind: 'exchange',
    });
  }

  async destination(client: string, id: string): Promise<Json> {
    return (await this.get(client, `/v1/destinations/${id}`)).body;
  }

  /** A destination that an officer approved. */
  async approved(client: string, address = EXCHANGE): Promise<Json> {
    const { id } = await this.ask(client, address);
    await this.settle();
    await this.decide((await this.destination(client, id)).review.approvalId, 'Approved');
    await this.settle();
    return this.destination(client, id);
  }

  async grant(
    client: string,
    destinationId: string,
    limits = [{ asset: USDC, perOrder: '5000000', perDay: '8000000' }],
  ): Promise<Json> {
    return this.must(client, '/v1/accounts/me/mandates', {
      venue: 'Kraken',
      destinationId,
      limits,
      validUntil: addSeconds(this.at, 30 * 86_400),
    });
  }

  /** A schedule whose first slot is the next full minute. */
  async schedule(mandateId: string, units: string, more: object = {}): Promise<Json> {
    return this.must('operator-1', '/v1/schedules', {
      mandateId,
      asset: USDC,
      units,
      recurrence: { kind: 'cron', expression: '* * * * *', timeZone: 'UTC' },
      runsMax: 1,
      ...more,
    });
  }

  /** An account with money, an approved exchange, a mandate and one due slot that nobody has claimed yet. */
  async readyToTrade(client = 'client-1', units = '3000000'): Promise<Json> {
    const account = await this.openAccount(client);
    await this.fund(account, '1000000000000000000');
    await this.fund(account, '10000000', USDC.split('/')[1]);
    const destination = await this.approved(client);
    const mandate = await this.grant(client, destination.id);
    const schedule = await this.schedule(mandate.id, units);
    await this.advance((Date.parse(schedule.nextSlot) - Date.parse(this.at)) / 1000 + 1);
    return { account, destination, mandate, schedule };
  }

  async order(scheduleId: string): Promise<Json> {
    const { items } = (await this.get('operator-1', `/v1/orders?scheduleId=${scheduleId}`)).body;
    return items[0];
  }

  /** Transfers as custody has them. */
  async custodyTransfers(account: Json): Promise<Json[]> {
    const { items } = await (await sdk('maker')).wallets.listTransfers({ walletId: account.wallets[0].custodyId });
    return items;
  }

  rows = async (sql: string, ...values: unknown[]): Promise<Json[]> =>
    (
      await env.DB.prepare(sql)
        .bind(...values)
        .all()
    ).results;
}

/**
 * `settings` take the place of those in wrangler.toml; `readings` are custody's, for what its documents leave open, from
 * before the organisation is set up.
 */
export async function openWorld({
  at = MONDAY,
  settings = {},
  readings = {},
}: {
  at?: string;
  settings?: Settings;
  readings?: object;
} = {}): Promise<World> {
  const name = JSON.stringify([at, settings, readings]);
  const known = opened.get(name);
  if (known !== undefined) return reopen(known, settings);
  await startOver();
  await control('POST', '/reset', {});
  await control('PUT', '/settings', readings);
  await control('PUT', '/webhooks/mode', { mode: 'hold' });
  const seconds = Math.ceil((Date.parse(at) - Date.parse(timestamp(Date.now()))) / 1000);
  await control('POST', '/time/advance', { seconds });
  const wanted = await wantedForTests();
  const dfns = await sdk('setup');
  const { steps, isRefused, webhook } = await applySetup(dfns, wanted, undefined);
  if (isRefused || webhook?.secret === undefined) throw new Error(`not set up: ${showPlan(steps)}`);
  const world = new World(at, webhook.secret, settings);
  await world.must('admin-1', '/v1/epoch', { epoch: world.app.config.restoreEpoch });
  // That asked custody at the world's time; a test begins at a pace that nobody has used, also one with a clock of its own.
  await env.DB.prepare('DELETE FROM custody_pace').run();
  await world.prove();
  opened.set(name, {
    ...structuredClone({ at: world.at, keys: world.keys, secret: webhook.secret, queued: world.queued }),
    custody: await control('GET', '/state'),
    rows: await takeRows(),
  });
  return world;
}

/** A world as it was when it had been opened: what it takes to make it so again. */
interface Opened {
  readonly at: string;
  readonly keys: number;
  readonly secret: string;
  readonly queued: readonly Queued[];
  readonly custody: object;
  readonly rows: Rows;
}
/** Each test gets a world of its own, but setting up custody takes longer than most tests: it is done once for each kind. */
const opened = new Map<string, Opened>();

async function reopen({ at, keys, secret, queued, custody, rows }: Opened, settings: Settings): Promise<World> {
  await startOver(rows);
  await control('PUT', '/state', custody);
  const world = new World(at, secret, settings);
  world.keys = keys;
  world.queued = structuredClone([...queued]);
  return world;
}
