// A read-only key that a client gives to its accountant: it opens what it names, of one account, until it ends, and every use
// of it is on record.
import { beforeEach, describe, expect, it } from 'vitest';
import { addSeconds } from '../../src/domain/time.ts';
import { openApiDocument } from '../../src/doors/openapi.ts';
import { openWorld, type World } from '../support/world.ts';

const DAY = 86_400;
let world: World;
beforeEach(async () => {
  world = await openWorld();
});

// biome-ignore lint/suspicious/noExplicitAny: answers are examined by the tests that asked for them
type Json = any;
const KEYS = '/v1/accounts/me/keys';
const ALL = ['balances', 'restrictions', 'activity', 'statement', 'attestation'];
const PERIOD = '?from=2031-03-01T00:00:00Z&to=2031-04-01T00:00:00Z';
const mint = (over: object = {}): Promise<Json> =>
  world.must('client-1', KEYS, {
    label: 'Tax office',
    reports: ALL,
    expiresAt: addSeconds(world.at, 30 * DAY),
    ...over,
  });
const using = (key: string, path: string, method = 'GET', body?: object) =>
  world.request(undefined, method, path, body, { authorization: `Bearer ${key}` });
const uses = () => world.rows("SELECT * FROM journal WHERE kind = 'account_key.used' ORDER BY id");

