// Money on its way: lost answers, two at once, stops between claim and hand-over, and each answer custody can give.
import { beforeEach, describe, expect, it } from 'vitest';
import { externalIdOf } from '../../src/app/external-id.ts';
import { hashOfEntry } from '../../src/domain/journal.ts';
import { letAPersonDecideTransfers, makePolicy } from '../support/custody.ts';
import { control, sdk } from '../support/outside.ts';
import { ENTRIES, OTHER_EXCHANGE, openWorld, USDC, type World } from '../support/world.ts';

const TRANSFERS = { method: 'POST', path: '/wallets/*/transfers' };

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

const transferOf = async (schedule: Json): Promise<Json> => {
  const order = await world.order(schedule.id);
  return order.transferId === null
    ? undefined
    : (await world.get('operator-1', `/v1/transfers/${order.transferId}`)).body;
};
const incidents = async (): Promise<string[]> =>
  (await world.get('admin-1', '/v1/incidents')).body.items.map(({ kind }: Json) => kind);
const reserved = async (): Promise<string[]> =>
  (await world.rows("SELECT reserved FROM limit_days WHERE id LIKE 'limit:mnd%'")).map((row) => row.reserved);

const textOf = (statement: object): string =>
  'toSQL' in statement && typeof statement.toSQL === 'function' ? statement.toSQL().sql : '';

/** A fault that would be met by any call for a transfer: while it is whole, no call was made. */
const trap = () => control('POST', '/faults', { ...TRANSFERS, kind: 'status', status: 500, times: 1 });
const trapIsWhole = async () => (await control('GET', '/faults')).items.length === 1;

