// The lanes by which hot wallets pay the rows of batches: which row a wallet takes, what it judges it on, and who is woken.
import { describe, expect, it } from 'vitest';
import { findBreaker, replaceBreaker } from '../../src/store/breaker.ts';
import { letAPersonDecideTransfers, loseAnswer } from '../support/custody.ts';
import { addressOf, fileOf, lineTo, Office, openOffice } from '../support/office.ts';
import { sdk } from '../support/outside.ts';
import type { Queued } from '../support/stage.ts';
import { EXCHANGE, NATIVE, openWorld, USDC, type World } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

const wakes = ({ body }: Queued) => (body as { type: string }).type === 'payout.next';

/** The messages that wake lanes, once there are any: taken from the queue. */
async function woken(world: World): Promise<Queued[]> {
  for (let round = 0; round < 5 && !world.queued.some(wakes); round += 1) await world.drainOnce();
  const messages = world.queued.filter(wakes);
  world.queued = world.queued.filter((message) => !wakes(message));
  return messages;
}

/** A wallet with 50, to pay 30 and 40, each of which waits for a person; what wakes it. */
async function twoRowsForOne() {
  const office = await openOffice('50000000', '20000000');
  const { world } = office;
  await letAPersonDecideTransfers();
  const { id } = await office.released(fileOf(lineTo(addressOf(1), '30'), lineTo(addressOf(2), '40')));
  await world.must('compliance-1', `/v1/hot-wallets/${office.wallets[1].id}/retire`);
  const [message, ...others] = await woken(world);
  if (message === undefined || others.length > 0) throw new Error(`${others.length} others were woken`);
  return { office, world, id, message };
}
const waitsForPerson = async (world: World): Promise<boolean> =>
  (await world.rows("SELECT id FROM transfers WHERE status = 'awaiting_approval'")).length > 0;

