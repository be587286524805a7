// Money that was sent to a venue, and whether the venue shows it: a balance is read before the hand-over and after the end.
import { expect, it, vi } from 'vitest';
import { CustodyUnavailable } from '../../src/dfns/custody.ts';
import { control, sdk } from '../support/outside.ts';
import { openWorld, USDC, type World } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

/** A client with money and a mandate at a venue that custody integrates; `link` is what the setting says of it. */
async function openVenue(link = (exchangeId: string) => `Kraken=${exchangeId}/spot`) {
  const world = await openWorld();
  const keys = { publicApiKey: 'public', privateApiKey: 'private' };
  const admin = await sdk('admin-1');
  const { id: exchangeId } = await admin.exchanges.createExchange({
    body: { kind: 'Kraken', name: 'venue', readConfiguration: keys, writeConfiguration: keys },
  });
  const venue = `/exchanges/${exchangeId}/accounts/spot`;
  const { items } = await control('GET', `${venue}/deposit-addresses`);
  const { address } = items.find(({ network }: Json) => network === 'EthereumSepolia');
  world.restart({ bindings: { ...world.bindings, VENUE_ACCOUNTS: link(exchangeId) } });
  const account = await world.openAccount();
  await world.fund(account, '1000000000000000000');
  await world.fund(account, '10000000', USDC.split('/')[1]);
  const destination = await world.approved('client-1', address);
  const mandate = await world.grant('client-1', destination.id);
  await control('POST', `${venue}/credit`, { symbol: 'USDC', amount: '7.5' });
  return { world, admin, exchangeId, mandateId: mandate.id, destinationId: destination.id };
}

async function fundTrade(world: World, mandateId: string, units: string): Promise<string> {
  const wish = { kind: 'trade_funding', mandateId, asset: USDC, amount: { units } };
  return (await world.must('operator-1', '/v1/orders', wish)).id;
}
const orderOf = async (world: World, id: string): Promise<Json> =>
  (await world.get('client-1', `/v1/orders/${id}`)).body;
const arrivalOf = async (world: World, id: string): Promise<Json> => (await orderOf(world, id)).arrival;
const incidentsOf = async (world: World): Promise<Json[]> =>
  (await world.get('admin-1', '/v1/incidents')).body.items.filter(({ kind }: Json) => kind === 'arrival_missing');

/** The venue shows what the test says, while it says so. */
function showing(world: World, balance: string) {
  const shown = { balance, isReadable: true, reads: 0 };
  world.perturb('findVenueBalances', () => async () => {
    shown.reads += 1;
    if (!shown.isReadable) throw new CustodyUnavailable('status 502');
    return [{ symbol: 'USDC', balance: shown.balance }];
  });
  return shown;
}

it('arrived: the balance at the venue rose by what was sent, and the client is told', async () => {
  const { world, mandateId } = await openVenue();
  const id = await fundTrade(world, mandateId, '3000000');
  await world.settle();
  expect(await orderOf(world, id)).toMatchObject({
    status: 'executed',
    arrival: {
      status: 'arrived',
      venue: 'Kraken',
      before: { balance: '7.5' },
      latest: { balance: '10.5' },
      reason: null,
    },
  });
  const { items } = (await world.get('client-1', '/v1/accounts/me/activity')).body;
  expect(items.map(({ says }: Json) => says)).toContain('The venue shows the money.');
  const [listed] = (await world.get('operator-1', '/v1/orders')).body.items;
  expect(listed.arrival).toEqual((await orderOf(world, id)).arrival);
  expect(await incidentsOf(world)).toEqual([]);
});

it('two at once arrive together, when the balance rose by both of them and what else was sent there', async () => {
  const { world, mandateId, destinationId } = await openVenue();
  const shown = showing(world, '1');
  const first = await fundTrade(world, mandateId, '3000000');
  const second = await fundTrade(world, mandateId, '2000000');
  const withdrawal = { kind: 'withdrawal', destinationId, asset: USDC, amount: { units: '500000' } };
  const { id: own } = await world.must('client-1', '/v1/orders', withdrawal);
  await world.settle();
  expect((await orderOf(world, own)).status).toBe('executed');
  expect(await arrivalOf(world, own)).toBeNull();
  const both = async () => [(await arrivalOf(world, first)).status, (await arrivalOf(world, second)).status];

  for (const balance of ['4', '6', '6.499999']) {
    shown.balance = balance;
    await world.advance(300);
    await world.settle();
    expect([balance, ...(await both())]).toEqual([balance, 'not_seen_yet', 'not_seen_yet']);
  }
  shown.balance = '6.5';
  await world.waitFor(async () => (await both()).every((status) => status === 'arrived'), { minutes: 40 });
});

