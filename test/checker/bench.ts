// The checker beside a world of the product: its real doors, its own D1, its own key at the sandbox, the world's clock. Its
// queue is collected and delivered by the test, and what it tells people is kept.
import { applyD1Migrations, createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { type Checker, openChecker } from '../../src/checker/checker.ts';
import { runJobs } from '../../src/checker/cron.ts';
import { http } from '../../src/checker/http.ts';
import { consume } from '../../src/checker/queue.ts';
import type { Bindings } from '../../src/checker/settings.ts';
import type { Terms } from '../../src/checker/terms.ts';
import type { ReviewCustody } from '../../src/dfns/review-custody.ts';
import { checkerFactsOf } from '../../src/features/checker-facts/service.ts';
import type { Log, LogFields } from '../../src/kit/log.ts';
import { control, SANDBOX, sdk, tokenOf } from '../support/outside.ts';
import { EXCHANGE, openWorld, USDC, type World } from '../support/world.ts';

export const CHECKER = 'http://checker.test';
const NOTICES = 'http://notices.test/in';
/** `max_retries` of src/checker/wrangler.toml, and the first. */
const DELIVERIES = 11;

// biome-ignore lint/suspicious/noExplicitAny: answers are examined by the tests that asked for them
export type Json = any;

export const LIMITS = { [USDC]: { perPayment: '5000000', perDayOfWallet: '8000000', perDay: '10000000' } };

export class Bench {
  readonly world: World;
  /** Of its webhook at custody. */
  readonly secret: string;
  checker: Checker;
  queued: unknown[] = [];
  readonly notices: Json[] = [];
  noticesAreTaken = true;
  readonly logged: { event: string; fields: LogFields | undefined }[] = [];
  #delivered = new Set<string>();

  constructor(world: World, secret: string) {
    this.world = world;
    this.secret = secret;
    this.checker = this.open();
  }

  /** Another process of the checker, on the same database; what is named here differs from live mode and usual terms. */
  open({
    mode = 'live',
    terms = {},
    settings = {},
    custody,
  }: {
    mode?: string;
    terms?: Partial<Terms>;
    settings?: object;
    custody?: ReviewCustody;
  } = {}): Checker {
    const keep = (event: string, fields?: LogFields) => void this.logged.push({ event, fields });
    const log: Log = { info: keep, error: keep };
    const queue = {
      send: async (body: unknown) => void this.queued.push(structuredClone(body)),
      sendBatch: async (messages: Iterable<{ body: unknown }>) => {
        for (const { body } of messages) this.queued.push(structuredClone(body));
      },
    };
    const bindings: Bindings = {
      DB: env.CHECKER_DB,
      COPIES: env.HINTS,
      REVIEWS: queue as unknown as Queue, // only the two sends of a producer are ever called
      RATE: env.API_RATE,
      DOOR_RATE: env.DOOR_RATE,
      FACTS: checkerFactsOf(this.world.app),
      CHECKER_URL: CHECKER,
      MODE: mode,
      TERMS: JSON.stringify({ limits: LIMITS, ...terms }),
      NOTIFY_URL: NOTICES,
      DFNS_API_URL: SANDBOX,
      DFNS_DASHBOARD_URL: 'http://dashboard.test',
      DFNS_CALLS_PER_MINUTE: '1000000',
      DFNS_ORG_ID: env.DFNS_ORG_ID,
      DFNS_AUTH_TOKEN: env.CHECKER_AUTH_TOKEN,
      DFNS_CREDENTIAL_ID: env.CHECKER_CREDENTIAL_ID,
      DFNS_PRIVATE_KEY: env.CHECKER_PRIVATE_KEY,
      DFNS_WEBHOOK_SECRETS: this.secret,
      JWT_ISSUER: env.JWT_ISSUER,
      JWT_AUDIENCE: env.JWT_AUDIENCE,
      JWT_AUDIENCE_CLAIM: env.JWT_AUDIENCE_CLAIM,
      JWT_JWKS_URL: env.JWT_JWKS_URL,
      JWT_ROLES_CLAIM: env.JWT_ROLES_CLAIM,
      JWT_TYPE: env.JWT_TYPE,
      ...settings,
    };
    const clock = { now: () => this.world.at, wall: () => Date.now() };
    const post = async (_url: string, body: object) => {
      this.notices.push(structuredClone(body));
      return this.noticesAreTaken;
    };
    this.checker = openChecker(bindings, { clock, log, post, ...(custody === undefined ? {} : { custody }) });
    return this.checker;
  }

  async request(as: string | undefined, method: string, path: string, body?: object | string, more: object = {}) {
    const headers = new Headers({ ...more, ...(as && { authorization: `Bearer ${await tokenOf(as)}` }) });
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const request = new Request(`${CHECKER}${path}`, {
      method,
      headers,
      ...(text === undefined ? {} : { body: text }),
    });
    const execution = createExecutionContext();
    const response = await http.fetch(request, this.checker, execution);
    await waitOnExecutionContext(execution);
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  async read(as: string, path: string): Promise<Json> {
    const { status, text } = await this.request(as, 'GET', path);
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
    return JSON.parse(text);
  }

  async loadSanctions(addresses: readonly string[], edition = '2031-03-01'): Promise<void> {
    const { status, text } = await this.request('admin-1', 'PUT', '/v1/checker/sanctions', { edition, addresses });
    if (status !== 200) throw new Error(text);
  }

  /** Delivers what custody holds for the checker, and carries out what that put on its queue. */
  async takeEvents(): Promise<void> {
    const { items } = await control('GET', '/deliveries');
    const held = items.filter(
      ({ id, status, url }: Json) => status === 'held' && url.startsWith(CHECKER) && !this.#delivered.has(id),
    );
    for (const { id, body, headers } of held) {
      this.#delivered.add(id);
      const { status, text } = await this.request(undefined, 'POST', '/webhooks/dfns', body, headers);
      if (status !== 200) throw new Error(`webhook: ${status} ${text}`);
    }
    await this.drain();
  }

  /** Carries out what is on the queue; what asks to come again stays there. */
  async drain(): Promise<void> {
    const now = this.queued;
    this.queued = [];
    for (const body of now) await this.carryOut(body);
  }

  /** The wait that was asked for before it comes again; undefined when it is done. */
  async carryOut(
    body: unknown,
    checker = this.checker,
    { attempts = 1, queue = 'fiducia-reviews' } = {},
  ): Promise<number | undefined> {
    let wait: number | undefined;
    const message = {
      id: crypto.randomUUID(),
      timestamp: new Date(this.world.at),
      attempts,
      body,
      ack: () => {},
      retry: ({ delaySeconds }: { delaySeconds: number }) => {
        wait = delaySeconds;
        this.queued.push(body);
      },
    };
    const batch = { queue, messages: [message], ackAll: () => {}, retryAll: () => {}, metadata: {} };
    await consume(batch as unknown as MessageBatch<unknown>, checker); // the members that a consumer calls
    return wait;
  }

  /** One message as a queue delivers it: again after each wait, and at last among the dead. The seconds it waited. */
  async deliver(body: unknown): Promise<readonly number[]> {
    const waits: number[] = [];
    for (let attempts = 1; attempts <= DELIVERIES; attempts += 1) {
      const wait = await this.carryOut(body, this.checker, { attempts });
      if (wait === undefined) return waits;
      this.queued = this.queued.filter((queued) => queued !== body);
      if (attempts === DELIVERIES) await this.carryOut(body, this.checker, { queue: 'fiducia-reviews-dead' });
      else waits.push(wait);
      await this.world.advance(wait);
    }
    return waits;
  }

  tick = (cron = '* * * * *') => runJobs({ cron }, this.checker);

  rows = async (sql: string): Promise<Json[]> => (await env.CHECKER_DB.prepare(sql).all()).results;

  /** The one review, with its findings read. */
  async review(): Promise<Json> {
    const rows = await this.rows('SELECT * FROM reviews ORDER BY decided_at DESC, id');
    if (rows.length !== 1) throw new Error(`${rows.length} reviews ${JSON.stringify(this.logged.slice(-5))}`);
    return { ...rows[0], findings: JSON.parse(rows[0].findings) };
  }

  /** What custody has of an approval. */
  approval = async (approvalId: string): Promise<Json> => (await sdk('admin-1')).policies.getApproval({ approvalId });
  votesOfChecker = async (approvalId: string): Promise<Json[]> =>
    (await this.approval(approvalId)).decisions.filter(({ userId }: Json) => userId === this.checker.custody.userId);

  /** An order of the product under way, until custody asks for approval of its transfer. */
  async orderWaits(units = '3000000'): Promise<Json> {
    const ready = await this.world.readyToTrade('client-1', units);
    await this.world.settle();
    return { ...ready, approvalId: await this.waiting() };
  }

  async waiting(): Promise<string> {
    const { items } = await (await sdk('admin-1')).policies.listApprovals({ query: { status: 'Pending' } });
    const [approval, ...others] = items;
    if (approval === undefined || others.length > 0) throw new Error(`${items.length} approvals wait`);
    return approval.id;
  }
}

const officers = ['compliance-1', 'compliance-2'] as const;
export async function userIdsOf(...names: readonly string[]): Promise<string[]> {
  const { serviceAccounts, users } = await control('GET', '/organization');
  return names.map((name) => (serviceAccounts[name] ?? users[name]).userId);
}

/** Everything that a wallet signs waits for one of this group: two officers, and the checker where it may vote. */
export async function askGroup(
  { filters = {}, rule = { kind: 'AlwaysTrigger' }, more = [], minutes = 60 }: Json = {},
  members: readonly string[] = ['checker', ...officers],
): Promise<string> {
  const action = {
    kind: 'RequestApproval',
    autoRejectTimeout: minutes,
    approvalGroups: [
      {
        name: 'Reviewers',
        quorum: 1,
        approvers: { userId: { in: await userIdsOf(...members) } },
        serviceAccountsCanApprove: true,
      },
      ...more,
    ],
  };
  const body = { name: 'Review', activityKind: 'Wallets:Sign', rule, action, filters };
  const { id } = await (await sdk('admin-1')).policies.createPolicy({ body: body as Json });
  return id;
}

/** A company wallet: what it calls waits for the checker's group, and so does what its list of payees cannot read. */
export async function companyWallet(
  addresses: readonly string[] = [EXCHANGE],
): Promise<{ id: string; address: string }> {
  const admin = await sdk('admin-1');
  const wallet = await admin.wallets.createWallet({ body: { network: 'EthereumSepolia', tags: ['company'] } });
  await control('POST', `/wallets/${wallet.id}/fund`, { kind: 'Native', amount: '1000000000000000000' });
  const rule = { kind: 'TransactionRecipientWhitelist', configuration: { addresses } };
  await askGroup({ filters: { walletTags: { hasAll: ['company'] } }, rule });
  return { id: wallet.id, address: wallet.address?.toLowerCase() ?? '' };
}

export async function openBench({
  policies = true,
  settings = {},
}: {
  policies?: boolean;
  settings?: Record<string, string>;
} = {}): Promise<Bench> {
  const world = await openWorld({ settings, readings: { serviceAccountVotes: true } });
  await applyD1Migrations(env.CHECKER_DB, env.CHECKER_MIGRATIONS);
  const { secret = '' } = await (await sdk('setup')).webhooks.createWebhook({
    body: { url: `${CHECKER}/webhooks/dfns`, events: ['policy.approval.pending', 'policy.approval.resolved'] },
  });
  const bench = new Bench(world, secret);
  await bench.loadSanctions(['0x8589427373d6d84e98730d7795d8f6f8731fda16']);
  if (policies) await askGroup();
  return bench;
}