describe('a transfer', () => {
  it('whose answer is lost after the effect is made once', async () => {
    const { account, schedule } = await world.readyToTrade();
    await control('POST', '/faults', { ...TRANSFERS, kind: 'status', status: 502, afterEffect: true, times: 1 });
    await world.tick();
    await world.settle({ webhooks: false, ticks: false });
    expect(await transferOf(schedule)).toMatchObject({ status: 'submitting', custodyId: null });

    await world.advance(120);
    await world.settle({ webhooks: false });
    await world.advance(120);
    await world.settle({ webhooks: false });

    expect(await world.custodyTransfers(account)).toHaveLength(1);
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
    expect((await transferOf(schedule)).attempts).toBe(2);
    const { body } = await world.get('client-1', '/v1/accounts/me/balances');
    expect(body.wallets[0].balances).toContainEqual({ asset: USDC, units: '7000000', formatted: '7 USDC' });
  });

  it('whose answer is lost is found by its webhook before any repeat', async () => {
    const { account, schedule } = await world.readyToTrade();
    await control('POST', '/faults', { ...TRANSFERS, kind: 'html', status: 502, afterEffect: true, times: 1 });
    await world.tick();
    await world.settle({ ticks: false });
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
    expect((await transferOf(schedule)).attempts).toBe(1);
    expect(await world.custodyTransfers(account)).toHaveLength(1);
  });

  it('is made once when two crons fire for one slot and each message comes twice', async () => {
    const { account, schedule } = await world.readyToTrade();
    await Promise.all([world.tick(), world.tick()]);
    await world.tick();
    for (let round = 0; round < 4; round += 1) {
      world.queued = [...world.queued, ...world.queued];
      await world.drainOnce();
    }
    await world.settle();
    const { items } = (await world.get('operator-1', `/v1/orders?scheduleId=${schedule.id}`)).body;
    expect(items).toHaveLength(1);
    expect(await world.custodyTransfers(account)).toHaveLength(1);
    expect(await reserved()).toEqual(['3000000']);
  });

  it('is made once when one message is carried out by two consumers interleaved', async () => {
    const { account } = await world.readyToTrade();
    await world.tick();
    for (let round = 0; round < 3; round += 1) {
      const twice = [...world.queued];
      world.queued = [];
      await Promise.all([...twice, ...twice].map((message) => world.carryOut(message)));
    }
    await world.settle();
    expect(await world.custodyTransfers(account)).toHaveLength(1);
    expect(await reserved()).toEqual(['3000000']);
  });

  it('comes to the same end when every send after a response is dropped', async () => {
    const { account, schedule } = await world.readyToTrade();
    await world.tick();
    for (let round = 0; round < 4; round += 1) {
      world.queued = []; // what was sent is lost; the outbox still knows it
      await world.advance(180);
      await world.tick();
      await world.drainOnce();
    }
    await world.settle({ webhooks: false });
    await world.advance(600);
    await world.settle({ webhooks: false });
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
    expect(await world.custodyTransfers(account)).toHaveLength(1);
  });

  it('has an external id that follows from schedule and slot alone, so a restored database finds it again', async () => {
    const { account, schedule } = await world.readyToTrade();
    await world.tick();
    await world.settle();
    const [made] = await world.custodyTransfers(account);
    expect(made.externalId).toBe(await externalIdOf(`${schedule.id}|${schedule.nextSlot}`));
    expect(made.externalId).toMatch(/^f1-[a-z2-7]{32}$/);
    // RFC 4648 base32 of the SHA-256 of "abc" (FIPS 180-2, appendix B.1), lower-case, its first 160 bits.
    expect(await externalIdOf('abc')).toBe('f1-xj4bnp4pahh6uqkbidpf3lrceoyagynd');
  });

  it('has a journal without gaps whose hashes hold', async () => {
    const { account, schedule } = await world.readyToTrade();
    await world.tick();
    await world.settle();
    const { transferId } = await world.order(schedule.id);
    const rows = await world.rows(`${ENTRIES} ORDER BY version`);
    for (const row of rows) expect(await hashOfEntry(row)).toBe(row.hash);
    const entries = rows.filter(({ subjectId }) => subjectId === transferId);
    expect(entries.map(({ version }) => version)).toEqual(entries.map((_, index) => index + 1));
    expect(entries.map(({ kind }) => kind).slice(0, 2)).toEqual(['transfer.prepared', 'transfer.submitting']);
    expect(entries.at(-1).kind).toBe('transfer.confirmed');
    expect((await world.get('auditor-1', `/v1/journal?accountId=${account.id}&limit=5`)).body.items).toHaveLength(5);
  });
});

