// The world of one episode: the database and stores of the product, custody's own state, what is on its way between them, and
// the processes of the product, each invocation opened anew as the platform does.
import { ATTESTATION_KEY } from '../support/attestation-key.ts';
import { PAYOUT_LIMITS } from './assets.ts';
import type { Code, Start } from './bundle.ts';
import { CHECKER } from './checker-world.ts';
import type { Pace } from './climate.ts';
import type { Call } from './deliver.ts';
import { localD1 } from './platform/d1.ts';
import { localState } from './platform/durable-object.ts';
import { surroundWith } from './platform/globals.ts';
import { Sqlite } from './platform/sqlite.ts';
import {
  countMessagesAnew,
  type Kept,
  localArchive,
  localKv,
  localQueue,
  type Message,
  type Stores,
} from './platform/stores.ts';
import { Random } from './random.ts';
import {
  type Answer,
  type Arrived,
  asToken,
  BEGINNING,
  CUSTODY_SEED,
  migrations,
  PRODUCT,
  SANDBOX,
  type Snapshot,
  type Transit,
  texts,
} from './shapes.ts';
import { type Task, Tasks } from './tasks.ts';

export class World implements Stores {
  readonly code: Code;
  readonly tasks = new Tasks();
  readonly product: Sqlite;
  readonly custodyState: Sqlite;
  /** The checker's own. */
  readonly checker: Sqlite;
  checkerMode: 'live' | 'shadow' = 'shadow';
  checkerSecret: string;
  readonly kv: Map<string, Kept>;
  readonly archive: Map<string, string>;
  readonly queued: Message[] = [];
  readonly transits: Transit[] = [];
  readonly chance: Random;
  readonly logged: string[] = [];
  webhookSecret: string;
  /** Milliseconds. */
  time: number;
  /** Whose work is going on; what calls the network belongs to it. */
  current: Task | undefined;
  /** What is deployed as RESTORE_EPOCH. */
  epoch = texts.RESTORE_EPOCH ?? '';
  /** Files that the office uploaded, as it keeps them. */
  readonly uploads: Call[] = [];
  /** How the database was set back: with a new epoch, as the procedure has it, or by somebody who told nobody. */
  restored: 'no' | 'with a new epoch' | 'silently' = 'no';
  /** To when, in milliseconds. */
  restoredTo = 0;
  onRestored: () => void = () => {};
  /** Whether the next read of KV shows the value from before. */
  staleReads = false;
  /** Hears of each call that reaches custody, before and after. */
  onCustody: (method: string, path: string, body: string) => void = () => {};
  /** Hears that something has happened, each time before anything else does. */
  onStep: () => void = () => {};
  /** Hears of the tables that a write of the product named. */
  onWritten: (tables: readonly string[]) => void = () => {};
  /** Hears of each webhook that our door acknowledged. */
  onAccepted: (event: Arrived) => void = () => {};
  /** Hears of each that reached it, whatever became of it. */
  onArrived: (event: Arrived) => void = () => {};
  /** Hears of each answer of our door to a person. */
  onAnswer: (call: Call, answer: { readonly status: number; readonly text: string }) => void = () => {};
  /** What happens outside when the process of a task dies. */
  readonly onDeath = new Map<Task, () => void>();
  readonly #custody: InstanceType<Code['Organization']>;
  readonly #tokens = new Map<string, { token: string; until: number }>();
  #callsPerMinute = '1000000';

  constructor(start: Start, seed: number, from?: Snapshot) {
    this.chance = new Random(seed);
    this.time = from?.now ?? BEGINNING;
    countMessagesAnew();
    surroundWith({
      now: () => this.time,
      fill: (bytes) => this.chance.fill(bytes),
      fetch: (url, init) => this.#fetch(url, init),
      wait: (milliseconds) => this.#wait(milliseconds),
    });
    this.tasks.onFault = (fault) => void this.logged.push(`an invocation threw ${String(fault)}`);
    this.code = start();
    this.product = new Sqlite(from?.product);
    if (from === undefined) this.product.script(migrations());
    this.custodyState = new Sqlite(from?.custody);
    this.checker = new Sqlite(from?.checker);
    if (from === undefined) this.checker.script(migrations('src/checker/migrations'));
    this.checkerSecret = from?.checkerSecret ?? 'not-known-before-set-up';
    this.kv = new Map(from?.kv);
    this.archive = new Map(from?.archive);
    this.webhookSecret = from?.webhookSecret ?? 'not-known-before-set-up';
    const env = { SANDBOX_SEED: CUSTODY_SEED } as ConstructorParameters<Code['Organization']>[1];
    this.#custody = new this.code.Organization(localState(this.custodyState), env);
  }