describe('the lane of a hot wallet', () => {
  it('that is woken many times at once asks custody once, and takes no second row on the funds of the first', {
    timeout: 60_000,
  }, async () => {
    const { office, world, id, message } = await twoRowsForOne();
    let asked = 0;
    world.perturb('listBalances', (call) => async (walletId) => {
      asked += 1;
      const [nth, balances] = [asked, await call(walletId)];
      // Whoever asks beside the first one goes on when the first row waits for a person.
      for (let look = 0; nth > 1 && look < 200 && !(await waitsForPerson(world)); look += 1) await scheduler.wait(10);
      return balances;
    });
    await Promise.all([message, message, message].map((one) => world.carryOut(one)));
    expect(asked).toBe(1);
    expect(world.queued.filter(({ attempts }) => attempts > 1)).toEqual([]);
    expect(await office.counts(id)).toEqual({ executing: 1, ready: 1 });
    await world.tick();
    await world.settle({ ticks: false });
    expect(await office.counts(id)).toEqual({ executing: 1, ready: 1 });
  });

  it('takes no row on funds that another process has used since they were read', { timeout: 60_000 }, async () => {
    const { office, world, id, message } = await twoRowsForOne();
    world.perturb('listBalances', (call) => async (walletId) => {
      const balances = await call(walletId);
      world.restart();
      await world.carryOut(message);
      expect(await waitsForPerson(world)).toBe(true);
      return balances;
    });
    await world.carryOut(message);
    expect(world.queued.filter(({ attempts }) => attempts > 1)).toEqual([]);
    expect(await office.counts(id)).toEqual({ executing: 1, ready: 1 });
  });

  it('is not stopped by older batches, however many, of which every row waits for a person', {
    timeout: 120_000,
  }, async () => {
    const office = await openOffice('50000000');
    const { world } = office;
    await letAPersonDecideTransfers();
    let last = '';
    for (let batch = 1; batch <= 11; batch += 1) {
      const { id } = await office.released(fileOf(lineTo(addressOf(batch), '1')));
      await world.tick();
      await world.settle({ ticks: false });
      last = id;
    }
    expect(await office.counts(last)).toEqual({ executing: 1 });
    expect(await world.rows("SELECT count(*) AS n FROM payout_batches WHERE status = 'running'")).toEqual([{ n: 11 }]);
  });

  /** More than a wallet looks at, then a small one, then one of another asset. */
  const fileOfMany = () => {
    const large = Array.from({ length: 102 }, (_, n) => lineTo(addressOf(n), '40'));
    const coin = `EthereumSepolia,ETH,${addressOf(201)},0.00000000000001,`;
    return fileOf(...large, lineTo(addressOf(200), '4'), coin);
  };
  const paidLines = (world: World, batchId: string) =>
    world.rows("SELECT line FROM payouts WHERE batch_id = ? AND status = 'paid' ORDER BY line", batchId);

  it('pays what its float is enough for, behind any number of rows that it is too small for, and other assets', {
    timeout: 120_000,
  }, async () => {
    const office = await openOffice('4084000000');
    const { world } = office;
    const { id } = await office.released(fileOfMany());
    // Somebody else takes nearly all of it.
    const [{ custodyWalletId: walletId }] = office.wallets;
    const body = { kind: 'Erc20', contract: USDC.split('/')[1] ?? '', to: EXCHANGE, amount: '4039000000' } as const;
    await (await sdk('maker')).wallets.transferAsset({ walletId, body });
    await world.advance(30);
    await world.waitFor(async () => (await office.counts(id)).paid === 3, { minutes: 10 });
    expect(await paidLines(world, id)).toEqual([{ line: 2 }, { line: 104 }, { line: 105 }]);
  });

  it('pays what a cap has room for, behind any number of rows that it has none for, and other assets', {
    timeout: 120_000,
  }, async () => {
    const sum = '90000000000';
    const limits = { perRow: '40000000', perBatch: sum, perHour: '45000000', perDay: sum };
    const ofCoin = { perRow: sum, perBatch: sum, perHour: sum, perDay: sum };
    const settings = { PAYOUT_LIMITS: JSON.stringify({ [USDC]: limits, [NATIVE]: ofCoin }) };
    const office = new Office(await openWorld({ settings }));
    const { world } = office;
    await office.addWallet('4084000000');
    const { id } = await office.released(fileOfMany());
    await world.waitFor(async () => (await office.counts(id)).paid === 3, { minutes: 10 });
    expect(await paidLines(world, id)).toEqual([{ line: 2 }, { line: 104 }, { line: 105 }]);
    expect((await world.get('admin-1', '/v1/incidents')).body.items).toEqual([]);
  });

  it('takes the turn of the one that goes first after an outage only for a row that it can pay', async () => {
    const sum = '90000000000';
    const limits = { perRow: '40000000', perBatch: sum, perHour: '45000000', perDay: sum };
    const office = new Office(await openWorld({ settings: { PAYOUT_LIMITS: JSON.stringify({ [USDC]: limits }) } }));
    const { world } = office;
    await office.addWallet('90000000');
    const { id } = await office.released(fileOf(lineTo(addressOf(1), '40'), lineTo(addressOf(2), '40')));
    await world.waitFor(async () => (await office.counts(id)).paid === 1);
    const { database } = world.app;
    const over = { failures: 5, openings: 1, openUntil: Date.parse(world.at) - 1 };
    await replaceBreaker(database, await findBreaker(database), over);
    await world.tick();
    const [message] = await woken(world);
    if (message === undefined) throw new Error('nobody was woken');
    // The cap of the hour is reached: no row can go.
    await world.carryOut(message);
    expect(await findBreaker(database)).toMatchObject(over);
    await world.advance(3_660);
    await world.carryOut(message);
    expect(await findBreaker(database)).toMatchObject({ failures: 0, openings: 0, openUntil: null });
    expect(await office.counts(id)).toMatchObject({ executing: 1 });
  });

  it('pays for other batches once custody shows what a paused one was sending', { timeout: 60_000 }, async () => {
    const office = await openOffice('50000000');
    const { world } = office;
    const paused = await office.released(fileOf(lineTo(addressOf(1), '3')));
    await loseAnswer({ method: 'POST', path: '/wallets/*/transfers' });
    const [message] = await woken(world);
    if (message === undefined) throw new Error('nobody was woken');
    await world.carryOut(message);
    expect(await world.rows('SELECT status FROM transfers')).toEqual([{ status: 'submitting' }]);
    expect((await office.act('operator-2', paused.id, 'pause')).status).toBe(200);
    const upload = await office.upload(fileOf(lineTo(addressOf(2), '4')));
    for (let round = 0; round < 3; round += 1) await world.drainOnce();
    const { check } = await office.read(upload.body.id);
    await office.act('operator-2', upload.body.id, 'release', { rowsHash: check.rowsHash });
    // No event tells of it.
    for (let minute = 0; minute < 10; minute += 1) {
      await world.tick();
      await world.settle({ webhooks: false, ticks: false });
      await world.advance(60);
    }
    expect(await office.counts(upload.body.id)).toEqual({ paid: 1 });
    expect(await office.counts(paused.id)).toEqual({ paid: 1 });
    expect(await office.atCustody()).toHaveLength(2);
  });

  it('is woken by each minute if a row waits on its network, each time another one first', async () => {
    const office = await openOffice('50000000', '50000000');
    const { world } = office;
    await office.addWallet('0', 'BaseSepolia');
    await office.released(fileOf(lineTo(addressOf(1), '1')));
    expect(await woken(world)).toHaveLength(2);
    const wokenBy = async (at: string) => {
      await world.tick('* * * * *', at);
      return (await woken(world)).map(({ body }) => (body as { walletId: string }).walletId);
    };
    const first = await wokenBy('2031-03-03T12:00:00.000Z');
    const second = await wokenBy('2031-03-03T12:01:00.000Z');
    expect([...first].sort()).toEqual([office.wallets[0].id, office.wallets[1].id].sort());
    expect(second).toEqual([...first].reverse());
  });

  it('is woken when its batch goes on after a pause', async () => {
    const office = await openOffice('50000000');
    const { world } = office;
    const { id } = await office.released(fileOf(lineTo(addressOf(1), '1')));
    await woken(world);
    expect((await office.act('operator-2', id, 'pause')).body.status).toBe('paused');
    expect((await office.act('operator-2', id, 'resume')).body.status).toBe('running');
    await world.settle({ ticks: false });
    expect(await office.counts(id)).toEqual({ paid: 1 });
  });

  it('leaves rows that a limit has come for since their check, says so once, and pays the others', {
    timeout: 60_000,
  }, async () => {
    const office = await openOffice('50000000');
    const { world } = office;
    const coin = `EthereumSepolia,ETH,${addressOf(4)},0.00000000000001,`;
    const rows = [lineTo(addressOf(1), '9'), lineTo(addressOf(2), '8'), lineTo(addressOf(3), '3'), coin];
    const { id } = await office.released(fileOf(...rows));
    const sum = '90000000000';
    const ofUsdc = { perRow: '5000000', perBatch: sum, perHour: sum, perDay: sum };
    const restartWith = (limits: object) =>
      world.restart({
        bindings: { ...world.bindings, PAYOUT_LIMITS: JSON.stringify(limits) } as typeof world.bindings,
      });
    restartWith({ [USDC]: ofUsdc });
    for (let minute = 0; minute < 3; minute += 1) {
      await world.tick();
      await world.settle({ ticks: false });
      await world.advance(60);
    }
    expect(await office.counts(id)).toEqual({ paid: 1, ready: 3 });
    const told = async () =>
      (await world.get('operator-1', '/v1/incidents?kind=payout_over_limits')).body.items.map(
        ({ about, detail, owner }: Json) => ({ about, detail, owner }),
      );
    const incidents = await told();
    expect(incidents).toEqual([{ about: id, detail: expect.stringContaining('by PAYOUT_LIMITS'), owner: 'operator' }]);
    restartWith({ [USDC]: { ...ofUsdc, perRow: '9000000' }, [NATIVE]: { ...ofUsdc, perRow: sum } });
    await world.waitFor(async () => (await office.counts(id)).paid === 4, { minutes: 5 });
    expect(await told()).toEqual(incidents);
  });
});
