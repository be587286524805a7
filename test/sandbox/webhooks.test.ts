import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  account,
  advance,
  control,
  type Delivery,
  deliveries,
  ETHER,
  eventOf,
  failure,
  type Json,
  raw,
  reset,
  sdk,
  settings,
  userAction,
} from './support.ts';

/** In tests nothing outside answers: every delivery that is really sent gets a 502. */
const URL_OF_NOBODY = 'http://receiver.test/hook';
const DAY = 86_400;

beforeEach(reset);

const mode = (name: string) => control('PUT', '/webhooks/mode', { mode: name });
const subscribe = async (events: string[] = ['*']) =>
  (await sdk('setup')).webhooks.createWebhook({ body: { url: URL_OF_NOBODY, events: events as ['*'] } });
const createWallet = async () =>
  (await sdk('maker')).wallets.createWallet({ body: { network: 'EthereumSepolia', name: 'w' } });

/** Sending goes on beside the requests; an advance by nothing waits for what is on its way. */
const sent = async (): Promise<Delivery[]> => {
  await advance(0);
  return deliveries();
};

describe('a webhook', () => {
  it('shows its secret once, and is read, changed and deleted', async () => {
    const setup = await sdk('setup');
    const { secret, ...created } = await subscribe(['wallet.created']);
    expect(secret).toMatch(/^whs-/);
    expect(created).toMatchObject({ status: 'Enabled', url: URL_OF_NOBODY, events: ['wallet.created'] });
    expect(await setup.webhooks.getWebhook({ webhookId: created.id })).toEqual(created);
    expect((await setup.webhooks.listWebhooks()).items).toEqual([created]);
    const body = { status: 'Disabled', description: 'off' } as const;
    expect(await setup.webhooks.updateWebhook({ webhookId: created.id, body })).toMatchObject(body);
    expect(await setup.webhooks.deleteWebhook({ webhookId: created.id })).toEqual({ deleted: true });
    expect((await failure(setup.webhooks.getWebhook({ webhookId: created.id }))).httpStatus).toBe(404);
  });

  it('is one of at most five', async () => {
    for (let count = 0; count < 5; count += 1) await subscribe();
    expect((await failure(subscribe())).httpStatus).toBe(400);
  });

  it.each([
    ['an unknown event', { url: URL_OF_NOBODY, events: ['wallets.created'] }],
    ['no event', { url: URL_OF_NOBODY, events: [] }],
    ['a url of another scheme', { url: 'ftp://receiver.test', events: ['*'] }],
    ['an unknown field', { url: URL_OF_NOBODY, events: ['*'], secret: 'mine' }],
  ])('is refused with %s', async (_case, body) => {
    const text = JSON.stringify(body);
    const { authToken: token } = await account('setup');
    const action = await userAction('setup', { method: 'POST', path: '/webhooks', text });
    const answer = await raw('POST', '/webhooks', { token, text, headers: { 'x-dfns-useraction': action } });
    expect(answer.status).toBe(400);
  });

  it('can be pinged, and says what its receiver answered', async () => {
    const { id } = await subscribe();
    expect(await (await sdk('setup')).webhooks.pingWebhook({ webhookId: id })).toEqual({ status: '502' });
    expect(await deliveries()).toEqual([]);
  });
});

describe('a delivery', () => {
  it('goes to enabled webhooks that asked for its kind', async () => {
    await mode('hold');
    const one = await subscribe(['wallet.created']);
    await subscribe(['wallet.tags.modified']);
    const off = await subscribe();
    await (await sdk('setup')).webhooks.updateWebhook({ webhookId: off.id, body: { status: 'Disabled' } });
    const wallet = await createWallet();
    expect(await deliveries()).toMatchObject([{ webhookId: one.id, url: URL_OF_NOBODY, attempt: 1, status: 'held' }]);
    const [event] = (await deliveries()).map(eventOf);
    expect(event).toMatchObject({ kind: 'wallet.created', data: { wallet }, deliveryAttempt: 1 });
    expect(event).not.toHaveProperty('retryOf');
  });

  it('is signed over exactly the bytes it sends, on the real clock', async () => {
    await mode('hold');
    await advance(40 * DAY);
    const { secret } = await subscribe();
    await createWallet();
    const [delivery] = await deliveries();
    const { body = '', headers = {} } = delivery ?? {};
    const hmac = createHmac('sha256', secret).update(body).digest('hex');
    expect(headers['X-DFNS-WEBHOOK-SIGNATURE']).toBe(`sha256=${hmac}`);
    expect(body).toBe(JSON.stringify(JSON.parse(body)));
    const event = JSON.parse(body) as { timestampSent: number; date: string };
    expect(Math.abs(Date.now() / 1000 - event.timestampSent)).toBeLessThan(10);
    expect(Date.parse(event.date)).toBeGreaterThan(Date.now() + 39 * DAY * 1000);
  });

  it('is tried five times on schedule, each time as a new event', async () => {
    const { id: webhookId } = await subscribe(['wallet.created']);
    await createWallet();
    const counts = [(await sent()).length];
    for (const seconds of [59, 2, 11 * 60 - 5, 10, 108 * 60, DAY, 10 * DAY]) {
      await advance(seconds);
      counts.push((await deliveries()).length);
    }
    expect(counts).toEqual([1, 1, 2, 2, 3, 4, 5, 5]);
    const events = (await deliveries()).map(eventOf);
    expect(events.map(({ deliveryAttempt }) => deliveryAttempt)).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(5);
    expect(events.map(({ retryOf }) => retryOf)).toEqual([undefined, ...events.slice(0, 4).map(({ id }) => id)]);
    expect(events.map(({ data }) => data)).toEqual(Array.from({ length: 5 }, () => events[0]?.data));
    expect(await deliveries()).toMatchObject(events.map(() => ({ status: 'failed', responseStatus: 502 })));

    const { items } = await (await sdk('setup')).webhooks.listWebhookEvents({
      webhookId,
      query: { deliveryFailed: 'true' },
    });
    expect(items.map(({ id }) => id)).toEqual(events.map(({ id }) => id).reverse());
    expect(items[0]).toMatchObject({ status: '502', error: expect.any(String), kind: 'wallet.created' });
  });

  it('is caught up in order by one long advance', async () => {
    await settings({ retryOf: 'original' });
    await subscribe(['wallet.created']);
    await createWallet();
    await advance(2 * DAY);
    const events = (await deliveries()).map(eventOf);
    expect(events.map(({ deliveryAttempt }) => deliveryAttempt)).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(events.slice(1).map(({ retryOf }) => retryOf))).toEqual(new Set([events[0]?.id]));
    const times = (await deliveries()).map(({ dateSent = '' }) => Date.parse(dateSent));
    const minutes = times.map((time) => Math.floor((time - (times[0] ?? 0)) / 60_000 + 0.1));
    expect(minutes).toEqual([0, 1, 12, 120, 1440]);
  });

  it('is not tried again once its webhook is disabled', async () => {
    const { id: webhookId } = await subscribe(['wallet.created']);
    await createWallet();
    await sent();
    await (await sdk('setup')).webhooks.updateWebhook({ webhookId, body: { status: 'Disabled' } });
    await advance(2 * DAY);
    expect(await deliveries()).toHaveLength(1);
  });
});

