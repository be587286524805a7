// The webhook door and what stands behind it: signatures, ages, sizes, duplicates, losses.
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { control, openWorld, sdk, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

// biome-ignore lint/suspicious/noExplicitAny: deliveries are examined by the tests
type Json = any;
const PATH = '/webhooks/dfns';
const inbox = () => world.rows('SELECT * FROM inbox ORDER BY received_at');
const countOf = async (table: string): Promise<number> => (await world.rows(`SELECT count(*) AS n FROM ${table}`))[0].n;

async function sign(body: string, secret: string): Promise<Record<string, string>> {
  const bytes = new TextEncoder();
  const key = await crypto.subtle.importKey('raw', bytes.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ]);
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes.encode(body)));
  return {
    'x-dfns-webhook-signature': `sha256=${Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join('')}`,
  };
}
const secret = () => world.app.config.webhookSecrets[0] ?? '';
const envelope = (more: object = {}): string =>
  JSON.stringify({
    id: 'whe-1',
    kind: 'policy.triggered',
    date: world.at,
    data: {},
    timestampSent: Math.floor(Date.now() / 1000),
    deliveryAttempt: 1,
    ...more,
  });
const post = async (body: string, headers: Record<string, string>) =>
  world.request(undefined, 'POST', PATH, body, headers);

describe('the webhook door', () => {
  it('acknowledges a signed event with 200 and keeps it for the queue', async () => {
    await world.openAccount();
    const body = envelope();
    expect(await post(body, await sign(body, secret()))).toMatchObject({ status: 200 });
    expect(world.queued.map(({ body: message }: Json) => message.type)).toEqual(['webhook.received']);
  });

  it('refuses a wrong signature, none, and one of another body, and changes nothing', async () => {
    const body = envelope();
    const good = await sign(body, secret());
    const wrong = [
      await sign(body, 'another-secret'),
      {},
      { 'x-dfns-webhook-signature': 'sha256=00' },
      { 'x-dfns-webhook-signature': 'nonsense' },
    ];
    for (const headers of wrong)
      expect(await post(body, headers)).toMatchObject({ status: 401, body: { code: 'signature_invalid' } });
    expect(
      (await post(`${body} `, { ...good, 'x-dfns-webhook-signature': `${good['x-dfns-webhook-signature']}0` })).status,
    ).toBe(401);
    expect(world.queued).toEqual([]);
    expect(await inbox()).toEqual([]);
  });

  it('refuses a stale first attempt and takes a retry up to a day old', async () => {
    const sentSecondsAgo = (seconds: number, more: object = {}) =>
      envelope({ timestampSent: Math.floor(Date.now() / 1000) - seconds, ...more });
    const at = async (body: string) => (await post(body, await sign(body, secret()))).status;
    expect(await at(sentSecondsAgo(290))).toBe(200);
    expect(await at(sentSecondsAgo(310))).toBe(401);
    expect(await at(sentSecondsAgo(-310))).toBe(401);
    expect(await at(sentSecondsAgo(25 * 3600, { deliveryAttempt: 5, retryOf: 'whe-0' }))).toBe(200);
    expect(await at(sentSecondsAgo(27 * 3600, { deliveryAttempt: 5, retryOf: 'whe-0' }))).toBe(401);
  });

  it('takes a signature of each active secret', async () => {
    world.app.config.webhookSecrets.push('the-next-secret');
    const body = envelope();
    for (const each of world.app.config.webhookSecrets)
      expect((await post(body, await sign(body, each))).status).toBe(200);
    expect(
      world.logged.filter(({ event }) => event === 'webhook.received').map(({ fields }) => fields?.secret),
    ).toEqual([0, 1]);
    world.app.config.webhookSecrets.pop();
  });

  it('answers 413, 415, 400 and 503 in plain problems', async () => {
    const large = envelope({ data: { text: 'x'.repeat(300_000) } });
    expect(await post(large, await sign(large, secret()))).toMatchObject({
      status: 413,
      body: { code: 'body_too_large' },
    });
    expect(await post('a=b', { 'content-type': 'application/x-www-form-urlencoded' })).toMatchObject({ status: 415 });
    const noEvent = JSON.stringify({ hello: 'world' });
    expect(await post(noEvent, await sign(noEvent, secret()))).toMatchObject({
      status: 400,
      body: { code: 'webhook_malformed' },
    });
    const noJson = 'not json at all';
    expect(await post(noJson, await sign(noJson, secret()))).toMatchObject({
      status: 400,
      body: { code: 'webhook_malformed' },
    });
    const broken = { ...world.app.bindings, EVENTS: { send: () => Promise.reject(new Error('queue down')) } };
    Object.assign(world.app, { bindings: broken });
    const body = envelope();
    expect(await post(body, await sign(body, secret()))).toMatchObject({
      status: 503,
      body: { code: 'intake_unavailable' },
    });
  });

  it('queues less of an event whose quotes make its message too large', async () => {
    await world.openAccount();
    const body = envelope({ data: { text: '"'.repeat(40_000) } });
    expect(body.length).toBeLessThan(100_000);
    expect((await post(body, await sign(body, secret()))).status).toBe(200);
    expect(JSON.stringify(world.queued[0]).length).toBeLessThan(1_000);
  });

  it('queues only the ids of an event that is too large for a message', async () => {
    const { schedule } = await world.readyToTrade();
    await world.tick();
    await world.settle({ webhooks: false });
    const delivery = (await world.held()).find(({ body }) => JSON.parse(body).kind === 'wallet.transfer.confirmed');
    const event = JSON.parse(delivery.body);
    const body = JSON.stringify({ ...event, data: { ...event.data, bulk: { text: 'x'.repeat(150_000) } } });
    expect((await post(body, await sign(body, secret()))).status).toBe(200);
    expect(JSON.stringify(world.queued[0]).length).toBeLessThan(5_000);
    await world.settle({ webhooks: false, ticks: false });
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
  });
});