  now = (): number => this.time;
  isStale = (): boolean => this.staleReads;

  snapshot = (): Snapshot => ({
    product: this.product.image(),
    custody: this.custodyState.image(),
    checker: this.checker.image(),
    checkerSecret: this.checkerSecret,
    kv: [...this.kv],
    archive: [...this.archive],
    now: this.time,
    webhookSecret: this.webhookSecret,
  });

  close(): void {
    this.tasks.kill();
    this.product.close();
    this.custodyState.close();
    this.checker.close();
  }

  /** An invocation of the product, as the platform opens one. */
  open(task: Task): ReturnType<Code['openApp']> {
    const effect = this.tasks.effectsOf(task);
    const bindings = {
      ...texts,
      RESTORE_EPOCH: this.epoch,
      PUBLIC_URL: PRODUCT,
      ...this.credentialOf('maker'),
      DFNS_WEBHOOK_SECRETS: this.webhookSecret,
      DFNS_CALLS_PER_MINUTE: this.#callsPerMinute,
      PAYOUT_LIMITS,
      ATTESTATION_KEY,
      DB: localD1(this.product, effect, (tables) => this.onWritten(tables)),
      HINTS: localKv(this, effect),
      ARCHIVE: localArchive(this, effect),
      MONEY: localQueue(this, 'fiducia-money', effect),
      EVENTS: localQueue(this, 'fiducia-events', effect),
      NOTIFY: localQueue(this, 'fiducia-notify', effect),
      // Nobody gives a contact here, so no mail is ever sent.
      EMAIL: { send: async () => void this.logged.push('a mail was sent') },
      NOTICE_KEYS: Buffer.alloc(32, 7).toString('base64'),
      API_RATE: { limit: async () => ({ success: true }) },
      DOOR_RATE: { limit: async () => ({ success: true }) },
    };
    const keep = (event: string, fields?: object) => {
      this.logged.push(`${event} ${JSON.stringify(fields ?? {})}`);
    };
    return this.code.openApp(asBindings(bindings), {
      clock: { now: () => new Date(this.time).toISOString(), wall: () => this.time },
      random: this.chance.fraction,
      log: { info: () => {}, error: keep },
      sleep: (milliseconds) => this.#sleep(task, milliseconds),
    });
  }

