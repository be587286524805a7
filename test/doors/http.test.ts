// The HTTP door: who may, whose record it is, what is malformed, what is replayed.
import { env, exports } from 'cloudflare:workers';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { openApiDocument } from '../../src/doors/openapi.ts';
import { catalogue } from '../../src/kit/problem.ts';
import { tokenOf } from '../support/outside.ts';
import { EXCHANGE, MONDAY, NATIVE, openWorld, USDC, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

const withToken = (token: string, method = 'GET', path = '/v1/accounts/me') =>
  world.request(undefined, method, path, undefined, { authorization: `Bearer ${token}` });
const base64url = (value: object) =>
  btoa(JSON.stringify(value)).replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_');

/** A token with the claims of the issuer's, signed by a key that is not its own. */
async function forged(claims: object = {}, typ = 'at+jwt'): Promise<string> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  expect((await exportJWK(privateKey)).kty).toBe('EC');
  return new SignJWT({
    iss: 'http://sandbox.test/_sandbox/identity',
    aud: 'fiducia',
    sub: 'client-1',
    exp: Math.floor(Date.now() / 1000) + 600,
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', typ, kid: 'sandbox' })
    .sign(privateKey);
}

describe('a token', () => {
  it('is needed', async () => {
    expect(await world.request(undefined, 'GET', '/v1/accounts/me')).toMatchObject({
      status: 401,
      body: { code: 'token_missing' },
    });
    expect((await withToken('nonsense')).status).toBe(401);
  });

  it('that is forged, altered, unsigned or of another key is refused', async () => {
    const good = await tokenOf('client-1');
    const [header = '', payload = '', signature = ''] = good.split('.');
    const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    const asStaff = base64url({ ...claims, roles: ['admin'] });
    const none = `${base64url({ alg: 'none', typ: 'at+jwt' })}.${payload}.`;
    for (const token of [
      await forged(),
      `${header}.${asStaff}.${signature}`,
      none,
      `${none}x`,
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
    ]) {
      expect((await withToken(token)).status).toBe(401);
    }
    expect((await withToken(good)).status).toBe(404);
  });

  it('of another audience, type or issuer, or an expired one, is refused with the reason', async () => {
    const good = await tokenOf('client-1');
    const asked = async (change: object) => {
      const { tokens } = world.app.config;
      const kept = { ...tokens };
      Object.assign(tokens, change);
      const answer = await withToken(good);
      Object.assign(tokens, kept);
      return answer;
    };
    expect(await asked({ audience: 'another' })).toMatchObject({
      status: 401,
      body: { code: 'token_invalid', reason: expect.stringContaining('aud') },
    });
    expect((await asked({ issuer: 'https://another.example' })).status).toBe(401);
    expect((await asked({ type: 'jwt' })).status).toBe(401);
    const { wall } = world.app.clock;
    Object.assign(world.app.clock, { wall: () => Date.now() + 2 * 3600_000 });
    expect(await withToken(good)).toMatchObject({ status: 401, body: { reason: 'expired' } });
    Object.assign(world.app.clock, { wall });
  });

  it('takes audience and roles from the claims that are configured', async () => {
    Object.assign(world.app.config.tokens, { audienceClaim: 'client_id', audience: 'operator-1' });
    expect((await withToken(await tokenOf('operator-1'), 'GET', '/v1/accounts')).status).toBe(200);
    expect((await withToken(await tokenOf('client-1'), 'GET', '/v1/accounts')).status).toBe(401);
  });
});

describe('a role', () => {
  it('that may not use an operation gets 403 and is told who may', async () => {
    await world.openAccount();
    expect(await world.get('client-1', '/v1/accounts')).toMatchObject({
      status: 403,
      body: { allowed: ['operator', 'compliance', 'auditor', 'admin'] },
    });
    expect((await world.get('operator-1', '/v1/journal')).status).toBe(403);
    expect((await world.post('auditor-1', '/v1/halts', { level: 'all', reason: 'x' })).status).toBe(403);
    expect((await world.post('auditor-1', '/v1/accounts/me/destinations', {})).status).toBe(403);
    expect((await world.post('client-1', '/v1/halts', { level: 'all', reason: 'x' })).status).toBe(403);
  });
});

describe('another client', () => {
  it('finds nothing of the first one’s, whatever it asks for', async () => {
    const { account, destination, mandate, schedule } = await world.readyToTrade();
    await world.tick();
    await world.settle();
    const order = await world.order(schedule.id);
    const halt = await world.must('client-1', '/v1/halts', { level: 'account', accountId: 'me', reason: 'Mine.' });
    await world.must('client-1', '/v1/accounts/me/limits', { dailyLimits: [{ asset: USDC, units: '5000000' }] });
    const raise = { dailyLimits: [{ asset: USDC, units: '6000000' }] };
    const [proposed] = (await world.must('operator-1', `/v1/accounts/${account.id}/limits`, raise)).changes;
    await world.openAccount('client-2');
    const ids: Record<string, string> = {
      acc: account.id,
      dst: destination.id,
      mnd: mandate.id,
      sch: schedule.id,
      ord: order.id,
      xfr: order.transferId,
      hlt: halt.id,
      inc: `inc_${'0'.repeat(26)}`,
      lim: proposed.id,
      whe: `whe_${'0'.repeat(26)}`,
    };
    const prefixOf = (path: string) =>
      ({
        accounts: 'acc',
        destinations: 'dst',
        mandates: 'mnd',
        schedules: 'sch',
        orders: 'ord',
        transfers: 'xfr',
        halts: 'hlt',
        incidents: 'inc',
        'limits-changes': 'lim',
        'webhook-endpoints': 'whe',
      })[path.split('/')[2] ?? ''] ?? '';
    const { paths = {} } = openApiDocument();
    const asked = Object.entries(paths).filter(([path]) => path.includes('{id}'));
    expect(asked.length).toBeGreaterThan(15);
    for (const [path, operations] of asked) {
      for (const method of Object.keys(operations ?? {})) {
        const target = path
          .replace('{id}', ids[prefixOf(path)] ?? '')
          .replace('{keyId}', `key_${'0'.repeat(26)}`)
          .replace('{month}', '2031-01')
          .replace('{print}', `2031-03-03-${'0'.repeat(64)}`);
        const query = path.endsWith('/statement') ? '?from=2020-01-01T00:00:00Z&to=2040-01-01T00:00:00Z' : '';
        const { status } = await world.request(
          'client-2',
          method.toUpperCase(),
          `${target}${query}`,
          method === 'get' ? undefined : bodies[path],
        );
        expect([403, 404], `${method} ${target}`).toContain(status);
        // Of what only the staff has, a client is told that it is not for its role.
        const isOfStaff = /transfers|incidents|webhook-endpoints/.test(path);
        if (method === 'get' && !isOfStaff) expect(status, `${method} ${target}`).toBe(404);
      }
    }
    for (const list of [
      '/v1/schedules',
      '/v1/orders',
      '/v1/halts',
      '/v1/accounts/me/destinations',
      '/v1/accounts/me/mandates',
    ]) {
      expect((await world.get('client-2', list)).body.items, list).toEqual([]);
    }
    expect(JSON.stringify((await world.get('client-2', '/v1/accounts/me/activity')).body)).not.toContain(account.id);
    const foreign = await world.post('client-2', '/v1/halts', { level: 'account', accountId: account.id, reason: 'x' });
    expect(foreign.status).toBe(404);
    const grant = {
      venue: 'K',
      destinationId: destination.id,
      limits: [{ asset: USDC, perOrder: '1', perDay: '1' }],
      validUntil: '2039-01-01T00:00:00Z',
    };
    expect((await world.post('client-2', '/v1/accounts/me/mandates', grant)).status).toBe(404);
  });

  /** Bodies that would be accepted from the owner. */
  const bodies: Record<string, object> = {
    '/v1/destinations/{id}/suspend': { reason: 'x' },
    '/v1/accounts/{id}/destinations': { network: 'EthereumSepolia', address: EXCHANGE, label: 'x', kind: 'exchange' },
    '/v1/accounts/{id}/mandates': {
      venue: 'K',
      destinationId: `dst_${'0'.repeat(26)}`,
      limits: [{ asset: USDC, perOrder: '1', perDay: '1' }],
      validUntil: '2039-01-01T00:00:00Z',
    },
    '/v1/halts/{id}/lift': { reason: 'x' },
    '/v1/accounts/{id}/keys': { label: 'x', reports: ['activity'], expiresAt: '2031-04-01T00:00:00Z' },
    '/v1/accounts/{id}/wallets': { network: 'BaseSepolia' },
    '/v1/accounts/{id}/limits': { dailyLimits: [] },
    '/v1/limits-changes/{id}/reject': { reason: 'x' },
    '/v1/accounts/{id}/contact': { email: 'a@b.example' },
    '/v1/accounts/{id}/contact/confirm': { code: 'x' },
    '/v1/accounts/{id}/notice-preferences': { muted: [] },
  };
});

describe('a request', () => {
  const asks = (body: object | string, headers: Record<string, string> = {}) =>
    world.request('client-1', 'POST', '/v1/accounts/me/destinations', body, headers);
  const wish = { network: 'EthereumSepolia', address: EXCHANGE, label: 'Exchange', kind: 'exchange' };

  it('with an unknown field, a wrong type or a missing one is refused by the field’s name', async () => {
    await world.openAccount();
    const fieldsOf = async (body: object) => {
      const { status, body: answer } = await asks(body);
      expect(status).toBe(400);
      return answer.fields.map(({ field }: { field: string }) => field);
    };
    expect(await fieldsOf({ ...wish, note: 'hello' })).toEqual(['note']);
    expect(await fieldsOf({ ...wish, label: 7 })).toEqual(['label']);
    expect(await fieldsOf({ network: 'Nowhere', address: EXCHANGE, kind: 'exchange' })).toEqual(['network', 'label']);
  });

  it('with a bad address, a wrong checksum or a forbidden one is refused by name', async () => {
    const account = await world.openAccount();
    const codeOf = async (address: string) => {
      const { status, body } = await asks({ ...wish, address });
      return [status, body.code];
    };
    expect(await codeOf('0x1234')).toEqual([422, 'address_invalid']);
    expect(await codeOf('0x52908400098527886E0F7030069857D2E4169Ee7')).toEqual([422, 'address_invalid']);
    expect(await codeOf(`0x${'0'.repeat(40)}`)).toEqual([422, 'address_forbidden']);
    expect(await codeOf(account.wallets[0].address)).toEqual([422, 'address_forbidden']);
    expect(await codeOf(USDC.split('/')[1] ?? '')).toEqual([422, 'address_forbidden']);
    expect((await world.get('client-1', '/v1/accounts/me/destinations')).body.items).toEqual([]);
  });

  it.each(['1.5', '1e3', '-1', '+1', ' 1', '01', '0', '', '0x10', '９'])(
    'with the amount %j is refused naming the field',
    async (units) => {
      const { status, body } = await world.post('operator-1', '/v1/schedules', {
        kind: 'sweep',
        mandateId: `mnd_${'0'.repeat(26)}`,
        asset: USDC,
        floor: '0',
        trigger: { kind: 'deposit_received', asset: USDC, minUnits: units, cooldownMinutes: 1, perDayMax: 1 },
      });
      expect(status).toBe(400);
      expect(body.fields[0].field).toBe('trigger.minUnits');
    },
  );

  it('that is too large, of another type or no JSON gets 413, 415 and 400', async () => {
    await world.openAccount();
    expect(await asks({ ...wish, label: 'x'.repeat(100_000) })).toMatchObject({
      status: 413,
      body: { code: 'body_too_large' },
    });
    expect(await asks('a=b', { 'content-type': 'text/plain' })).toMatchObject({
      status: 415,
      body: { code: 'content_type_unsupported' },
    });
    expect((await asks({ ...wish }, { 'content-type': 'application/json-patch+json' })).status).toBe(415);
    expect((await asks({ ...wish, label: 'a\u202Eb' })).body.fields[0].field).toBe('label');
    expect(await asks('{"network":')).toMatchObject({ status: 400, body: { code: 'body_malformed' } });
    expect((await world.get('client-1', '/v1/no-such-path')).body).toMatchObject({ code: 'not_found', status: 404 });
  });

  it('needs an Idempotency-Key, and replays the first answer for the same key and body only', async () => {
    await world.openAccount();
    expect(await asks(wish, { 'idempotency-key': ' ' })).toMatchObject({ status: 400 });
    const first = await asks(wish, { 'idempotency-key': 'same' });
    const second = await asks(wish, { 'idempotency-key': 'same' });
    expect(first.status).toBe(202);
    expect(second).toMatchObject({ status: 202, body: first.body });
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await asks({ ...wish, label: 'Another' }, { 'idempotency-key': 'same' })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });
    expect((await world.get('client-1', '/v1/accounts/me/destinations')).body.items).toHaveLength(1);
  });

  it('sent ten times at once under one key has one effect and ten equal answers', async () => {
    await world.openAccount();
    const answers = await Promise.all(Array.from({ length: 10 }, () => asks(wish, { 'idempotency-key': 'ten' })));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(202));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect((await world.get('client-1', '/v1/accounts/me/destinations')).body.items).toHaveLength(1);
  });

  it('for a second account of a client is refused with the first one’s id', async () => {
    const account = await world.openAccount();
    expect(await world.post('client-1', '/v1/accounts', { networks: ['EthereumSepolia'] })).toMatchObject({
      status: 409,
      body: { code: 'account_exists', accountId: account.id },
    });
  });

  it('of a list is paged by a cursor without gap or repeat', async () => {
    await world.openAccount();
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { body } = await world.get(
        'client-1',
        `/v1/accounts/me/activity?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.nextCursor;
    } while (cursor !== null);
    const whole = (await world.get('client-1', '/v1/accounts/me/activity')).body.items.map(
      ({ id }: { id: string }) => id,
    );
    expect(seen).toEqual(whole);
    expect(whole.length).toBeGreaterThan(1);
    expect((await world.get('client-1', '/v1/accounts/me/activity?limit=0')).status).toBe(400);
    expect((await world.get('client-1', '/v1/accounts/me/activity?limt=1')).status).toBe(400);
    for (const wrong of ['', 'garbage', 'jnl_1'])
      expect((await world.get('client-1', `/v1/orders?cursor=${wrong}`)).status).toBe(400);
    expect((await world.get('client-1', '/v1/accounts/me/balances?asOf=2020-01-01T00:00:00Z')).status).toBe(400);
    expect((await world.get('client-1', '/v1/accounts/nonsense')).body.fields[0].problem).toBe('an account id, or me');
  });

  it('of a client without an account finds empty lists, not errors', async () => {
    for (const list of ['/v1/orders', '/v1/schedules'])
      expect((await world.get('client-2', list)).body).toEqual({ items: [], nextCursor: null });
    expect((await world.get('client-2', '/v1/accounts/me')).status).toBe(404);
  });
});

describe('the restrictions of an account', () => {
  it('show the list, the limits, what is pending and who must approve', async () => {
    await world.openAccount();
    await world.approved('client-1');
    await world.ask('client-1', '0x8617E340B3D01FA5F11F306F4090FD50E238070D', 'Second exchange');
    await world.settle();
    const { body } = await world.get('client-1', '/v1/accounts/me/restrictions');
    expect(body).toMatchObject({
      destinations: [{ label: 'Exchange', status: 'approved' }],
      custodyList: { action: 'block' },
      limits: [
        {
          rule: 'amount',
          perWallet: true,
          says: 'At most 250,000 USD in one transfer from each wallet; custody blocks what is beyond.',
        },
        {
          rule: 'velocity',
          perWallet: true,
          says: 'At most 1,000,000 USD in all within 1 day from each wallet; custody blocks what is beyond.',
        },
        {
          rule: 'count',
          perWallet: true,
          says: 'At most 100 transfers within 1 day from each wallet; custody blocks what is beyond.',
        },
      ],
      pending: [{ operation: 'add', status: 'submitted', approvalId: expect.stringMatching(/^ap-/) }],
      approvers: [{ group: 'Compliance officers', quorum: 1, of: 3 }],
      fence: { result: 'intact', findings: [], permissionsProvenAt: MONDAY },
      halts: [],
    });
  });
});

describe('a halt', () => {
  it('is lifted by another person of equal or higher role only', async () => {
    await world.openAccount();
    const { id } = await world.must('operator-1', '/v1/halts', {
      level: 'account',
      accountId: (await world.get('client-1', '/v1/accounts/me')).body.id,
      reason: 'x',
    });
    const lift = (as: string) => world.post(as, `/v1/halts/${id}/lift`, { reason: 'Looked into.' });
    expect(await lift('operator-1')).toMatchObject({ status: 403, body: { code: 'halt_needs_another_person' } });
    expect(await lift('client-1')).toMatchObject({ status: 403, body: { code: 'halt_needs_higher_role' } });
    expect(await lift('operator-2')).toMatchObject({ status: 200, body: { status: 'lifted' } });
    expect(await lift('compliance-1')).toMatchObject({
      status: 409,
      body: { code: 'wrong_status', status: 409, found: 'lifted' },
    });
    const { body } = await world.get('client-1', '/v1/accounts/me/activity');
    const lifted = body.items.find(({ kind }: { kind: string }) => kind === 'halt.lifted');
    expect(lifted).toMatchObject({ by: 'desk', details: { liftReason: 'Looked into.' } });
    expect(JSON.stringify(body)).not.toContain('operator-');
  });
});

describe('readiness', () => {
  it('names every missing setting, and says yes when nothing is missing', async () => {
    const { body } = await world.request(undefined, 'GET', '/readyz');
    expect(body).toMatchObject({ status: 'ready' });
    const bare = { ...env, DFNS_AUTH_TOKEN: '', DFNS_ORG_ID: '', JWT_ISSUER: 'not a url' };
    const { http } = await import('../../src/doors/http.ts');
    const { openApp } = await import('../../src/app/app.ts');
    const answer = await http.fetch(new Request('http://fiducia.test/readyz'), openApp(bare));
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      checks: [{ name: 'settings', ok: false, missing: ['DFNS_ORG_ID', 'DFNS_AUTH_TOKEN', 'JWT_ISSUER'] }, {}, {}],
    });
    const api = await http.fetch(new Request('http://fiducia.test/v1/accounts/me'), openApp(bare));
    expect(await api.json()).toMatchObject({ status: 503, code: 'not_configured' });
  });

  it('takes no limit of payouts under which the largest row would never go', async () => {
    const { http } = await import('../../src/doors/http.ts');
    const { openApp } = await import('../../src/app/app.ts');
    const checkedWith = async (limits: object) => {
      const app = openApp({ ...env, PAYOUT_LIMITS: JSON.stringify({ [NATIVE]: limits }) } as typeof world.bindings);
      const answer = await http.fetch(new Request('http://fiducia.test/readyz'), app);
      return (await answer.json<{ checks: { missing?: string[] }[] }>()).checks[0]?.missing ?? [];
    };
    const sound = { perRow: '4', perBatch: '9', perHour: '4', perDay: '4' };
    expect(await checkedWith(sound)).toEqual([]);
    expect(await checkedWith({ ...sound, perHour: '3' })).toEqual(['PAYOUT_LIMITS']);
    expect(await checkedWith({ ...sound, perDay: '3' })).toEqual(['PAYOUT_LIMITS']);
  });

  it('is alive without any setting, and serves its reference from itself', async () => {
    const alive = await exports.default.fetch('http://fiducia.test/healthz');
    expect(alive.status).toBe(200);
    expect(alive.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
    const page = await exports.default.fetch('http://fiducia.test/docs');
    expect(await page.text()).not.toMatch(/https?:\/\//);
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self'/);
    for (const asset of ['swagger-ui.css', 'swagger-ui-bundle.js', 'start.js']) {
      const answer = await exports.default.fetch(`http://fiducia.test/docs/${asset}`);
      expect(answer.status, asset).toBe(200);
      await answer.body?.cancel();
    }
    expect((await exports.default.fetch('http://fiducia.test/docs/package.json')).status).toBe(404);
  });
});

describe('the problem catalogue', () => {
  it('has a sentence and a status of an error for every code', () => {
    for (const [code, [status, title]] of Object.entries(catalogue)) {
      expect(status, code).toBeGreaterThanOrEqual(400);
      expect(title, code).toMatch(/^[A-Z].*\.$/);
    }
  });
});