describe('a webhook event', () => {
  it('delivered ten times at once is applied once', async () => {
    const account = await world.openAccount();
    await world.fund(account, '1000');
    const [delivery] = await world.held();
    const answers = await Promise.all(Array.from({ length: 10 }, () => world.deliver(delivery)));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    const messages = world.queued;
    world.queued = [];
    await Promise.all(messages.map((message) => world.carryOut(message)));
    expect((await inbox()).filter(({ kind }) => kind === 'wallet.blockchainevent.detected')).toHaveLength(1);
    await world.settle();
    expect(await countOf('movements')).toBe(1);
    const applied = world.logged.filter(
      ({ event, fields }) => event === 'webhook.applied' && fields?.kind === 'wallet.blockchainevent.detected',
    );
    expect(applied.filter(({ fields }) => fields?.outcome === 'applied')).toHaveLength(1);
  });

  it('is recognized without KV: the hint saves work, D1 decides', async () => {
    const account = await world.openAccount();
    await world.fund(account, '1000');
    const [delivery] = await world.held();
    await world.deliver(delivery);
    await world.settle();
    const before = await countOf('inbox');
    const { keys } = await env.HINTS.list({ prefix: 'seen:' });
    expect(keys.length).toBeGreaterThan(0);
    for (const { name } of keys) await env.HINTS.delete(name);
    await world.deliver(delivery);
    await world.settle();
    expect(await countOf('inbox')).toBe(before);
    expect(await countOf('movements')).toBe(1);
  });

  it('retried by custody under a new id is the same fact; a chain of retries is followed', async () => {
    const account = await world.openAccount();
    const [tag] = (await (await sdk('maker')).wallets.getWallet({ walletId: account.wallets[0].custodyId })).tags;
    await (await sdk('admin-1')).wallets.untagWallet({
      walletId: account.wallets[0].custodyId,
      body: { tags: [tag ?? ''] },
    });
    const [delivery] = (await world.held()).filter(({ body }) => JSON.parse(body).kind === 'wallet.tags.modified');
    const first = JSON.parse(delivery.body);
    const retry = (id: string, retryOf: string, deliveryAttempt: number) =>
      JSON.stringify({ ...first, id, retryOf, deliveryAttempt });
    for (const body of [
      delivery.body,
      retry('whe-b', first.id, 2),
      retry('whe-c', 'whe-b', 3),
      retry('whe-d', first.id, 4),
    ]) {
      expect((await post(body, await sign(body, secret()))).status).toBe(200);
      await world.drainOnce();
    }
    expect((await inbox()).filter(({ kind }) => kind === 'wallet.tags.modified')).toHaveLength(1);
  });

  it('of a second untagging is not taken for a duplicate of the first', async () => {
    const account = await world.openAccount();
    const walletId = account.wallets[0].custodyId;
    const { tag } = account;
    const admin = await sdk('admin-1');
    const result = async () => (await world.get('client-1', '/v1/accounts/me/restrictions')).body.fence;
    const checks = async () => (await world.rows("SELECT 1 FROM journal WHERE kind LIKE 'fence.%'")).length;

    await admin.wallets.untagWallet({ walletId, body: { tags: [tag] } });
    await world.settle();
    expect(await result()).toMatchObject({ result: 'broken' });
    await admin.wallets.tagWallet({ walletId, body: { tags: [tag] } });
    await world.settle();
    expect(await result()).toMatchObject({ result: 'intact' });
    const before = await checks();

    await admin.wallets.untagWallet({ walletId, body: { tags: [tag] } });
    await world.settle();

    expect(await result()).toMatchObject({ result: 'broken', findings: [expect.stringContaining('lost the tag')] });
    expect(await checks()).toBe(before + 1);
    expect((await inbox()).filter(({ kind }) => kind === 'wallet.tags.modified')).toHaveLength(3);
  });

  it('lost between its 200 and its processing is found by the next backfill', async () => {
    const account = await world.openAccount();
    await world.fund(account, '1000');
    await world.deliverWebhooks();
    world.queued = []; // the process stops here: what was accepted lived in memory
    await world.settle({ ticks: false });
    expect(await countOf('movements')).toBe(0);

    await world.tick('*/15 * * * *');
    await world.settle({ ticks: false });

    expect(await countOf('movements')).toBe(1);
    const before = await countOf('inbox');
    await world.tick('*/15 * * * *');
    await world.settle();
    expect(await countOf('inbox')).toBe(before);
  });

  it('in any order, with some missing, ends in the same state', async () => {
    const { schedule } = await world.readyToTrade();
    await world.tick();
    await world.settle({ webhooks: false, ticks: false });
    const held = (await world.held()).filter(({ body }) => JSON.parse(body).kind.startsWith('wallet.transfer.'));
    expect(held.length).toBeGreaterThan(1);
    for (const delivery of held.reverse().slice(0, -1)) {
      await world.deliver(delivery);
      await world.drainOnce();
    }
    await world.settle({ webhooks: false, ticks: false });
    expect(await world.order(schedule.id)).toMatchObject({ status: 'executed' });
  });

  it('is kept raw in the archive, also when its kind is unknown', async () => {
    await world.openAccount();
    const body = envelope({ id: 'whe-unknown', kind: 'something.new.happened', data: { a: 1 } });
    await post(body, await sign(body, secret()));
    await world.drainOnce();
    const row = (await inbox()).find(({ kind }) => kind === 'something.new.happened');
    expect(row).toMatchObject({ outcome: 'kept' });
    expect(await (await env.ARCHIVE.get(row.raw_key))?.text()).toBe(body);
  });

  it('about a wallet that is nobody’s waits, and is then kept as an orphan', async () => {
    const { id } = await (await sdk('setup')).wallets
      .createWallet({ body: { network: 'EthereumSepolia' } })
      .catch(async () => (await sdk('maker')).wallets.createWallet({ body: { network: 'EthereumSepolia' } }));
    await control('POST', `/wallets/${id}/fund`, { kind: 'Native', amount: '5' });
    await world.settle();
    expect((await inbox()).find(({ kind }) => kind === 'wallet.blockchainevent.detected')).toMatchObject({
      outcome: 'orphan',
    });
  });
});

describe('a message that cannot be carried out', () => {
  it('ends as a dead letter in D1 and leaves the outbox', async () => {
    await world.rows(
      "INSERT INTO outbox (id, queue, body, created_at, due_at, postponed) VALUES ('msg_X', 'events', '{}', '2031-01-01', '2031-01-01', 0)",
    );
    await world.carryOut({
      queue: 'fiducia-events-dead' as never,
      body: { v: 1, id: 'msg_X', type: 'nobody.knows' },
      attempts: 1,
    });
    expect(await world.rows('SELECT queue FROM dead_letters')).toEqual([{ queue: 'fiducia-events-dead' }]);
    expect(await world.rows('SELECT id FROM outbox')).toEqual([]);
  });

  it('does not take the good ones of its batch with it', async () => {
    await world.carryOut({ queue: 'fiducia-events', body: { v: 1, id: null, type: 'nobody.knows' }, attempts: 1 });
    expect(world.queued).toMatchObject([{ attempts: 2 }]);
    expect(world.logged.at(-1)).toMatchObject({ event: 'queue.fault' });
  });
});