it('what came before a later order was read, and was seen after it, is not waited for twice', async () => {
  const { world, mandateId } = await openVenue();
  const shown = showing(world, '1');
  const first = await fundTrade(world, mandateId, '3000000');
  await world.settle();
  await world.advance(300);
  shown.balance = '4';
  const second = await fundTrade(world, mandateId, '2000000');
  await world.drainOnce();
  expect((await arrivalOf(world, second)).before).toMatchObject({ balance: '4' });
  await world.settle();
  expect(await arrivalOf(world, first)).toMatchObject({ status: 'not_seen_yet', latest: { balance: '4' } });
  shown.balance = '5.999999';
  await world.advance(300);
  await world.settle();
  expect(await arrivalOf(world, second)).toMatchObject({ status: 'not_seen_yet', latest: { balance: '5.999999' } });
  shown.balance = '6';
  const isThere = async (id: string) => (await arrivalOf(world, id)).status === 'arrived';
  await world.waitFor(async () => (await isThere(first)) && (await isThere(second)), { minutes: 40 });
});

it('one that never arrives is an incident after six hours and unknown after a day, never an error', async () => {
  const { world, mandateId } = await openVenue();
  const shown = showing(world, '9');
  const id = await fundTrade(world, mandateId, '3000000');
  await world.settle();
  shown.balance = '11.999999'; // somebody trades with it
  await world.advance(5 * 3600);
  await world.settle();
  expect(await arrivalOf(world, id)).toMatchObject({ status: 'not_seen_yet', latest: { balance: '11.999999' } });
  expect(await incidentsOf(world)).toEqual([]);
  for (const _again of [1, 2]) {
    await world.advance(3600);
    await world.settle();
    expect(await incidentsOf(world)).toMatchObject([{ status: 'open' }]);
  }
  await world.advance(17 * 3600);
  await world.settle();
  expect(await orderOf(world, id)).toMatchObject({ status: 'executed', arrival: { status: 'unknown' } });
  const { reads } = shown;
  shown.balance = '100';
  await world.advance(86_400);
  await world.settle();
  expect(shown.reads).toBe(reads);
  expect(await incidentsOf(world)).toHaveLength(1);
});

it('a venue that cannot be read holds no money, and is read later; without a first reading nothing can be told', async () => {
  const { world, mandateId } = await openVenue();
  const shown = showing(world, '1');
  const id = await fundTrade(world, mandateId, '3000000');
  await world.drainOnce();
  shown.isReadable = false;
  await world.settle();
  expect(await orderOf(world, id)).toMatchObject({
    status: 'executed',
    arrival: { status: 'not_seen_yet', latest: null },
  });
  const blind = await fundTrade(world, mandateId, '1000000');
  await world.settle();
  expect(await orderOf(world, blind)).toMatchObject({
    status: 'executed',
    arrival: {
      status: 'unknown',
      before: null,
      reason: expect.stringContaining('before the transfer was handed over'),
    },
  });

  Object.assign(shown, { isReadable: true, balance: '5' });
  await world.waitFor(async () => (await arrivalOf(world, id)).status === 'arrived', { minutes: 40 });
});

it('nothing is read of a venue that is not linked; a linked one that custody does not show is named', async () => {
  const { world, mandateId, admin, exchangeId } = await openVenue((id) => `Binance=${id}/spot`);
  const shown = showing(world, '1');
  const id = await fundTrade(world, mandateId, '3000000');
  await world.settle();
  expect(await orderOf(world, id)).toMatchObject({ status: 'executed', arrival: null });
  expect(shown.reads).toBe(0);

  world.restart({ bindings: world.app.bindings });
  let minutes = 0; // custody's answer serves for half of one
  const ready = async (): Promise<Json> => {
    minutes += 1;
    vi.spyOn(world.app.clock, 'wall').mockReturnValue(Date.now() + minutes * 60_000);
    const { body } = await world.request(undefined, 'GET', '/readyz');
    return body.checks.find(({ name }: Json) => name === 'account at Binance');
  };
  expect(await ready()).toMatchObject({ ok: true });
  await admin.exchanges.deleteExchange({ exchangeId });
  expect(await ready()).toMatchObject({ ok: false });
});

it('of an order that is not carried out the arrival is called off', async () => {
  const { world, mandateId } = await openVenue();
  showing(world, '1');
  const id = await fundTrade(world, mandateId, '3000000');
  await world.holdMoney();
  await world.drainOnce();
  expect(await orderOf(world, id)).toMatchObject({ status: 'released', arrival: { status: 'not_seen_yet' } });
  await world.must('operator-1', `/v1/orders/${id}/cancel`);
  await world.settle();
  expect(await arrivalOf(world, id)).toMatchObject({ status: 'called_off', latest: null });
});

it.each(['Kraken', 'Kraken=ex-1', 'Kraken=ex-1/spot,', 'Kraken=ex-1/spot,Kraken=ex-2/spot', '=ex-1/spot'])(
  'a setting that says %s is named as wrong',
  async (VENUE_ACCOUNTS) => {
    const world = await openWorld();
    world.restart({ bindings: { ...world.bindings, VENUE_ACCOUNTS } });
    const { status, body } = await world.request(undefined, 'GET', '/readyz');
    expect(status).toBe(503);
    expect(body.checks[0]).toMatchObject({ name: 'settings', missing: ['VENUE_ACCOUNTS'] });
  },
);
