// Who is told of what, and how it arrives: webhooks out as an outside receiver sees them, e-mail, chat, and what is switched off.
import { env } from 'cloudflare:workers';
import { Webhook } from 'standardwebhooks';
import { beforeEach, describe, expect, it } from 'vitest';
import { RETRY_SECONDS } from '../../src/features/notices/deliver.ts';
import { askOutside } from '../../src/kit/outside.ts';
import type { Queued } from '../support/stage.ts';
import { EXCHANGE, openWorld, type World } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

const HOOKS = 'https://hooks.receiver.org';
const CHAT = 'https://chat.receiver.org/services/T0/B0';
const production = {
  ENVIRONMENT: 'production',
  CHAT_WEBHOOKS: JSON.stringify({ operator: CHAT, admin: `${CHAT}-admin` }),
};

const tell = (told: object) => fetch(`${HOOKS}/_told`, { method: 'PUT', body: JSON.stringify(told) });
const received = async (path = '/fiducia'): Promise<Json[]> =>
  (await (await fetch(`${HOOKS}/_told`)).json<Json[]>()).filter(({ url }) => new URL(url).pathname === path);
const inRoom = async (room = '/services/T0/B0'): Promise<string[]> =>
  (await received(room)).map(({ body }) => JSON.parse(body).text);

beforeEach(async () => {
  await fetch(`${HOOKS}/_told`, { method: 'DELETE' });
});

const make = (world: World, more: object = {}) =>
  world.must('admin-1', '/v1/webhook-endpoints', { url: `${HOOKS}/fiducia`, ...more });

/** An endpoint whose host serves the token; with its secret. */
async function active(world: World, more: object = {}): Promise<{ id: string; secret: string }> {
  const { endpoint, secret } = await make(world, more);
  await tell({ token: endpoint.verification.token });
  expect(await world.must('admin-1', `/v1/webhook-endpoints/${endpoint.id}/verify`)).toMatchObject({
    status: 'active',
  });
  return { id: endpoint.id, secret };
}

const halt = (world: World, reason = 'Something looks odd.') =>
  world.must('operator-1', '/v1/halts', { level: 'all', reason });

/** What an outside receiver does with the reference library; what was not signed with this secret throws. */
const verified = (secret: string, { body, headers }: Json): Json => new Webhook(secret).verify(body, headers);

const deliveriesOf = async (world: World, id: string): Promise<Json[]> =>
  (await world.get('admin-1', `/v1/webhook-endpoints/${id}/deliveries`)).body.items;

