// One process of the product on real stores, with a clock of its own. Queues are collected and delivered by the test, so that it
// decides on order, duplicates and losses.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { type App, openApp } from '../../src/app/app.ts';
import type { Custody } from '../../src/dfns/custody.ts';
import { addSeconds } from '../../src/domain/time.ts';
import { runJobs } from '../../src/doors/cron.ts';
import { http } from '../../src/doors/http.ts';
import { consume } from '../../src/doors/queue.ts';
import type { Bindings } from '../../src/env.ts';
import type { Log, LogFields } from '../../src/kit/log.ts';
import { type Stores, startOver, takeStores } from './database.ts';
import { control, PRODUCT, tokenOf, touch, touches } from './outside.ts';
import { counting, type Trip } from './trips.ts';

const ROUNDS_MAX = 60;

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
export type Settings = Readonly<Record<string, string>>;
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

/** A world as it was: what it takes to make it so again. */
export interface Moment {
  readonly own: Pick<Stage, 'at' | 'keys' | 'mails' | 'logged'> & {
    readonly queued: readonly Queued[];
    readonly delivered: ReadonlySet<string>;
    /** What the step that led here answered. */
    readonly result: unknown;
  };
  readonly custody: object;
  readonly stores: Stores;
  /** Webhooks that custody still holds are signed with a time, and soon too old for the door. */
  readonly until: number;
}
const HELD_MILLISECONDS = 120_000;
/** By the steps that led there. */
const moments = new Map<string, Moment>();

export class Stage {
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
  /** Which steps led here from a world that was just opened, if nothing else has happened in it; and how it was then. */
  #path: { readonly steps: string; readonly seen: string } | undefined;

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
    this.#path = undefined;
    this.app = this.#open(bindings, custody);
    this.#died = died ?? new Promise(() => {});
  }

  /** Work of the process: it is over when the process is. */
  #work = <T>(work: Promise<T>): Promise<T> => {
    touch();
    return Promise.race([work, this.#died]);
  };

  /** Changes whenever something happens in this world, or to what is around it. Only a test's own hand at a store is not seen. */
  #look = (): string => JSON.stringify([touches, this.keys, this.at, this.queued.length, this.trips.length]);

  /** From here on steps that were made before in a world like this one are retraced. */
  startAt(steps: string): void {
    this.#path = { steps, seen: this.#look() };
  }

  /** From here on every step is really made: for what others are sent by it. */
  makeAll(): void {
    this.#path = undefined;
  }

  /** What many tests begin with is made once: as long as nothing else has happened, the world is put to where the step led. */
  protected async retrace<T>(step: string, of: readonly unknown[], make: () => Promise<T>): Promise<T> {
    const { steps, seen } = this.#path ?? {};
    if (steps === undefined || seen !== this.#look()) return make();
    const path = `${steps} > ${step}${JSON.stringify(of)}`;
    const known = moments.get(path);
    const isGood = known !== undefined && Date.now() < known.until;
    const moment = isGood ? known : await this.keep(await make());
    if (isGood) await this.goTo(moment);
    else moments.set(path, moment);
    this.startAt(path);
    return structuredClone(moment.own.result) as T; // by the same step, with the same arguments
  }

  /** All there is now, to come back to. */
  async keep(result?: unknown): Promise<Moment> {
    const { at, keys, queued, mails, logged } = this;
    const own = structuredClone({ at, keys, queued, mails, logged, delivered: this.#delivered, result });
    const until = (await this.held()).length > 0 ? Date.now() + HELD_MILLISECONDS : Number.POSITIVE_INFINITY;
    return { own, custody: await control('GET', '/state'), stores: await takeStores(), until };
  }

  async goTo({ own, custody, stores }: Moment): Promise<void> {
    await startOver(stores);
    await control('PUT', '/state', custody);
    const { at, keys, queued, mails, logged, delivered } = structuredClone(own);
    Object.assign(this, { at, keys, queued: [...queued] });
    this.mails.splice(0, Number.POSITIVE_INFINITY, ...mails);
    this.logged.splice(0, Number.POSITIVE_INFINITY, ...logged);
    this.#delivered = new Set(delivered);
  }

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
    this.#path = undefined;
    const { custody } = this.app;
    const bound = custody[name].bind(custody) as Custody[Name];
    Object.defineProperty(this.app, 'custody', { value: { ...custody, [name]: change(bound) }, configurable: true });
  }

  tick = (cron = '* * * * *', at = this.at) => this.#work(runJobs({ cron, scheduledTime: Date.parse(at) }, this.app));

  /**
   * Lets everything happen until nothing does: crons, queues, custody's own progress, webhooks. Cron fires at first, and
   * again whenever the rest has come to an end; its minutes are long for what takes seconds.
   */
  async settle({
    webhooks = true,
    ticks = true,
    rounds = ROUNDS_MAX,
  }: {
    webhooks?: boolean;
    ticks?: boolean;
    rounds?: number;
  } = {}): Promise<void> {
    let fires = ticks;
    for (let round = 0; round < rounds; round += 1) {
      if (fires) await this.tick();
      const carried = await this.drainOnce();
      await this.advance(2);
      const delivered = webhooks ? await this.deliverWebhooks() : 0;
      const isQuiet = carried + delivered + this.queued.length === 0;
      if (isQuiet && fires === ticks) return;
      fires = ticks && isQuiet;
    }
    throw new Error(
      `not quiet after ${rounds} rounds: ${JSON.stringify(this.queued)} ${JSON.stringify(this.logged.slice(-5))}`,
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

  /** The database as the test reads or changes it. */
  async rows(sql: string, ...values: unknown[]): Promise<Json[]> {
    if (!/^\s*SELECT\b/i.test(sql)) touch();
    const { results } = await env.DB.prepare(sql)
      .bind(...values)
      .all();
    return results;
  }
}