  #sleep(task: Task, milliseconds: number): Promise<void> {
    const until = this.time + Math.ceil(milliseconds);
    return this.tasks.effectsOf(task)(
      'wait',
      () => `${milliseconds} ms`,
      () => {
        this.time = Math.max(this.time, until);
      },
    );
  }

  /** By the platform's own clock, for whoever asks it. */
  #wait(milliseconds: number): Promise<void> {
    if (this.current === undefined) throw new Error('nobody may wait');
    return this.#sleep(this.current, milliseconds);
  }

  #kept: ReturnType<Code['deriveOrganization']> | undefined;
  #organization = () => (this.#kept ??= this.code.deriveOrganization(CUSTODY_SEED));

  /** A person or a service account at custody. */
  accountOf = (name: string) => {
    const account = this.#organization().accounts.find((one) => one.name === name);
    if (account === undefined) throw new Error(`the sandbox has no ${name}`);
    return account;
  };

  /** What a Worker is set to that reaches custody as this account. */
  credentialOf(name: string): Readonly<Record<string, string>> {
    const { authToken, credentialId, privateKey } = this.accountOf(name);
    return {
      DFNS_API_URL: SANDBOX,
      DFNS_ORG_ID: this.#organization().orgId,
      DFNS_AUTH_TOKEN: authToken,
      DFNS_CREDENTIAL_ID: credentialId,
      DFNS_PRIVATE_KEY: privateKey,
      JWT_ISSUER: `${SANDBOX}/_sandbox/identity`,
      JWT_JWKS_URL: `${SANDBOX}/_sandbox/identity/jwks`,
    };
  }

  /** Custody as this account reaches it. */
  dfnsOf(name: string): InstanceType<Code['DfnsApiClient']> {
    const { authToken, credentialId, privateKey } = this.accountOf(name);
    const signer = new this.code.AsymmetricKeySigner({ credId: credentialId, privateKey });
    return new this.code.DfnsApiClient({ baseUrl: SANDBOX, orgId: this.#organization().orgId, authToken, signer });
  }

  /** The network: our calls of custody wait for the scheduler, custody's webhooks wait to be delivered. */
  #fetch(url: string, init: RequestInit): Promise<Response> {
    if (url.startsWith(PRODUCT) || url.startsWith(CHECKER)) {
      return new Promise((arrive, reject) => {
        this.transits.push({ url, init, arrive, lose: () => reject(new TypeError('connection lost')) });
      });
    }
    const { current } = this;
    if (!url.startsWith(SANDBOX) || current === undefined) throw new Error(`nobody may reach ${url}`);
    const [method, path] = [init.method ?? 'GET', url.slice(SANDBOX.length)];
    return this.tasks.effectsOf(current)(
      'fetch',
      () => `${method} ${path}`,
      () => this.custody(method, path, init),
    );
  }

  /** A call as it reaches custody. */
  custody(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    this.onCustody(method, path.split('?')[0] ?? path, typeof init.body === 'string' ? init.body : '');
    const { headers, body = null } = init;
    return this.#custody.fetch(new Request(`${SANDBOX}${path}`, { method, body, ...(headers ? { headers } : {}) }));
  }

  /** Custody's own time goes on: what is due there happens. */
  wakeCustody = (): Promise<void> => this.#custody.alarm();

  /** A control of the sandbox, by a person or the chain: nothing of the product takes part. */
  async control(method: string, path: string, body?: object): Promise<Answer['body']> {
    const headers = { 'content-type': 'application/json' };
    const init = body === undefined ? {} : { headers, body: JSON.stringify(body) };
    const answer = await this.custody(method, `/_sandbox${path}`, init);
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  /** From here on custody may be asked so often. */
  keepTo({ told, taken }: Pace): Promise<unknown> {
    this.#callsPerMinute = String(told);
    return this.control('PUT', '/settings', { rateLimitPerMinute: taken });
  }

  async tokenOf(name: string): Promise<string> {
    const known = this.#tokens.get(name);
    if (known !== undefined && known.until > this.time) return known.token;
    const answer = await this.custody('POST', '/_sandbox/identity/token', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `grant_type=client_credentials&client_id=${name}`,
    });
    const { access_token: token } = asToken(await answer.json());
    this.#tokens.set(name, { token, until: this.time + 3_000_000 });
    return token;
  }

  /** Work of a process; while it runs, what it asks of the world is its own. */
  async work(name: string, work: (task: Task) => Promise<void>): Promise<void> {
    const task = this.tasks.start(name, async (own) => {
      this.current = own;
      await work(own);
    });
    this.current = task;
    await this.tasks.settle();
  }

  run = (name: string, work: (app: ReturnType<Code['openApp']>, task: Task) => Promise<void>): Promise<void> =>
    this.work(name, (task) => work(this.open(task), task));

  /** A request at the HTTP door; `done` hears of the answer when all that belongs to it is over. */
  async request(name: string, request: Request, done: (answer: Response) => void): Promise<void> {
    await this.run(name, async (app) => {
      const after: Promise<unknown>[] = [];
      const execution = {
        waitUntil: (work: Promise<unknown>) => void after.push(work),
        passThroughOnException: () => {},
      };
      const response = await this.code.http.fetch(request, app, asExecution(execution));
      done(response);
      await Promise.all(after);
    });
  }
}

// Settings are text and bindings the stand-ins above: together they are what wrangler.toml declares.
const asBindings = (bindings: object) => bindings as Parameters<Code['openApp']>[0];
// Hono only ever calls these two members.
const asExecution = (execution: object) => execution as ExecutionContext;
