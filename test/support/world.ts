// A world for one test: the product on a stage of its own, the sandbox as custody, and the people who use it.
import { env } from 'cloudflare:workers';
import { applySetup } from '../../scripts/setup/apply.ts';
import { showPlan } from '../../scripts/setup/plan.ts';
import { proofOf } from '../../scripts/setup/prove.ts';
import { readOrganization } from '../../scripts/setup/read.ts';
import { addSeconds, timestamp } from '../../src/domain/time.ts';
import { startOver } from './database.ts';
import { control, sdk, wantedForTests } from './outside.ts';
import { type Moment, type Settings, Stage } from './stage.ts';

/** A Monday, far enough ahead that the sandbox's clock can be advanced to it. */
export const MONDAY = '2031-03-03T09:00:00.000Z';
export const EXCHANGE = '0x52908400098527886e0f7030069857d2e4169ee7';
export const OTHER_EXCHANGE = '0x8617e340b3d01fa5f11f306f4090fd50e238070d';
export const USDC = 'EthereumSepolia/0x1c7d4b196cb0c7b01d743fbc6116a902379c7238';
export const NATIVE = 'EthereumSepolia/native';
/** Entries as the journal's own code names their columns. */
export const ENTRIES =
  'SELECT place, id, subject_id subjectId, version, kind, account_id accountId, wallet_id walletId, policy_id policyId, actor, actor_role actorRole, request_id requestId, at, data, hash FROM journal';

// biome-ignore lint/suspicious/noExplicitAny: answers are examined by the tests that asked for them
type Json = any;

export class World extends Stage {
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
  openAccount = (client = 'client-1'): Promise<Json> =>
    this.retrace('account', [client], () => this.#openAccount(client));

  async #openAccount(client: string): Promise<Json> {
    await this.must(client, '/v1/accounts', { networks: ['EthereumSepolia'] });
    await this.settle();
    const { body } = await this.get(client, '/v1/accounts/me');
    if (body.status !== 'active') {
      throw new Error(`the account is ${body.status}: ${body.reason} ${JSON.stringify(this.logged.slice(-5))}`);
    }
    return body;
  }

  fund = (account: Json, units: string, contract?: string): Promise<void> =>
    this.retrace('fund', [account.wallets[0].custodyId, units, contract], () => this.#fund(account, units, contract));

  async #fund(account: Json, units: string, contract: string | undefined): Promise<void> {
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
  approved = (client: string, address = EXCHANGE): Promise<Json> =>
    this.retrace('approved', [client, address], () => this.#approved(client, address));

  async #approved(client: string, address: string): Promise<Json> {
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
      kind: 'trade_funding',
      mandateId,
      asset: USDC,
      amount: { units },
      recurrence: { kind: 'cron', expression: '* * * * *', timeZone: 'UTC' },
      runsMax: 1,
      ...more,
    });
  }

  /** An account with money, an approved exchange, a mandate and one due slot that nobody has claimed yet. */
  readyToTrade = (client = 'client-1', units = '3000000'): Promise<Json> =>
    this.retrace('ready to trade', [client, units], () => this.#readyToTrade(client, units));

  async #readyToTrade(client: string, units: string): Promise<Json> {
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
  if (known !== undefined) {
    const again = new World(at, known.secret, settings);
    await again.goTo(known.moment);
    again.startAt(name);
    return again;
  }
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
  opened.set(name, { secret: webhook.secret, moment: await world.keep() });
  world.startAt(name);
  return world;
}

/** Each test gets a world of its own, but setting up custody takes longer than most tests: it is done once for each kind. */
const opened = new Map<string, { readonly secret: string; readonly moment: Moment }>();
