// Restrictions, now and as of a past instant: what is put together from the journal equals what was shown then.
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { columnsOf, rawInsert, rawRow } from '../store/raw-rows.ts';
import { sdk } from '../support/outside.ts';
import { listening, type Recorded } from '../support/statements.ts';
import { EXCHANGE, OTHER_EXCHANGE, openWorld, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

const PATH = '/v1/accounts/me/restrictions';
const now = async () => (await world.get('client-1', PATH)).body;
const asOf = async (at: string) => (await world.get('client-1', `${PATH}?asOf=${at}`)).body;

describe('restrictions', () => {
  it('show every part of what holds the money in', async () => {
    const { account, destination, mandate } = await world.readyToTrade();
    await world.ask('client-1', OTHER_EXCHANGE);
    await world.must('client-1', '/v1/halts', { level: 'account', accountId: 'me', reason: 'A holiday.' });
    await world.settle();
    const shown = await now();

    expect(shown).toMatchObject({
      accountId: account.id,
      status: 'active',
      tag: account.tag,
      destinations: [{ id: destination.id, address: destination.address, kind: 'exchange', status: 'approved' }],
      custodyList: { action: 'block', addresses: [destination.address] },
      pending: [{ operation: 'add', status: 'submitted', approvalId: expect.stringMatching(/^ap-/) }],
      approvers: [{ group: 'Compliance officers', quorum: 1, of: 3 }],
      fence: { result: 'intact', findings: [], attestation: { sequence: expect.any(Number) } },
      halts: [{ level: 'account', kind: 'client', reason: 'A holiday.' }],
      mandates: [{ id: mandate.id, venue: 'Kraken', destinationId: destination.id, status: 'active' }],
    });
    expect(shown.limits).toMatchObject([
      { keptBy: 'custody', rule: 'amount', perWallet: true, numbers: { limit: 250_000 } },
      { keptBy: 'custody', rule: 'velocity', numbers: { limit: 1_000_000, windowMinutes: 1440 } },
      { keptBy: 'custody', rule: 'count', perWallet: true, numbers: { limit: 100, windowMinutes: 1440 } },
      {
        keptBy: 'fiducia',
        mandateId: mandate.id,
        numbers: { perOrder: '5000000', perDay: '8000000' },
        says: 'At most 5 USDC an order and 8 USDC a UTC day under the mandate to Kraken, kept by us.',
      },
    ]);
  });

  it('show a halt of everyone, and none that was lifted', async () => {
    await world.openAccount();
    const { id } = await world.must('compliance-1', '/v1/halts', { level: 'all', reason: 'A drill.' });
    expect((await now()).halts).toMatchObject([{ id, level: 'all', reason: 'A drill.' }]);
    await world.must('admin-1', `/v1/halts/${id}/lift`, { reason: 'Over.' });
    expect((await now()).halts).toEqual([]);
  });

  it('call the fence unknown when its last check is more than a day old', async () => {
    await world.openAccount();
    const { checkedAt } = (await now()).fence;
    await world.advance(86_400 - (Date.parse(world.at) - Date.parse(checkedAt)) / 1000);
    expect((await now()).fence.result).toBe('intact');
    await world.advance(1);
    expect((await now()).fence.result).toBe('unknown');
  });
});

describe('restrictions as of a past instant', () => {
  it('are what was shown at that instant, at every step of a year', async () => {
    const shown = new Map<string, object>();
    /** Keeps what is shown, and goes on to another instant. */
    const keep = async () => {
      shown.set(world.at, await now());
      await world.advance(61);
    };
    const account = await world.openAccount();
    await keep();
    const first = await world.ask('client-1', EXCHANGE);
    await keep();
    await world.settle();
    await keep();
    const mandate = await world.grant('client-1', first.id);
    await keep();
    await world.decide((await world.destination('client-1', first.id)).review.approvalId, 'Approved');
    await world.settle();
    await keep();
    const halt = await world.must('client-1', '/v1/halts', { level: 'account', accountId: 'me', reason: 'Wait.' });
    const everyone = await world.must('compliance-1', '/v1/halts', { level: 'all', reason: 'A drill.' });
    await keep();
    await world.must('admin-1', `/v1/halts/${everyone.id}/lift`, { reason: 'Over.' });
    await world.must('compliance-1', `/v1/halts/${halt.id}/lift`, { reason: 'Over.' });
    await keep();
    const second = await world.ask('client-1', OTHER_EXCHANGE);
    await world.settle();
    await world.decide((await world.destination('client-1', second.id)).review.approvalId, 'Denied', 'No.');
    await world.settle();
    await keep();
    const tags = { walletId: account.wallets[0].custodyId, body: { tags: [account.tag] } };
    await (await sdk('admin-1')).wallets.untagWallet(tags);
    await world.settle();
    await keep();
    await world.must('client-1', `/v1/mandates/${mandate.id}/revoke`);
    await world.must('client-1', `/v1/destinations/${first.id}/remove`);
    await keep();
    await (await sdk('admin-1')).wallets.tagWallet(tags);
    await world.settle();
    await keep();
    await world.advance(2 * 86_400);
    await keep();

    // Only what the lifted halts left behind is what stood before them.
    const different = new Set([...shown.values()].map((view) => JSON.stringify({ ...view, asOf: '' })));
    expect(different.size).toBe(shown.size - 1);
    for (const [at, view] of shown) expect(await asOf(at), at).toEqual(view);
  });

  it('are those of the opening account before it was active', async () => {
    const { createdAt } = await world.must('client-1', '/v1/accounts', { networks: ['EthereumSepolia'] });
    await world.advance(60);
    await world.settle();
    expect((await now()).status).toBe('active');
    expect(await asOf(createdAt)).toMatchObject({
      asOf: createdAt,
      status: 'opening',
      destinations: [],
      custodyList: { addresses: [], action: 'unknown', policyId: null },
      fence: { result: 'unknown', checkedAt: null, attestation: null },
    });
  });

  it('are refused for the future, for the time before the account, and for what is no instant', async () => {
    const { createdAt } = await world.openAccount();
    const ask = (at: string) => world.get('client-1', `${PATH}?asOf=${at}`);
    const oneLater = new Date(Date.parse(world.at) + 1).toISOString();
    const oneEarlier = new Date(Date.parse(createdAt) - 1).toISOString();
    expect(await ask(oneLater)).toMatchObject({ status: 422, body: { code: 'instant_in_future', now: world.at } });
    expect(await ask(oneEarlier)).toMatchObject({
      status: 422,
      body: { code: 'instant_before_opening', openedFrom: createdAt },
    });
    expect((await ask(world.at)).status).toBe(200);
    expect((await ask(createdAt)).status).toBe(200);
    for (const wrong of ['yesterday', '2031-03-03', '2031-03-03T09:00:00', '2031-13-01T00:00:00Z', '']) {
      expect((await ask(wrong)).status, wrong).toBe(400);
    }
    const { id } = (await world.get('client-1', '/v1/accounts/me')).body;
    expect((await world.get('client-2', `/v1/accounts/${id}/restrictions?asOf=${createdAt}`)).status).toBe(404);
  });
});

describe('restrictions beside many other accounts', () => {
  const ACCOUNTS = 150;
  const tables = [
    'accounts',
    'wallets',
    'destinations',
    'policy_changes',
    'mandates',
    'halts',
    'attestations',
    'journal',
  ];

  /** Rows of others in every table that is read, each under an id of its own. */
  async function crowd(name: string): Promise<void> {
    const statuses: Record<string, string> = { accounts: 'opening', wallets: 'creating', destinations: 'requested' };
    const others: Record<string, string> = { policy_changes: 'submitted', mandates: 'granted', halts: 'active' };
    for (const table of tables) {
      const columns = await columnsOf(table);
      const status = { ...statuses, ...others }[table];
      const over = status === undefined ? {} : { status };
      const rows = Array.from({ length: ACCOUNTS }, (_, n) => {
        const row = rawRow(table, columns, `${name}-${n}`, over);
        // Halts of other accounts, not of all; hashes have a shape.
        if (table === 'halts') return { ...row, level: 'account', account_id: `acc_${name}-${n}` };
        return table === 'attestations' ? { ...row, hash: '0'.repeat(64) } : row;
      });
      await env.DB.batch(rows.map((row) => rawInsert(table, row)));
    }
  }

  async function cost(path: string): Promise<{ statements: number; rows: number }> {
    const heard: Recorded[] = [];
    const database = openDatabase(listening(env.DB, heard));
    Object.defineProperty(world.app, 'database', { value: database, configurable: true });
    expect((await world.get('client-1', path)).status).toBe(200);
    const counted = [...heard];
    const read = await Promise.all(
      counted.map(
        async ({ sql, params }) =>
          (
            await env.DB.prepare(sql)
              .bind(...params)
              .all()
          ).meta.rows_read,
      ),
    );
    return { statements: counted.length, rows: read.reduce((sum, rows) => sum + rows, 0) };
  }

  it('cost the same few statements and rows, now and as of the past', async () => {
    const { destination } = await world.readyToTrade();
    const past = world.at;
    await world.advance(60);
    const costs = async () => [await cost(PATH), await cost(`${PATH}?asOf=${past}`)];
    await crowd('some');
    const few = await costs();
    await crowd('more');

    expect(destination.status).toBe('approved');
    expect(await costs()).toEqual(few);
    expect(few.map(({ statements }) => statements)).toEqual([2, 8]);
    expect(Math.max(...few.map(({ rows }) => rows))).toBeLessThan(40);
  });
});
