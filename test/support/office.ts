// The company's office in tests: a pool of hot wallets at custody, files of payouts, and people who upload and release them.
import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import { type Api, loadList } from '../../scripts/screening/load.ts';
import { control, sdk } from './outside.ts';
import { NATIVE, openWorld, USDC, type World } from './world.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

const LIMITS = { perRow: '50000000', perBatch: '90000000000', perHour: '90000000000', perDay: '90000000000' };
export const SETTINGS = {
  PAYOUT_LIMITS: JSON.stringify({ [USDC]: { ...LIMITS, twoReleasersAbove: '40000000000' }, [NATIVE]: LIMITS }),
};
export const GENEROUS = {
  PAYOUT_LIMITS: JSON.stringify({
    [USDC]: { perRow: '900000000000', perBatch: '900000000000', perHour: '900000000000', perDay: '900000000000' },
  }),
};
export const HEADER = 'network,asset,address,amount,reference';
/** Addresses that nobody has, each another one. */
export const addressOf = (n: number): string => `0x${(0x1000_0000 + n).toString(16).padStart(40, 'a')}`;
export const lineTo = (address: string, amount: string, reference = '') =>
  `EthereumSepolia,USDC,${address},${amount},${reference}`;
export const fileOf = (...lines: string[]) => `${[HEADER, ...lines].join('\n')}\n`;

export class Office {
  readonly world: World;
  wallets: Json[] = [];
  readonly preset: string;
  constructor(world: World, preset = 'test') {
    this.world = world;
    this.preset = preset;
  }

  /** A wallet of the company at custody, with coin for fees and this much USDC. */
  async addWallet(usdc: string, network: 'EthereumSepolia' | 'BaseSepolia' = 'EthereumSepolia'): Promise<void> {
    const maker = await sdk('maker');
    const made = await maker.wallets.createWallet({ body: { network, tags: [`payouts:${this.preset}`] } });
    const fund = (body: object) => control('POST', `/wallets/${made.id}/fund`, body);
    await fund({ kind: 'Native', amount: '1000000000000000000' });
    if (usdc !== '0') await fund({ kind: 'Erc20', contract: USDC.split('/')[1], amount: usdc });
    const label = `Pool ${this.wallets.length + 1}`;
    this.wallets.push(await this.world.must('admin-1', '/v1/hot-wallets', { custodyWalletId: made.id, label }));
  }

  /** A sanctions list of one address is in force. */
  async loadSanctions(address: string): Promise<void> {
    const api: Api = {
      get: async (path) => (await this.world.get('admin-1', path)).body,
      post: (path, body) => this.world.must('admin-1', path, body),
    };
    await loadList(api, { edition: '2031-03-01', entries: [{ family: 'evm', address }] });
  }

  upload = (file: string, query = '', as = 'operator-1', headers: Record<string, string> = {}) =>
    this.world.request(as, 'POST', `/v1/payout-batches${query}`, file, { 'content-type': 'text/csv', ...headers });
  read = async (id: string): Promise<Json> => {
    const { status, body } = await this.world.get('operator-1', `/v1/payout-batches/${id}`);
    if (status !== 200) throw new Error(`the batch ${id}: ${status} ${JSON.stringify(body)}`);
    return body;
  };
  /** Transfers that wait for people at custody. */
  waiting = (): Promise<Json[]> =>
    this.world.rows(
      "SELECT facts ->> 'approvalId' AS approval FROM transfers WHERE status = 'awaiting_approval' ORDER BY id",
    );

  /** How many rows stand how, for loops that look more often than the API would let them. */
  async counts(id: string): Promise<Readonly<Record<string, number>>> {
    const found = await this.world.rows(
      'SELECT status, count(*) n FROM payouts WHERE batch_id = ? GROUP BY status',
      id,
    );
    return Object.fromEntries(found.map(({ status, n }) => [status, n]));
  }
  rows = async (id: string, query = ''): Promise<Json[]> =>
    (await this.world.get('operator-1', `/v1/payout-batches/${id}/payouts?limit=200${query}`)).body.items;
  act = (as: string, id: string, verb: string, body?: object) =>
    this.world.post(as, `/v1/payout-batches/${id}/${verb}`, body);

  /** Uploaded by the first operator, and checked. */
  async checked(file: string): Promise<Json> {
    const { status, body } = await this.upload(file);
    expect([status, body.code]).toEqual([202, undefined]);
    await this.world.settle();
    return this.read(body.id);
  }

  async released(file: string): Promise<Json> {
    const batch = await this.checked(file);
    expect(batch).toMatchObject({ status: 'checked', check: { invalidRows: 0, problems: [] } });
    const released = await this.act('operator-2', batch.id, 'release', { rowsHash: batch.check.rowsHash });
    expect(released).toMatchObject({ status: 200, body: { status: 'released' } });
    return released.body;
  }

  finished = async (id: string): Promise<Json> => {
    await this.world.waitFor(async () => (await this.read(id)).status === 'finished', {
      minutes: 30 + Number(env.PAYOUT_ROWS),
    });
    return this.read(id);
  };

  /** All that custody has sent or holds from the pool. */
  async atCustody(): Promise<Json[]> {
    const maker = await sdk('maker');
    const all: Json[] = [];
    for (const { custodyWalletId: walletId } of this.wallets) {
      let paginationToken: string | undefined;
      do {
        const query = paginationToken === undefined ? {} : { paginationToken };
        const page = await maker.wallets.listTransfers({ walletId, query });
        all.push(...page.items);
        paginationToken = page.nextPageToken;
      } while (paginationToken !== undefined);
    }
    return all;
  }
}

export async function openOffice(...floats: string[]): Promise<Office> {
  const office = new Office(await openWorld({ settings: SETTINGS }));
  for (const float of floats) await office.addWallet(float);
  return office;
}