describe('a read-only key', () => {
  it('opens the reports that it names and no other', async () => {
    const account = await world.openAccount();
    const { key, id, ...shown } = await mint({ reports: ['activity', 'balances', 'activity'] });
    expect(key).toMatch(/^fid_[\w-]{43}$/);
    expect(shown).toMatchObject({ status: 'active', reports: ['activity', 'balances'], revokedAt: null });
    for (const name of ['me', account.id]) {
      expect((await using(key, `/v1/accounts/${name}/balances`)).status).toBe(200);
      expect((await using(key, `/v1/accounts/${name}/activity?limit=1`)).status).toBe(200);
      for (const report of ['restrictions', 'attestation', `statement${PERIOD}`])
        expect(await using(key, `/v1/accounts/${name}/${report}`), report).toMatchObject({
          status: 403,
          body: { code: 'key_opens_only', reports: ['activity', 'balances'] },
        });
    }
    expect(id).toMatch(/^key_/);
  });

  it('opens nothing of the whole API besides, whatever the method', async () => {
    const account = await world.openAccount();
    const other = await world.openAccount('client-2');
    const { key } = await mint();
    const reads = new Set<string>();
    for (const [path, operations] of Object.entries(openApiDocument().paths ?? {})) {
      for (const method of Object.keys(operations ?? {})) {
        const named = (id: string) =>
          path
            .replace('{id}', id)
            .replace('{month}', '2031-01')
            .replace('{print}', `2031-03-03-${'0'.repeat(64)}`)
            .replace(/\{\w+\}/g, 'x');
        const query = path.endsWith('/statement') ? PERIOD : '';
        const ask = (id: string) =>
          using(key, `${named(id)}${query}`, method.toUpperCase(), method === 'get' ? undefined : {});
        const { status } = await ask(account.id);
        if (status === 200) reads.add(path);
        else expect([401, 403, 404], `${method} ${path}`).toContain(status);
        if (path.startsWith('/v1/'))
          expect([401, 403, 404], `${method} ${path}`).toContain((await ask(other.id)).status);
      }
    }
    const readable = [...reads].filter((path) => path.startsWith('/v1/')).sort();
    expect(readable).toEqual(expect.arrayContaining(ALL.map((report) => `/v1/accounts/{id}/${report}`)));
    expect(readable.every((path) => ALL.some((report) => path.startsWith(`/v1/accounts/{id}/${report}`)))).toBe(true);
    for (const path of [
      '/v1/accounts/me',
      '/v1/nothing',
      '/v1/accounts/me/balances/',
      '/v1/accounts/me/balances/../keys',
    ])
      expect([403, 404], path).toContain((await using(key, path)).status);
  });

  it('leaves an entry for each use, which its client sees and nobody is named in but the key', async () => {
    const account = await world.openAccount();
    const { key, id } = await mint();
    const both = await Promise.all([using(key, '/v1/accounts/me/balances'), using(key, '/v1/accounts/me/activity')]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    await using(key, '/v1/accounts/me/mandates');
    const rows = await uses();
    expect(rows).toHaveLength(2);
    expect(rows.map(({ actor, actor_role: role, account_id: of }) => [actor, role, of])).toEqual(
      rows.map(() => [`key:${id}`, 'key', account.id]),
    );
    expect(rows.map(({ data }) => JSON.parse(data).after.report).sort()).toEqual(['activity', 'balances']);
    const { items } = (await world.get('client-1', '/v1/accounts/me/activity?kind=key')).body;
    expect(items.map(({ kind }: Json) => kind)).toEqual(['account_key.used', 'account_key.used', 'account_key.active']);
    expect(items[0]).toMatchObject({ by: 'key', details: { keyId: id } });
    const whole = (await world.get('client-1', '/v1/accounts/me/activity')).body.items;
    expect(whole.filter(({ kind }: Json) => kind.startsWith('account_key'))).toHaveLength(1);
  });

  it('reads nothing when its use cannot be recorded', async () => {
    await world.openAccount();
    const { key } = await mint();
    await world.rows(
      "CREATE TRIGGER no_uses BEFORE INSERT ON journal WHEN NEW.kind = 'account_key.used' BEGIN SELECT RAISE(ABORT, 'full'); END",
    );
    expect((await using(key, '/v1/accounts/me/balances')).status).toBe(500);
  });

  it('is nowhere but in its answer: not in the database, not in a repeat of the request', async () => {
    await world.openAccount();
    const body = { label: 'Tax office', reports: ['activity'], expiresAt: addSeconds(world.at, DAY) };
    const ask = () => world.request('client-1', 'POST', KEYS, body, { 'idempotency-key': 'once' });
    const first = await ask();
    expect(first).toMatchObject({ status: 201, body: { key: expect.stringMatching(/^fid_/) } });
    expect(first.headers.get('cache-control')).toBe('no-store');
    expect(await ask()).toMatchObject({ status: 201, body: { id: first.body.id, key: null } });
    expect(await world.rows('SELECT id FROM account_keys')).toHaveLength(1);
    const tables = await world.rows(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
    );
    expect(tables.length).toBeGreaterThan(10);
    for (const { name } of tables)
      expect(JSON.stringify(await world.rows(`SELECT * FROM "${name}"`)), name).not.toContain(first.body.key);
    expect(JSON.stringify(world.logged)).not.toContain(first.body.key);
    expect(JSON.stringify((await world.get('client-1', KEYS)).body)).not.toContain('fid_');
  });

  it('ends at its time and not before, and a year from its making at the latest', async () => {
    await world.openAccount();
    const { key } = await mint({ expiresAt: addSeconds(world.at, 60) });
    const read = () => using(key, '/v1/accounts/me/activity');
    await world.advance(59);
    expect((await read()).status).toBe(200);
    await world.advance(1);
    expect(await read()).toMatchObject({ status: 401, body: { code: 'token_invalid', reason: 'expired' } });
    const ask = (seconds: number) =>
      world.post('client-1', KEYS, { label: 'x', reports: ['activity'], expiresAt: addSeconds(world.at, seconds) });
    expect((await ask(365 * DAY)).status).toBe(201);
    for (const seconds of [365 * DAY + 1, 0, -1])
      expect(await ask(seconds)).toMatchObject({ status: 422, body: { code: 'key_expiry_invalid' } });
  });

  it('is revoked by its client or compliance at once, for good', async () => {
    const account = await world.openAccount();
    await world.openAccount('client-2');
    const [first, second] = [await mint(), await mint()];
    const revoke = (as: string, id: string, of = account.id) =>
      world.request(as, 'DELETE', `/v1/accounts/${of}/keys/${id}`);
    expect((await revoke('client-2', first.id)).status).toBe(404);
    expect((await revoke('client-2', first.id, 'me')).status).toBe(404);
    expect((await revoke('operator-1', first.id)).status).toBe(403);
    expect(await revoke('client-1', first.id, 'me')).toMatchObject({ status: 200, body: { status: 'revoked' } });
    expect(await revoke('client-1', first.id)).toMatchObject({ status: 200, body: { revokedAt: world.at } });
    expect((await revoke('compliance-1', second.id)).status).toBe(200);
    for (const { key } of [first, second])
      expect(await using(key, '/v1/accounts/me/activity')).toMatchObject({ status: 401, body: { reason: 'revoked' } });
    expect((await world.get('client-1', KEYS)).body.items.map(({ status }: Json) => status)).toEqual([
      'revoked',
      'revoked',
    ]);
  });

  it('is made by the client alone, for its own account, twenty at a time', async () => {
    const account = await world.openAccount();
    const body = { label: 'x', reports: ['activity'], expiresAt: addSeconds(world.at, DAY) };
    for (const staff of ['operator-1', 'compliance-1', 'admin-1'])
      expect((await world.post(staff, `/v1/accounts/${account.id}/keys`, body)).status, staff).toBe(403);
    expect((await world.post('client-2', `/v1/accounts/${account.id}/keys`, body)).status).toBe(404);
    expect((await world.post('client-2', KEYS, body)).status).toBe(404);
    for (const wrong of [{ reports: [] }, { reports: ['keys'] }, { label: '' }, { label: 'a\u202eb' }, { more: 1 }])
      expect((await world.post('client-1', KEYS, { ...body, ...wrong })).status, JSON.stringify(wrong)).toBe(400);
    for (let count = 0; count < 20; count += 1) await world.must('client-1', KEYS, body);
    expect(await world.post('client-1', KEYS, body)).toMatchObject({ status: 409, body: { code: 'keys_too_many' } });
    await world.advance(DAY);
    expect((await world.post('client-1', KEYS, { ...body, expiresAt: addSeconds(world.at, 1) })).status).toBe(201);
  });

  it('that is unknown, altered or cut is refused like any other token', async () => {
    await world.openAccount();
    const { key } = await mint();
    const altered = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    for (const wrong of [altered, key.slice(0, -1), `${key}x`, key.toUpperCase(), 'fid_', `fid_${'A'.repeat(43)}`])
      expect((await using(wrong, '/v1/accounts/me/activity')).status, wrong).toBe(401);
    expect(await uses()).toEqual([]);
  });
});