describe('a mode', () => {
  it('of hold sends nothing until told, then with a fresh time, then the same bytes again', async () => {
    await mode('hold');
    await subscribe(['wallet.created']);
    await createWallet();
    await advance(2 * DAY);
    const [held] = await deliveries();
    expect(held).toMatchObject({ status: 'held', attempt: 1 });
    expect(held).not.toHaveProperty('dateSent');
    const send = () => control<Delivery>('POST', `/deliveries/${held?.id}/send`, {});
    const first = await send();
    expect(first).toMatchObject({ status: 'failed', responseStatus: 502, dateSent: expect.any(String) });
    expect((await send()).body).toBe(first.body);
  });

  it('of drop loses the delivery, which to Dfns is a failure', async () => {
    await mode('drop');
    const { id: webhookId } = await subscribe(['wallet.created']);
    await createWallet();
    await advance(3 * DAY);
    expect((await deliveries()).map(({ status, attempt }) => [status, attempt])).toEqual(
      [1, 2, 3, 4, 5].map((attempt) => ['dropped', attempt]),
    );
    const setup = await sdk('setup');
    expect(
      (await setup.webhooks.listWebhookEvents({ webhookId, query: { deliveryFailed: 'true' } })).items,
    ).toHaveLength(5);
    expect((await setup.webhooks.listWebhookEvents({ webhookId, query: { deliveryFailed: 'false' } })).items).toEqual(
      [],
    );
  });

  it('of duplicate sends every event twice', async () => {
    await mode('duplicate');
    await subscribe(['wallet.created']);
    await createWallet();
    const [one, two] = await sent();
    expect(one?.body).toBe(two?.body);
    expect(one?.id).not.toBe(two?.id);
    await mode('hold');
    await advance(61);
    expect(await deliveries()).toHaveLength(3); // One retry of one event, however many copies failed.
  });

  it('of reorder collects for a second before it sends', async () => {
    await mode('reorder');
    await subscribe(['wallet.created']);
    await createWallet();
    await createWallet();
    expect((await sent()).map(({ status }) => status)).toEqual(['held', 'held']);
    await advance(1.1);
    expect((await deliveries()).map(({ status }) => status)).toEqual(['failed', 'failed']);
  });

  it('is one of five', async () => {
    await expect(mode('chaos')).rejects.toThrow('400');
  });
});

describe('past events', () => {
  it('are listed by kind, read by id, and kept for 31 days', async () => {
    await mode('hold');
    const { id: webhookId } = await subscribe();
    const { id: walletId } = await createWallet();
    await control('POST', `/wallets/${walletId}/fund`, { kind: 'Native', amount: ETHER });
    const setup = await sdk('setup');
    const list = async (query: Json = {}) => (await setup.webhooks.listWebhookEvents({ webhookId, query })).items;
    expect((await list()).map(({ kind }) => kind)).toEqual(['wallet.blockchainevent.detected', 'wallet.created']);
    const [created] = await list({ kind: 'wallet.created' });
    expect(created).toMatchObject({ kind: 'wallet.created', data: { wallet: { id: walletId } } });
    const webhookEventId = created?.id ?? '';
    expect(await setup.webhooks.getWebhookEvent({ webhookId, webhookEventId })).toEqual(created);
    await settings({ webhookEventDetails: true });
    expect((await list())[0]).toMatchObject({ deliveryFailed: false, deliveryAttempt: 1 });
    await advance(31 * DAY - 60);
    expect(await list()).toHaveLength(2);
    await advance(120);
    expect(await list()).toEqual([]);
    expect((await failure(setup.webhooks.getWebhookEvent({ webhookId, webhookEventId }))).httpStatus).toBe(404);
  });
});
