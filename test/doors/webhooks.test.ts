// The webhook door and what stands behind it: signatures, ages, sizes, duplicates, losses.
import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { http } from '../../src/doors/http.ts';
import { consume } from '../../src/doors/queue.ts';
import { checkFence } from '../../src/kit/messages.ts';
import { control, sdk } from '../support/outside.ts';
import { openWorld, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

// biome-ignore lint/suspicious/noExplicitAny: deliveries are examined by the tests
type Json = any;
const PATH = '/webhooks/dfns';
const inbox = () => world.rows('SELECT * FROM inbox ORDER BY received_at');
const countOf = async (table: string): Promise<number> => (await world.rows(`SELECT count(*) AS n FROM ${table}`))[0].n;

const sign = (body: string, secret: string) => signBytes(new TextEncoder().encode(body), secret);

async function signBytes(body: Uint8Array, secret: string): Promise<Record<string, string>> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['sign']);
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, new Uint8Array(body)));
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

  it('asks nothing of D1, KV or R2, whatever it answers', async () => {
    const body = envelope();
    const signed = await sign(body, secret());
    const before = world.trips.length;
    const archived = (await env.ARCHIVE.list()).objects.length;
    for (const headers of [signed, {}, { ...signed, 'content-type': 'text/plain' }]) await post(body, headers);
    expect(world.trips.length).toBe(before);
    expect((await env.ARCHIVE.list()).objects).toHaveLength(archived);
    expect((await env.HINTS.list({ prefix: 'seen:' })).keys).toEqual([]);
  });

  it('reads no byte more than is declared and allowed', async () => {
    const body = envelope();
    const signed = await sign(body, secret());
    const declaring = async (bytes: string) => (await post(body, { ...signed, 'content-length': bytes })).status;
    expect(await declaring(String(body.length))).toBe(200);
    expect(await declaring(String(body.length - 1))).toBe(413);
    expect(await declaring(String(body.length + 1000))).toBe(200);
    expect(await declaring('300000')).toBe(413);
    for (const nonsense of ['-1', '1e3', '', 'many']) expect(await declaring(nonsense)).toBe(200);
  });

  it('keeps what is signed and no event for a person, and answers 200', async () => {
    const noEvents = [JSON.stringify({ hello: 'world' }), 'not json at all', '', `"${'"'.repeat(200_000)}"`];
    for (const body of noEvents) expect((await post(body, await sign(body, secret()))).status).toBe(200);
    expect(world.queued).toHaveLength(noEvents.length);
    for (const { body } of world.queued) expect(JSON.stringify(body).length).toBeLessThan(100_200);
  });

  it('answers 413, 415 and 503 in plain problems', async () => {
    const large = envelope({ data: { text: 'x'.repeat(300_000) } });
    expect(await post(large, await sign(large, secret()))).toMatchObject({
      status: 413,
      body: { code: 'body_too_large' },
    });
    expect(await post('a=b', { 'content-type': 'application/x-www-form-urlencoded' })).toMatchObject({ status: 415 });
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

describe('any bytes at the webhook door', () => {
  const bytesOf = (text: string) => new TextEncoder().encode(text);
  /** Bodies: noise, events with a part of them replaced or cut off, and what is too large. */
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map(bytesOf),
    fc
      .record({ id: fc.anything(), kind: fc.anything(), data: fc.anything(), timestampSent: fc.anything() })
      .map((part) => {
        const text = JSON.stringify({ ...JSON.parse(envelope()), ...part }, (_, value) =>
          typeof value === 'bigint' ? String(value) : value,
        );
        return bytesOf(text);
      }),
    fc.nat({ max: 200 }).map((length) => bytesOf(envelope()).slice(0, length)),
    fc.constant(0).map(() => bytesOf(envelope())),
    fc.integer({ min: 262_140, max: 262_150 }).map((length) => new Uint8Array(length)),
  );
  const headersOf = fc.record(
    {
      'content-type': fc.constantFrom(
        'application/json',
        'application/json; charset=x',
        'text/json',
        'application/jsonx',
        '',
      ),
      'content-length': fc.constantFrom('0', '5', '-5', '262144', '262145', 'x'),
      'x-dfns-webhook-signature': fc.constantFrom(
        '',
        'sha256=',
        `sha256=${'0'.repeat(64)}`,
        `sha256=${'f'.repeat(65)}`,
      ),
      'cf-connecting-ip': fc.ipV4(),
      'content-encoding': fc.constantFrom('gzip', 'identity'),
      authorization: fc.constantFrom('Bearer x', ''),
    },
    { requiredKeys: ['content-type', 'cf-connecting-ip'] },
  );

  it(`is answered 200, 401, 413 or 415, and stores nothing by itself (${env.FUZZ_CASES} cases)`, async () => {
    const seen = new Set<number>();
    const before = world.trips.length;
    await fc.assert(
      fc.asyncProperty(bodies, headersOf, fc.boolean(), async (body, headers, isSigned) => {
        const execution = createExecutionContext();
        const signed = isSigned ? await signBytes(body, secret()) : {};
        const request = new Request(`http://fiducia.test${PATH}`, {
          method: 'POST',
          body,
          headers: { ...headers, ...signed },
        });
        const queued = world.queued.length;
        const { status } = await http.fetch(request, world.app, execution);
        seen.add(status);
        expect([200, 401, 413, 415]).toContain(status);
        expect(world.queued.length - queued).toBe(status === 200 ? 1 : 0);
      }),
      { numRuns: Number(env.FUZZ_CASES) },
    );
    expect([...seen].sort()).toEqual([200, 401, 413, 415]);
    expect(world.trips.length).toBe(before);
  }, 600_000);
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

  it('about a wallet that is nobody’s yet is parked, looked at ever more rarely, and applied when the wallet is ours', async () => {
    const account = await world.openAccount();
    await world.settle();
    const { id } = account.wallets[0];
    const [{ custody_id: custodyId }] = await world.rows('SELECT custody_id FROM wallets WHERE id = ?', id);
    // As while the answer of its creation is on its way.
    const forget = (as: string) =>
      world.rows('UPDATE wallets SET custody_id = ?, version = version + 1 WHERE id = ?', as, id);
    await forget('wa-not-known-yet');
    await control('POST', `/wallets/${custodyId}/fund`, { kind: 'Native', amount: '5' });
    await world.settle();
    const orphan = async () => (await inbox()).find(({ kind }) => kind === 'wallet.blockchainevent.detected');
    expect(await orphan()).toMatchObject({ outcome: 'orphan' });

    const looks: number[] = [];
    for (let minute = 0; minute < 10; minute += 1) {
      await world.advance(60);
      await world.tick();
      looks.push((await orphan()).looks);
    }
    expect(looks.at(-1)).toBeGreaterThan(1);
    expect(looks.at(-1)).toBeLessThan(6);

    await forget(custodyId);
    await world.advance(3600);
    await world.settle();
    expect(await orphan()).toMatchObject({ outcome: 'applied', next_look_at: null });
    expect(await countOf('movements')).toBe(1);
  });

  it('about a wallet that stays nobody’s is given up after as long as custody keeps events', async () => {
    const { id } = await (await sdk('maker')).wallets.createWallet({ body: { network: 'EthereumSepolia' } });
    await control('POST', `/wallets/${id}/fund`, { kind: 'Native', amount: '5' });
    await world.settle();
    const orphan = async () => (await inbox()).find(({ kind }) => kind === 'wallet.blockchainevent.detected');
    expect(await orphan()).toMatchObject({ outcome: 'orphan' });
    await world.rows("UPDATE inbox SET looks = 132 WHERE outcome = 'orphan'");
    await world.advance(60);
    await world.tick();
    expect(await orphan()).toMatchObject({ outcome: 'orphan', looks: 133 });
    await world.rows("UPDATE inbox SET next_look_at = '2031-01-01T00:00:00.000Z' WHERE outcome = 'orphan'");
    await world.advance(60);
    await world.tick();
    expect(await orphan()).toMatchObject({ outcome: 'kept', next_look_at: null });
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
    expect(await world.rows('SELECT queue, status FROM dead_letters')).toEqual([
      { queue: 'fiducia-events-dead', status: 'waiting' },
    ]);
    expect(await world.rows("SELECT id FROM outbox WHERE id = 'msg_X'")).toEqual([]);
    const { items } = (await world.get('admin-1', '/v1/incidents')).body;
    expect(items).toMatchObject([{ kind: 'message_dead', about: 'nobody.knows' }]);
  });

  it('of money is sent again by the normal path when two persons want it', async () => {
    await world.must('client-1', '/v1/accounts', { networks: ['EthereumSepolia'] });
    const [opening] = world.queued.splice(0);
    if (opening === undefined) throw new Error('nothing was sent');
    await world.carryOut({ ...opening, queue: 'fiducia-money-dead' as never });
    await world.settle({ ticks: false });
    const account = async () => (await world.get('client-1', '/v1/accounts/me')).body;
    expect(await account()).toMatchObject({ status: 'opening' });

    const letters = async (query = '') => (await world.get('auditor-1', `/v1/dead-letters${query}`)).body.items;
    const [letter] = await letters('?status=waiting');
    expect(letter).toMatchObject({ type: 'account.open', needsTwo: true, proposedBy: null });
    expect(JSON.stringify(letter)).not.toContain('acc_');
    const replay = (as: string) =>
      world.post(as, `/v1/dead-letters/${letter.id}/replay`, { reason: 'custody is back' });
    expect((await replay('client-1')).status).toBe(403);
    expect((await replay('operator-1')).status).toBe(403);
    expect(await replay('admin-1')).toMatchObject({ status: 202, body: { status: 'waiting' } });
    expect(await replay('admin-1')).toMatchObject({ status: 403, body: { code: 'dead_letter_needs_another_person' } });
    expect(await account()).toMatchObject({ status: 'opening' });

    const two = await Promise.all([replay('compliance-1'), replay('compliance-1')]);
    expect(two.map(({ status }) => status).sort()).toEqual([200, 409]);
    await world.settle({ ticks: false });

    expect(await account()).toMatchObject({ status: 'active' });
    expect(await letters('?status=waiting')).toEqual([]);
    expect(await replay('admin-1')).toMatchObject({ status: 409, body: { code: 'wrong_status' } });
    const entries = await world.rows('SELECT kind FROM journal WHERE subject_id = ? ORDER BY version', letter.id);
    expect(entries).toEqual([{ kind: 'dead_letter.replay_proposed' }, { kind: 'dead_letter.replayed' }]);
  });

  it('of events takes one person; one given up twice is kept once, one that dies again is another', async () => {
    const account = await world.openAccount();
    const body = checkFence({ accountId: account.id })(null);
    const dead = { queue: 'fiducia-events-dead', messages: [{ id: 'q-1', attempts: 1, body, ack() {}, retry() {} }] };
    // Of a batch, the consumer looks at its queue and its messages.
    for (const _ of [1, 2]) await consume(dead as unknown as MessageBatch<unknown>, world.app);
    const [letter, ...others] = (await world.get('admin-1', '/v1/dead-letters')).body.items;
    expect(others).toEqual([]);
    const checks = async () => (await world.rows("SELECT 1 FROM journal WHERE kind = 'fence.checked'")).length;
    const before = await checks();
    expect((await world.post('admin-1', `/v1/dead-letters/${letter.id}/replay`, { reason: 'again' })).status).toBe(200);
    const [again] = world.queued.splice(0).filter(({ queue }) => queue === 'fiducia-events');
    if (again === undefined) throw new Error('nothing was sent');
    await world.carryOut({ ...again, queue: 'fiducia-events-dead' as never });
    const { items } = (await world.get('admin-1', '/v1/dead-letters?status=waiting')).body;
    expect(items).toHaveLength(1);
    await world.must('admin-1', `/v1/dead-letters/${items[0].id}/replay`, { reason: 'again' });
    await world.settle({ ticks: false });
    expect(await checks()).toBe(before + 1);
  });

  it('is what custody signed and is no event, once for each body', async () => {
    const body = JSON.stringify({ hello: 'world' });
    for (const _ of [1, 2]) {
      await post(body, await sign(body, secret()));
      await world.settle({ ticks: false });
    }
    const good = envelope({ id: 'whe-good' });
    await post(good, await sign(good, secret()));
    await world.settle({ ticks: false });
    const { items } = (await world.get('admin-1', '/v1/dead-letters')).body;
    expect(items).toMatchObject([{ type: 'webhook.received', status: 'waiting' }]);
    expect(await inbox()).toMatchObject([{ event_id: 'whe-good' }]);
    await world.must('admin-1', `/v1/dead-letters/${items[0].id}/replay`, { reason: 'it is known now' });
    await world.settle({ ticks: false });
    expect((await world.get('admin-1', '/v1/dead-letters?status=waiting')).body.items).toHaveLength(1);
  });

  it('does not take the good ones of its batch with it', async () => {
    await world.carryOut({ queue: 'fiducia-events', body: { v: 1, id: null, type: 'nobody.knows' }, attempts: 1 });
    expect(world.queued).toMatchObject([{ attempts: 2 }]);
    expect(world.logged.at(-1)).toMatchObject({ event: 'queue.fault' });
  });
});