describe('between claim and hand-over', () => {
  /** Claims the slot and prepares the transfer; nothing is handed over yet. */
  async function claimed(): Promise<Json> {
    const ready = await world.readyToTrade();
    await world.holdMoney();
    await world.tick();
    await world.drainOnce();
    expect(await transferOf(ready.schedule)).toMatchObject({ status: 'prepared' });
    await world.freeMoney();
    await trap();
    return ready;
  }

  it('a halt of the account stops it: no call reaches custody', async () => {
    const { schedule } = await claimed();
    await world.must('client-1', '/v1/halts', { level: 'account', accountId: 'me', reason: 'I want to look first.' });
    await world.settle();
    expect(await world.order(schedule.id)).toMatchObject({ status: 'blocked', rule: 'halted' });
    expect((await world.order(schedule.id)).reason).toContain('I want to look first.');
    expect(await trapIsWhole()).toBe(true);
    expect(await reserved()).toEqual([]);
  });

  it('a halt of all stops it: no call reaches custody', async () => {
    const { schedule } = await claimed();
    await world.must('admin-1', '/v1/halts', { level: 'all', reason: 'An exercise.' });
    await world.settle();
    expect(await world.order(schedule.id)).toMatchObject({ status: 'blocked', rule: 'halted' });
    expect(await trapIsWhole()).toBe(true);
  });

  it('a halt of its mandate stops it, and one of another mandate does not', async () => {
    const { schedule, mandate, destination } = await claimed();
    const other = await world.grant('client-1', destination.id);
    await world.must('operator-1', '/v1/halts', { level: 'mandate', mandateId: other.id, reason: 'Another one.' });
    await world.must('operator-1', '/v1/halts', { level: 'mandate', mandateId: mandate.id, reason: 'This one.' });
    await world.settle();
    expect(await world.order(schedule.id)).toMatchObject({ status: 'blocked', rule: 'halted' });
    expect(await trapIsWhole()).toBe(true);
  });

  it('a revoked mandate stops it: no call reaches custody', async () => {
    const { schedule, mandate } = await claimed();
    await world.must('client-1', `/v1/mandates/${mandate.id}/revoke`);
    expect(await world.order(schedule.id)).toMatchObject({ status: 'canceled' });
    expect(await transferOf(schedule)).toMatchObject({ status: 'canceled' });
    await world.settle();
    expect(await trapIsWhole()).toBe(true);
  });

  it('a removed destination stops it: no call reaches custody', async () => {
    const { schedule, destination } = await claimed();
    await world.must('client-1', `/v1/destinations/${destination.id}/remove`);
    await world.settle();
    expect(await world.order(schedule.id)).toMatchObject({ status: 'blocked', rule: 'destination_not_approved' });
    expect(await trapIsWhole()).toBe(true);
  });

  it('a fence found broken stops it: no call reaches custody', async () => {
    const { schedule, account } = await claimed();
    const { tag } = (await world.get('client-1', '/v1/accounts/me')).body;
    await (await sdk('admin-1')).wallets.untagWallet({ walletId: account.wallets[0].custodyId, body: { tags: [tag] } });
    await world.settle({ ticks: false }); // the event is applied while the hand-over waits
    await world.settle();
    expect(['halted', 'fence_not_proven']).toContain((await world.order(schedule.id)).rule);
    expect(await trapIsWhole()).toBe(true);
  });

  it('an hour too late it is skipped: no call reaches custody', async () => {
    const { schedule } = await claimed();
    await world.advance(3600 + 120);
    await world.settle();
    expect(await world.order(schedule.id)).toMatchObject({ status: 'skipped' });
    expect(await trapIsWhole()).toBe(true);
  });

  it('each of these holds in the very batch that commits, not only in the reads before it', async () => {
    // The stop is committed by another request between the reads and the batch: at D1's door.
    const { schedule } = await claimed();
    let isDone = false;
    const racing = new Proxy(world.app.database, {
      get(target, name, receiver) {
        if (name !== 'batch') return Reflect.get(target, name, receiver);
        return async (statements: Parameters<typeof target.batch>[0]) => {
          const writesTransfer = statements.some((statement) => textOf(statement).includes('update "transfers"'));
          if (writesTransfer && !isDone) {
            isDone = true;
            await world.must('client-1', '/v1/halts', {
              level: 'account',
              accountId: 'me',
              reason: 'At the last moment.',
            });
          }
          return target.batch(statements);
        };
      },
    });
    Object.assign(world.app, { database: racing });
    await world.settle();
    expect(isDone).toBe(true);
    expect(await world.order(schedule.id)).toMatchObject({ status: 'blocked', rule: 'halted' });
    expect(await trapIsWhole()).toBe(true);
  });
});