describe('a webhook endpoint', () => {
  it('gets nothing before its host served the token, then signed notices that a receiver verifies', async () => {
    const world = await openWorld({ settings: production });
    const { endpoint, secret } = await make(world, { kinds: ['halt.active', 'halt.lifted'] });
    expect(endpoint).toMatchObject({ status: 'pending', verification: { path: '/.well-known/fiducia-webhook' } });
    await halt(world);
    await world.settle();
    expect(await received()).toEqual([]);
    const verify = () => world.post('admin-1', `/v1/webhook-endpoints/${endpoint.id}/verify`);
    expect(await verify()).toMatchObject({ status: 422, body: { code: 'endpoint_not_verified' } });
    const { token } = endpoint.verification;
    await tell({ token, tokenStatus: 302 });
    expect(await verify()).toMatchObject({ status: 422, body: { reason: 'the host answered 302, not 200' } });
    await tell({ token, tokenStatus: 200 });
    expect(await verify()).toMatchObject({ status: 200, body: { status: 'active' } });

    const { id } = await halt(world, 'Another one.');
    await world.settle();
    const [request, ...more] = await received();
    expect(more).toEqual([]);
    const event = verified(secret, request);
    expect(event).toMatchObject({ type: 'halt.active', data: { subjectId: id, accountId: null } });
    expect(event.data.id).toBe(request.headers['webhook-id']);
    const forged = { ...request, body: request.body.replace('Another', 'An other') };
    expect(() => verified(secret, forged)).toThrow('No matching signature found');
    expect(await deliveriesOf(world, endpoint.id)).toMatchObject([
      { kind: 'halt.active', status: 'sent', attempts: 1, lastStatus: 204 },
    ]);
  });

  it('hears only what it asked for, of one account only what its client may hear', async () => {
    const world = await openWorld({ settings: production });
    const account = await world.openAccount();
    const other = await world.openAccount('client-2');
    await active(world, {
      accountId: account.id,
      kinds: ['destination.in_review', 'destination.proposed', 'halt.active'],
    });
    await world.ask('client-1', EXCHANGE);
    await world.must('client-2', '/v1/halts', { level: 'account', accountId: other.id, reason: 'Not mine.' });
    await world.must('client-1', '/v1/halts', { level: 'account', accountId: 'me', reason: 'Mine.' });
    await world.settle();
    expect((await received()).map(({ body }) => [JSON.parse(body).type, JSON.parse(body).data.accountId])).toEqual([
      ['halt.active', account.id],
    ]);
  });

  it('has a secret that is shown once, and stands nowhere in the database', async () => {
    const world = await openWorld({ settings: production });
    const body = { url: `${HOOKS}/fiducia` };
    const ask = () =>
      world.request('admin-1', 'POST', '/v1/webhook-endpoints', body, { 'idempotency-key': 'the-same' });
    const first = (await ask()).body;
    expect(first.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect((await ask()).body).toEqual({ ...first, secret: null });
    const tables = await world.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '_cf%'");
    for (const { name } of tables) {
      expect(JSON.stringify(await world.rows(`SELECT * FROM "${name}"`)), name).not.toContain(
        first.secret.slice(6, 30),
      );
    }
    expect((await world.get('admin-1', '/v1/webhook-endpoints')).body.items).toEqual([first.endpoint]);
    for (const name of ['client-1', 'operator-1', 'compliance-1'])
      expect((await world.get(name, '/v1/webhook-endpoints')).status).toBe(403);
  });

  it('signs with both secrets for a day after a rotation, then with the new one alone', async () => {
    const world = await openWorld({ settings: production });
    const { id, secret } = await active(world);
    const rotated = await world.must('admin-1', `/v1/webhook-endpoints/${id}/rotate-secret`);
    expect(rotated.endpoint.secrets).toMatchObject([{ generation: 2, until: null }, { generation: 1 }]);
    await halt(world);
    await world.settle();
    const [during] = await received();
    expect(verified(secret, during)).toEqual(verified(rotated.secret, during));
    await world.advance(24 * 3600);
    await halt(world, 'A day later.');
    await world.settle();
    const after = (await received()).at(-1);
    expect(verified(rotated.secret, after)).toMatchObject({ type: 'halt.active' });
    expect(() => verified(secret, after)).toThrow('No matching signature found');
  });

  it('that is deleted gets nothing more and is not found', async () => {
    const world = await openWorld({ settings: production });
    const { id } = await active(world);
    expect((await world.request('admin-1', 'DELETE', `/v1/webhook-endpoints/${id}`)).status).toBe(200);
    await halt(world);
    await world.settle();
    expect(await received()).toEqual([]);
    expect((await world.get('admin-1', `/v1/webhook-endpoints/${id}`)).status).toBe(404);
  });

  it.each([
    ['http://hooks.receiver.org/x', 'only https'],
    ['https://10.0.0.1/x', 'an IP address: name a host'],
    ['https://fiducia.test/x', 'not a name of the public Internet'],
    ['https://sandbox.own-zone.org/x', 'a host of this deployment'],
  ])('may not be %s: %s', async (url, reason) => {
    const world = await openWorld({ settings: { ...production, OWN_ZONES: 'own-zone.org' } });
    const answer = await world.post('admin-1', '/v1/webhook-endpoints', { url });
    expect(answer).toMatchObject({ status: 422, body: { code: 'endpoint_url_refused', reason } });
  });
});

describe('a receiver that is a process of its own', () => {
  const RECEIVER = 'https://node.outside.org';
  const told = async (more: object) => {
    const answer = await fetch(`${RECEIVER}/_told`, { method: 'PUT', body: JSON.stringify(more) });
    expect(await answer.json()).toEqual([]);
  };
  const seen = async (): Promise<Json[]> => (await fetch(`${RECEIVER}/_told`)).json();

  it('verifies with the reference library before, during and after a rotation, each time with the secret it holds', async () => {
    const world = await openWorld({ settings: production });
    const { endpoint, secret } = await world.must('admin-1', '/v1/webhook-endpoints', { url: `${RECEIVER}/fiducia` });
    await told({ token: endpoint.verification.token });
    await world.must('admin-1', `/v1/webhook-endpoints/${endpoint.id}/verify`);
    /** What it answers to a halt while it holds this secret. */
    const hears = async (held: string, reason: string) => {
      await told({ secret: held });
      await halt(world, reason);
      await world.settle();
      return seen();
    };
    const right = [{ status: 204, type: 'halt.active' }];
    expect(await hears(secret, 'Before.')).toEqual(right);
    const rotated = await world.must('admin-1', `/v1/webhook-endpoints/${endpoint.id}/rotate-secret`);
    expect(await hears(secret, 'It does not know of the new one yet.')).toEqual(right);
    expect(await hears(rotated.secret, 'It was told the new one.')).toEqual(right);
    await world.advance(24 * 3600);
    expect(await hears(rotated.secret, 'A day later.')).toEqual(right);
    expect((await hears(secret, 'It has gone back to the old one.'))[0]).toEqual({ status: 401 });
    expect((await deliveriesOf(world, endpoint.id))[0]).toMatchObject({ lastStatus: 401, sentAt: null });
  });
});

describe('a delivery', () => {
  /** Lets days pass: each delivery is tried when it is due, and not before. */
  async function pass(world: World, seconds: number): Promise<void> {
    await world.advance(seconds);
    await world.tick();
    while (world.queued.length > 0) await world.drainOnce();
  }

  it('is tried ten times over three days, then the endpoint is disabled and the admins are told', async () => {
    const world = await openWorld({ settings: production });
    const { id } = await active(world, { kinds: ['halt.active'] });
    await tell({ status: 500 });
    await halt(world);
    await pass(world, 1);
    for (const seconds of RETRY_SECONDS) {
      const tried = (await received()).length;
      await pass(world, seconds - 1);
      expect(await received()).toHaveLength(tried);
      await pass(world, 1);
    }
    const tries = await received();
    // The breaker kept some of the early ones from a host that did not answer just before.
    expect(tries.length).toBeGreaterThanOrEqual(8);
    expect(new Set(tries.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(await deliveriesOf(world, id)).toMatchObject([
      { status: 'failed', attempts: 10, nextAttemptAt: null, lastStatus: 500 },
    ]);
    expect((await world.get('admin-1', `/v1/webhook-endpoints/${id}`)).body).toMatchObject({ status: 'disabled' });
    await pass(world, 1);
    expect((await inRoom('/services/T0/B0-admin')).at(-1)).toContain(`endpoint ${id}`);
    await tell({ status: 204 });
    expect(await world.must('admin-1', `/v1/webhook-endpoints/${id}/verify`)).toMatchObject({ status: 'active' });
    const since = new Date(0).toISOString();
    expect(await world.must('admin-1', `/v1/webhook-endpoints/${id}/resend`, { since })).toEqual({ resent: 1 });
    await world.settle();
    expect(await deliveriesOf(world, id)).toMatchObject([{ status: 'sent' }]);
    expect((await received()).at(-1).headers['webhook-id']).toBe(tries[0].headers['webhook-id']);
  });

  it('that failed waits no longer than until the endpoint answers again', async () => {
    const world = await openWorld({ settings: production });
    const { id } = await active(world, { kinds: ['halt.active'] });
    await tell({ status: 503 });
    for (const reason of ['One.', 'Two.', 'Three.', 'Four.', 'Five.', 'Six.']) await halt(world, reason);
    await pass(world, 1);
    // Five in a row opened the breaker: the sixth was not tried.
    expect(await received()).toHaveLength(5);
    await pass(world, 3600);
    await tell({ status: 204 });
    await pass(world, 7200);
    await pass(world, 1);
    expect((await deliveriesOf(world, id)).map(({ status }) => status)).toEqual(Array(6).fill('sent'));
  });

  it.each([
    ['gone (410): at once disabled', { status: 410 }, 'failed', 'disabled', 'the endpoint says that it is gone'],
    [
      'a redirect: not followed',
      { status: 302, headers: { location: 'http://sandbox.test/' } },
      'waiting',
      'active',
      'redirects are not followed',
    ],
    ['a refusal: tried again', { status: 400 }, 'waiting', 'active', 'refused'],
  ])('that meets %s', async (_, told, status, then, lastProblem) => {
    const world = await openWorld({ settings: production });
    const { id } = await active(world, { kinds: ['halt.active'] });
    await tell(told);
    await halt(world);
    await pass(world, 1);
    expect(await deliveriesOf(world, id)).toMatchObject([{ status, attempts: 1, lastProblem }]);
    expect((await world.get('admin-1', `/v1/webhook-endpoints/${id}`)).body.status).toBe(then);
  });

  it('is made once however often its message comes, and found when its message was lost', async () => {
    const world = await openWorld({ settings: production });
    await active(world, { kinds: ['halt.active'] });
    await halt(world);
    const raised = world.queued.filter(({ queue }) => queue === 'fiducia-notify');
    expect(raised).toHaveLength(1);
    await Promise.all(raised.flatMap((message) => [world.carryOut(message), world.carryOut(message)]));
    const wakeUps = [...world.queued];
    world.queued = [];
    await Promise.all(wakeUps.flatMap((message) => [world.carryOut(message), world.carryOut(message)]));
    await world.settle();
    expect(await received()).toHaveLength(1);
    await halt(world, 'This one is lost by the queue.');
    world.queued = [];
    await world.advance(121);
    await world.settle();
    expect(await received()).toHaveLength(2);
  });

  it('by a sender that dies after sending goes out again under the same id', async () => {
    const world = await openWorld({ settings: production });
    await active(world, { kinds: ['halt.active'] });
    await halt(world);
    await world.drainOnce();
    const [wakeUp] = world.queued.filter(({ body }) => Object(body).type === 'notice.deliver');
    await env.DB.prepare(
      "CREATE TRIGGER dies BEFORE UPDATE OF sent_at ON notice_deliveries BEGIN SELECT RAISE(ABORT, 'dies'); END",
    ).run();
    if (wakeUp !== undefined) await world.carryOut(wakeUp);
    await env.DB.prepare('DROP TRIGGER dies').run();
    world.queued = [];
    await world.advance(121);
    await world.settle();
    const ids = (await received()).map(({ headers }) => headers['webhook-id']);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it('does not wait for an answer without end', async () => {
    await tell({ slow: 2_000 });
    const asked = await askOutside(`${HOOKS}/fiducia`, { method: 'GET' }, 50);
    expect(asked).toEqual({ kind: 'silent', problem: 'no answer within 50 ms' });
    await tell({ slow: 0, status: 200, text: 'x'.repeat(100_000) });
    const long = await askOutside(`${HOOKS}/fiducia`, { method: 'GET' });
    expect(long.kind === 'answered' && long.text.length).toBe(4_096);
  });
});

const CLIENT_EMAIL = 'somebody@client.example';
const codeIn = (text = ''): string => /Your code: (\S+)/.exec(text)?.[1] ?? 'none';

describe('an e-mail contact', () => {
  const contact = '/v1/accounts/me/contact';

  async function confirmed(): Promise<World> {
    const world = await openWorld({ settings: production });
    await world.openAccount();
    expect(await world.must('client-1', contact, { email: CLIENT_EMAIL })).toMatchObject({
      active: null,
      pending: { email: CLIENT_EMAIL },
    });
    await world.settle();
    const [mail] = world.mails;
    expect(mail).toMatchObject({ to: CLIENT_EMAIL, subject: 'Confirm your address' });
    const code = codeIn(mail?.text).toLowerCase();
    expect(await world.must('client-1', `${contact}/confirm`, { code })).toMatchObject({
      active: { email: CLIENT_EMAIL },
    });
    return world;
  }

  it('hears nothing before the code came back, then what the client may hear', async () => {
    const world = await openWorld({ settings: production });
    const account = await world.openAccount();
    await world.must('client-1', contact, { email: CLIENT_EMAIL });
    await world.must('client-1', '/v1/halts', { level: 'account', accountId: 'me', reason: 'Mine.' });
    await world.settle();
    expect(world.mails.map(({ subject }) => subject)).toEqual(['Confirm your address']);
    await world.must('client-1', `${contact}/confirm`, { code: codeIn(world.mails[0]?.text) });
    await world.must('client-1', '/v1/halts', { level: 'account', accountId: 'me', reason: 'Again.' });
    await world.settle();
    expect(world.mails).toHaveLength(2);
    expect(world.mails[1]).toMatchObject({ to: CLIENT_EMAIL, subject: 'Halted', from: 'fiducia@example.com' });
    expect(world.mails[1]?.text).toContain(`A halt stops ${account.id}`);
  });

  it('is not confirmed by a wrong code, at most five times, nor after a day', async () => {
    const world = await openWorld({ settings: production });
    await world.openAccount();
    await world.must('client-1', contact, { email: CLIENT_EMAIL });
    await world.settle();
    const right = codeIn(world.mails[0]?.text);
    const answers = [];
    for (let n = 0; n < 5; n += 1)
      answers.push((await world.post('client-1', `${contact}/confirm`, { code: 'WRONG' })).body.code);
    expect(answers).toEqual(Array(5).fill('contact_code_wrong'));
    expect((await world.post('client-1', `${contact}/confirm`, { code: right })).status).toBe(404);
    await world.must('client-1', contact, { email: CLIENT_EMAIL });
    await world.settle();
    await world.advance(24 * 3600);
    const late = await world.post('client-1', `${contact}/confirm`, { code: codeIn(world.mails[1]?.text) });
    expect(late).toMatchObject({ status: 422, body: { code: 'contact_code_expired' } });
  });

  it('is asked for three times a day at most, and is an address and nothing else', async () => {
    const world = await openWorld({ settings: production });
    await world.openAccount();
    const ask = (email: string) => world.post('client-1', contact, { email });
    for (const email of ['a@b.example\r\nBcc: x@y.example', 'a@b.example, c@d.example', 'Name <a@b.example>', 'a@b'])
      expect((await ask(email)).status, email).toBe(400);
    const statuses = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await ask(`a${n}@b.example`)).status);
    expect(statuses).toEqual([202, 202, 202, 429]);
    await world.settle();
    expect((await world.get('client-1', contact)).body.pending.email).toBe('a2@b.example');
    expect((await world.get('client-2', contact)).body).toEqual({ active: null, pending: null });
  });

  it('stays while a new one is not confirmed, and is forgotten when it is replaced or removed', async () => {
    const world = await confirmed();
    await world.must('client-1', contact, { email: 'new@client.example' });
    await world.settle();
    const [before] = (await world.get('client-1', contact)).body ? [await world.get('client-1', contact)] : [];
    expect(before?.body).toMatchObject({ active: { email: CLIENT_EMAIL }, pending: { email: 'new@client.example' } });
    const code = codeIn(world.mails.find(({ to }) => to === 'new@client.example')?.text);
    await world.must('client-1', `${contact}/confirm`, { code });
    expect((await world.get('client-1', contact)).body).toMatchObject({
      active: { email: 'new@client.example' },
      pending: null,
    });
    expect((await world.request('client-1', 'DELETE', contact)).status).toBe(200);
    expect(await world.rows('SELECT * FROM contact_addresses')).toEqual([]);
    expect(JSON.stringify(await world.rows('SELECT * FROM journal'))).not.toContain('client.example');
    expect(JSON.stringify(world.logged)).not.toContain('client.example');
    await world.must('client-1', '/v1/halts', { level: 'account', accountId: 'me', reason: 'Again.' });
    await world.settle();
    expect(world.mails).toHaveLength(2);
  });

  it('is not told what the client switched off; what may not be missed cannot be', async () => {
    const world = await confirmed();
    const preferences = '/v1/accounts/me/notice-preferences';
    const put = (muted: string[]) => world.request('client-1', 'PUT', preferences, { muted });
    expect(await put(['halt.active', 'fence.broken', 'order.skipped'])).toMatchObject({
      status: 422,
      body: { code: 'notice_not_mutable', kinds: ['halt.active', 'fence.broken'] },
    });
    expect((await put(['destination.proposed'])).body.muted).toEqual(['destination.proposed']);
    expect((await world.get('client-1', preferences)).body.muted).toEqual(['destination.proposed']);
    const { id } = (await world.get('client-1', '/v1/accounts/me')).body;
    const propose = (address: string) =>
      world.must('operator-1', `/v1/accounts/${id}/destinations`, {
        network: 'EthereumSepolia',
        address,
        label: 'Exchange',
        kind: 'exchange',
      });
    await propose(EXCHANGE);
    await world.settle();
    expect(world.mails).toHaveLength(1);
    await put([]);
    await propose('0x8617e340b3d01fa5f11f306f4090fd50e238070d');
    await world.settle();
    expect(world.mails.map(({ subject }) => subject)).toEqual(['Confirm your address', 'Please confirm an address']);
  });

  it('hears of a halt of all once, however many clients there are and however often a message comes', {
    timeout: 120_000,
  }, async () => {
    const world = await confirmed();
    await addClients(world, CLIENTS);
    await world.rows(
      "UPDATE accounts SET status = 'closed', version = version + 1 WHERE id = ?",
      accountNumber(CLIENTS),
    );
    const mailsOf = (subject: string) => world.mails.filter((mail) => mail.subject === subject);
    await halt(world, 'The network stands still.');
    const slices = await drained(world);
    // The last account is closed: its client is told nothing more.
    expect(slices.length).toBeGreaterThan(2);
    expect(
      mailsOf('Halted')
        .map(({ to }) => to)
        .sort(),
    ).toEqual([CLIENT_EMAIL, ...Array.from({ length: CLIENTS - 1 }, (_, n) => `client-${n + 1}@example.org`)].sort());
    expect(mailsOf('Halted')[0]?.text).toContain('A halt stops everything');
    for (const slice of slices) await Promise.all([world.carryOut(slice), world.carryOut(slice)]);
    await drained(world);
    expect(mailsOf('Halted')).toHaveLength(CLIENTS);
    const [{ id }] = (await world.get('compliance-1', '/v1/halts')).body.items;
    await world.must('compliance-1', `/v1/halts/${id}/lift`, { reason: 'It moves again.' });
    await world.drainOnce();
    for (let slice = world.queued.find(isSlice); slice !== undefined; slice = world.queued.find(isSlice)) {
      world.queued.splice(world.queued.indexOf(slice), 1);
      await world.carryOut(slice);
    }
    expect(
      await world.rows("SELECT 1 FROM notice_deliveries WHERE kind = 'halt.lifted' AND channel = 'email'"),
    ).toHaveLength(CLIENTS);
  });

  const isSlice = ({ body }: Queued): boolean => Object(body).type === 'notice.tell_clients';

  const CLIENTS = 250;
  const accountNumber = (n: number) => `acc_${String(n).padStart(26, '0')}`;

  /** Clients like the first one, each with an address of its own. */
  async function addClients(world: World, count: number): Promise<void> {
    const numbers = `WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${count})`;
    const put: Readonly<Record<string, readonly string[]>> = {
      accounts: ['id', 'acc', 'client_id', 'cli', 'policy_id', 'plc'],
      contacts: ['id', 'ctc', 'account_id', 'acc'],
    };
    for (const [table, renamed] of Object.entries(put)) {
      const columns = (await world.rows(`SELECT name FROM pragma_table_info('${table}')`)).map(({ name }) => name);
      const values = columns.map((name: string) => {
        const place = renamed.indexOf(name);
        return place < 0 ? `t.${name}` : `'${renamed[place + 1]}_' || printf('%026d', n)`;
      });
      await world.rows(`${numbers} INSERT INTO ${table} (${columns}) SELECT ${values} FROM ${table} t, n WHERE true`);
    }
    await world.rows(
      `${numbers} INSERT INTO contact_addresses SELECT 'ctc_' || printf('%026d', n), 'client-' || n || '@example.org' FROM n`,
    );
  }

  /** Until nothing is left; the slices that were carried out on the way. */
  async function drained(world: World): Promise<Queued[]> {
    const slices: Queued[] = [];
    for (let round = 0; round < 100; round += 1) {
      slices.push(...world.queued.filter(isSlice));
      if ((await world.drainOnce()) === 0) return slices;
    }
    throw new Error('not quiet');
  }

  it('is written to in a form that the platform takes', async () => {
    const mail = { from: 'fiducia@example.com', to: CLIENT_EMAIL, subject: 'Halted', text: 'A halt.\n' };
    await expect(env.EMAIL.send(mail)).resolves.toBeDefined();
  });
});

describe('a room in the chat', () => {
  it('of a role hears what concerns it, without a whole address, unless it was switched off', async () => {
    const world = await openWorld({ settings: production });
    world.makeAll();
    await world.openAccount();
    await halt(world, `Money goes to ${EXCHANGE}, says https://x.example/${EXCHANGE}`);
    await world.settle();
    const said = await inRoom();
    expect(said.some((line) => line.includes('0x5290…9ee7'))).toBe(true);
    expect(said.join('\n')).not.toContain(EXCHANGE);
    expect(said.some((line) => line.startsWith('Account open.'))).toBe(true);
    const muted = await world.request('admin-1', 'PUT', '/v1/notice-preferences/operator', {
      muted: ['account.active'],
    });
    expect(muted.status).toBe(200);
    await world.openAccount('client-2');
    expect(await inRoom()).toEqual(said);
    expect((await inRoom('/services/T0/B0-admin')).length).toBeGreaterThan(0);
  });
});