describe('an answer of custody', () => {
  const handOver = async (fault: object | undefined): Promise<Json> => {
    const ready = await world.readyToTrade();
    if (fault !== undefined) await control('POST', '/faults', { ...TRANSFERS, times: 1, ...fault });
    await world.tick();
    await world.settle({ webhooks: false, ticks: false });
    return ready;
  };

  it('of 400 to a first attempt ends the transfer as failed and gives the limit back', async () => {
    const { schedule } = await handOver({ kind: 'status', status: 400 });
    expect(await transferOf(schedule)).toMatchObject({ status: 'failed', custodyId: null });
    expect(await world.order(schedule.id)).toMatchObject({ status: 'failed' });
    expect(await reserved()).toEqual(['0']);
  });

  it.each([400, 404])('of %i after a lost one leaves the transfer to a person', async (status) => {
    const { account, schedule } = await handOver({ kind: 'status', status: 500, afterEffect: true });
    await control('POST', '/faults', { ...TRANSFERS, kind: 'status', status, times: 1 });
    await world.advance(120);
    await world.settle({ webhooks: false });
    expect(await transferOf(schedule)).toMatchObject({ status: 'needs_review' });
    expect(await incidents()).toContain('transfer_needs_review');
    expect(await reserved()).toEqual(['3000000']);
    expect(await world.custodyTransfers(account)).toHaveLength(1);
  });

  it.each([401, 403])('of %i is never the transfer’s fault: it waits, and people are told', async (status) => {
    const { account, schedule } = await handOver({ kind: 'status', status });
    expect(await transferOf(schedule)).toMatchObject({ status: 'submitting' });
    expect(await incidents()).toContain('custody_barred');
    await world.advance(400);
    await world.settle();
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
    expect(await world.custodyTransfers(account)).toHaveLength(1);
  });

  it.each([
    ['202', { pendingTransferStatus: 202 }],
    ['403 by a policy', { blockedTransfer: 'refuse' }],
  ])('of %s, the other reading of what custody documents, ends the same way', async (_, settings) => {
    await control('PUT', '/settings', settings);
    const { schedule, account } = await world.readyToTrade();
    const isBlock = 'blockedTransfer' in settings;
    await (isBlock ? makePolicy() : letAPersonDecideTransfers());
    await world.tick();
    await world.settle();
    await world.advance(120);
    await world.settle();
    expect((await transferOf(schedule)).status).toBe(isBlock ? 'failed' : 'awaiting_approval');
    expect(await world.custodyTransfers(account)).toHaveLength(isBlock ? 0 : 1);
  });

  it('is looked for back to when it was prepared, however many transfers its wallet has had before', async () => {
    const { account, schedule } = await world.readyToTrade();
    await world.settle();
    const transfer = await transferOf(schedule);
    const state = await control('GET', '/state');
    const [ours] = state.tables.transfers;
    // Two days ago, one a minute.
    const older = (count: number): Json[] =>
      Array.from({ length: count }, (_, n) => {
        const at = ours.requested_at - 172_800_000 - n * 60_000;
        const [id, external] = [`${ours.id}${n}`, `older-${n}`];
        const body = { ...JSON.parse(ours.body), id, externalId: external, dateRequested: new Date(at).toISOString() };
        const row = {
          ...ours,
          id,
          requested_at: at,
          external_id: external,
          fingerprint: id,
          body: JSON.stringify(body),
        };
        return { ...row, seq: count - n };
      });
    const rowsRead = async () => (await control('GET', '/statistics')).rowsRead;
    const costOf = async (count: number, externalId: string) => {
      const rows = [...older(count).reverse(), { ...ours, seq: count + 1 }];
      await control('PUT', '/state', { ...state, tables: { ...state.tables, transfers: rows } });
      const before = await rowsRead();
      const { custodyId } = account.wallets[0];
      const found = await world.app.custody.findTransferByExternalId(custodyId, externalId, transfer.createdAt);
      return { found: found?.id, rows: (await rowsRead()) - before };
    };
    for (const [externalId, id] of [
      [ours.external_id, ours.id],
      ['f1-nobody', undefined],
    ]) {
      const [few, many] = [await costOf(400, externalId), await costOf(1_200, externalId)];
      expect(few.found).toBe(id);
      expect(many).toEqual(few);
    }
    expect((await costOf(400, 'older-399')).found).toBeUndefined();
  });

  it('of 202 is followed by a look for the external id, and by another attempt where custody shows nothing yet', async () => {
    await control('PUT', '/settings', { pendingTransferStatus: 202 });
    const { account, schedule } = await world.readyToTrade();
    await letAPersonDecideTransfers();
    let hidden = 2;
    world.perturb('findTransferByExternalId', (call) => async (...asked) => {
      hidden -= 1;
      return hidden >= 0 ? undefined : call(...asked);
    });
    await world.tick();
    await world.settle({ webhooks: false, ticks: false });
    expect(await transferOf(schedule)).toMatchObject({ status: 'submitting', attempts: 1 });
    for (let look = 0; look < 2; look += 1) {
      await world.advance(120);
      await world.settle({ webhooks: false });
    }
    expect(await transferOf(schedule)).toMatchObject({ status: 'awaiting_approval', attempts: 3 });
    expect(await world.custodyTransfers(account)).toHaveLength(1);
    expect(await incidents()).not.toContain('custody_silent');
  });

  it('that a policy blocks it ends the order as rejected and gives the limit back', async () => {
    const ready = await world.readyToTrade();
    await makePolicy();
    await world.tick();
    await world.settle();
    expect(await world.order(ready.schedule.id)).toMatchObject({ status: 'rejected' });
    expect(await reserved()).toEqual(['0']);
  });

  it('that it waits for a person is shown, and the officer’s yes carries it on', async () => {
    const { schedule, account } = await world.readyToTrade();
    await letAPersonDecideTransfers();
    await world.tick();
    await world.settle();
    const waiting = await transferOf(schedule);
    expect(waiting.status).toBe('awaiting_approval');
    await world.decide(waiting.approvalId, 'Approved');
    await world.settle();
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
    expect(await world.custodyTransfers(account)).toHaveLength(1);
  });

  it('that it failed for want of money keeps the limit reserved: it is not proven that nothing left', async () => {
    const { schedule } = await world.readyToTrade('client-1', '5000000');
    // Prepared while there was enough; somebody else spends it before the hand-over.
    await world.holdMoney();
    await world.tick();
    await world.drainOnce();
    await world.freeMoney();
    const wallet = (await world.get('client-1', '/v1/accounts/me')).body.wallets[0];
    await (await sdk('maker')).wallets.transferAsset({
      walletId: wallet.custodyId,
      body: {
        kind: 'Erc20',
        contract: USDC.split('/')[1] ?? '',
        to: '0x52908400098527886e0f7030069857d2e4169ee7',
        amount: '9000000',
      },
    });
    await world.advance(5);
    await world.settle();
    expect(await transferOf(schedule)).toMatchObject({ status: 'failed', transactionHash: null });
    expect(await world.order(schedule.id)).toMatchObject({ status: 'failed' });
    expect(await reserved()).toEqual(['5000000']);
  });
});

describe('the daily limit of a mandate', () => {
  it('lets two orders that fit alone, but not together, through once', async () => {
    const { mandate, account } = await world.readyToTrade('client-1', '5000000');
    const second = await world.schedule(mandate.id, '5000000');
    await world.advance((Date.parse(second.nextSlot) - Date.parse(world.at)) / 1000 + 1);
    await world.tick();
    await world.settle();
    const statuses = (await world.get('operator-1', '/v1/orders')).body.items.map(
      ({ status, rule }: Json) => rule ?? status,
    );
    expect(statuses.sort()).toEqual(['daily_limit_exceeded', 'executed']);
    expect(await world.custodyTransfers(account)).toHaveLength(1);
  });
});

describe('custody itself', () => {
  it('blocks a transfer to an address outside the account’s list, whatever our code does', async () => {
    const { account } = await world.readyToTrade();
    const transfer = await (await sdk('maker')).wallets.transferAsset({
      walletId: account.wallets[0].custodyId,
      body: { kind: 'Native', to: OTHER_EXCHANGE, amount: '1' },
    });
    expect(transfer.status).toBe('Rejected');
    expect(transfer.reason).toMatch(/list/i);
  });
});
