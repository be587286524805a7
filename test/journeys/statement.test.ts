// What a client takes to its accountant: balances with their worth, and the statement of a period as data, table and paper.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { beforeEach, describe, expect, it } from 'vitest';
import { addSeconds } from '../../src/domain/time.ts';
import { http } from '../../src/doors/http.ts';
import { digestOf } from '../../src/kit/statement-code.ts';
import { control, tokenOf } from '../support/outside.ts';
import { EXCHANGE, MONDAY, NATIVE, OTHER_EXCHANGE, openWorld, USDC, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

// biome-ignore lint/suspicious/noExplicitAny: answers are examined by the tests that asked for them
type Json = any;
const DAY = 86_400;
const period = (from = addSeconds(MONDAY, -DAY), to = addSeconds(world.at, 60)) => `from=${from}&to=${to}`;
const statement = async (query = period()): Promise<Json> => {
  const { status, body } = await world.get('client-1', `/v1/accounts/me/statement?${query}`);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body;
};
const balances = async (): Promise<Json> => (await world.get('client-1', '/v1/accounts/me/balances')).body;
const rowOf = (asset: string, { assets }: Json) => assets.find((row: Json) => row.asset === asset);
async function file(path: string, headers: Record<string, string> = {}): Promise<Response> {
  const execution = createExecutionContext();
  const authorization = `Bearer ${await tokenOf('client-1')}`;
  const request = new Request(`http://fiducia.test${path}`, { headers: { authorization, ...headers } });
  const answer = await http.fetch(request, world.app, execution);
  await waitOnExecutionContext(execution);
  if (!answer.ok) throw new Error(`${await answer.text()} ${JSON.stringify(world.logged.at(-1))}`);
  return answer;
}

describe('balances', () => {
  it('show each asset with its quote, its worth and when both were read, in three statements', async () => {
    const account = await world.openAccount();
    await world.fund(account, '1500000000000000001');
    await world.fund(account, '2345678', USDC.split('/')[1]);
    world.trips.length = 0;
    const shown = await balances();
    // Besides, each call to custody takes its turn there.
    const statements = world.trips
      .flatMap((trip) => trip.statements)
      .filter(({ sql }) => !sql.includes('custody_pace'));
    expect(statements.length).toBeLessThanOrEqual(3);
    expect(shown).toMatchObject({
      accountId: account.id,
      asOf: world.at,
      assets: [
        {
          asset: USDC,
          units: '2345678',
          formatted: '2.345678 USDC',
          quote: { price: '1', asOf: world.at },
          value: '2.34',
        },
        { asset: NATIVE, units: '1500000000000000001', quote: { currency: 'USD', price: '2500' }, value: '3750.00' },
      ],
      total: { currency: 'USD', value: '3752.34', isWhole: true },
    });
  });

  it('say of an asset without a quote that they do not know its worth', async () => {
    const account = await world.openAccount();
    await control('PUT', '/settings', { testnetQuotes: false });
    await world.fund(account, '5');
    expect(await balances()).toMatchObject({
      assets: [{ asset: NATIVE, units: '5', quote: null, value: null }],
      total: { value: '0.00', isWhole: false },
    });
  });
});

describe('the statement of a period', () => {
  it('adds up from opening to closing, fees and all, and agrees with what custody holds', async () => {
    const { destination } = await world.readyToTrade();
    const between = world.at;
    await world.advance(5);
    await world.tick();
    await world.settle();
    const [first, second, whole] = [
      await statement(period(undefined, between)),
      await statement(period(between)),
      await statement(),
    ];
    for (const shown of [first, second, whole]) {
      expect(shown.reconciliation).toMatchObject({ isReconciled: true });
      for (const row of shown.assets) {
        const { opening, received, sent, fees } = row;
        expect(BigInt(opening) + BigInt(received) - BigInt(sent) - BigInt(fees)).toBe(BigInt(row.closing));
        expect(row.difference).toBe('0');
        expect(rowOf(row.asset, whole).closing).toBe(rowOf(row.asset, second).closing);
      }
    }
    expect(rowOf(NATIVE, second).opening).toBe(rowOf(NATIVE, first).closing);
    expect(BigInt(rowOf(NATIVE, second).fees)).toBeGreaterThan(0n);
    expect(rowOf(USDC, second)).toMatchObject({ opening: '10000000', sent: '3000000', closing: '7000000' });
    expect(second.lines).toMatchObject([{ direction: 'out', destination: destination.label, doubt: null }]);
    expect(rowOf(USDC, whole).closing).toBe(rowOf(USDC, await balances()).units);
  });

  it('shows a difference between the books and custody, of whatever asset', async () => {
    const account = await world.openAccount();
    await world.fund(account, '900');
    await world.settle();
    // Money that no event told of, and no reading has booked yet.
    await world.fund(account, '77');
    await world.fund(account, '5', USDC.split('/')[1]);
    const shown = await statement();
    expect(shown.reconciliation.isReconciled).toBe(false);
    expect(rowOf(NATIVE, shown)).toMatchObject({ closing: '900', difference: '77' });
    expect(rowOf(USDC, shown)).toMatchObject({ opening: '0', closing: '0', difference: '5' });
    await world.settle();
    expect((await statement()).reconciliation.isReconciled).toBe(true);
  });

  it('names the rules that were in force at its end, whatever they are now', async () => {
    await world.openAccount();
    await world.approved('client-1');
    await world.advance(60);
    const end = world.at;
    const then = (await world.get('client-1', `/v1/accounts/me/restrictions?asOf=${addSeconds(end, -1)}`)).body;
    await world.must('client-1', '/v1/halts', { level: 'account', accountId: 'me', reason: 'A holiday.' });
    const shown = await statement(period(undefined, end));
    expect(shown.rules.halts).toEqual([]);
    expect({ ...shown.rules, asOf: '' }).toEqual({ ...then, asOf: '' });
    expect((await statement()).rules.halts).toMatchObject([{ reason: 'A holiday.' }]);
    expect((await statement(period(undefined, addSeconds(MONDAY, -60)))).rules).toBeNull();
    for (const wrong of [period(end, end), period(end, MONDAY), 'from=2031-01-01T00:00:00Z', `${period()}&format=xml`])
      expect((await world.get('client-1', `/v1/accounts/me/statement?${wrong}`)).status, wrong).toBeGreaterThanOrEqual(
        400,
      );
  });
});

describe('the verification code of a statement', () => {
  const verify = (code: string) =>
    world.request(undefined, 'GET', `/verify/statement?code=${encodeURIComponent(code)}`);

  it('says the closing figures and the digest to anybody, and nothing when a character was altered', async () => {
    const account = await world.openAccount();
    await world.fund(account, '900');
    await world.settle();
    const { verification, ...data } = await statement();
    expect(await digestOf(data)).toBe(verification.digest);
    expect(await verify(verification.code)).toMatchObject({
      status: 200,
      body: {
        valid: true,
        accountId: account.id,
        digest: verification.digest,
        isReconciled: true,
        closing: [{ asset: NATIVE, units: '900' }],
      },
    });
    expect((await verify(verification.code.replace(/.{60}/g, '$&\n '))).status).toBe(200);
    const [header = '', payload = '', signature = ''] = verification.code.split('.');
    const richer = btoa(atob(payload.replaceAll('-', '+').replaceAll('_', '/')).replace('"900"', '"901"'));
    const other = await world.get('client-1', '/v1/accounts/me/attestation');
    for (const wrong of [
      '',
      'x.y.z',
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      `${header}.${richer.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}.${signature}`,
      other.body.jws,
    ])
      expect(await verify(wrong), wrong).toMatchObject({ status: 422, body: { code: 'statement_code_invalid' } });
  });
});

describe('a statement as a file', () => {
  it('is CSV in which a label is never a formula, and whichever form the header prefers', async () => {
    await world.openAccount();
    await world.ask('client-1', OTHER_EXCHANGE, '=1+1');
    const { id } = await world.ask('client-1', EXCHANGE, '=HYPERLINK("http://x.test";"a")');
    await world.settle();
    for (const { approvalId } of await waiting()) await world.decide(approvalId, 'Approved');
    await world.settle();
    for (const { approvalId } of await waiting()) await world.decide(approvalId, 'Approved');
    await world.settle();
    expect((await world.destination('client-1', id)).status).toBe('approved');
    await pay(id);
    const answer = await file(`/v1/accounts/me/statement?${period()}&format=csv`);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="statement-[\d-]+\.csv"$/);
    const text = await answer.text();
    const out = text.split('\r\n').filter((one) => one.startsWith('"out"'));
    expect(out).toHaveLength(1);
    expect(out[0]).toContain('"\'=HYPERLINK(""http://x.test"";""a"")"');
    expect(
      text
        .replaceAll('""', '')
        .split(/","|\r\n"/)
        .filter((field) => /^"?[=+\-@\t\r]/.test(field)),
    ).toEqual([]);
    const closing = text.split('\r\n').find((one) => one.startsWith('"closing"') && one.includes(USDC));
    expect(closing).toContain('"7000000"');

    // The header chooses the form, unless the query names one.
    const typeOf = async (accept: string, query = '') =>
      (await file(`/v1/accounts/me/statement?${period()}${query}`, { accept })).headers
        .get('content-type')
        ?.split(';')[0];
    expect(await typeOf('text/csv')).toBe('text/csv');
    expect(await typeOf('application/json;q=0.5, application/pdf;q=0.4, text/csv;q=0.9')).toBe('text/csv');
    expect((await file(`/v1/accounts/me/statement?${period()}`, { accept: 'application/pdf' })).status).toBe(202);
    for (const accept of ['*/*', '', 'text/html', 'application/json, text/csv'])
      expect(await typeOf(accept)).toBe('application/json');
    expect(await typeOf('application/pdf', '&format=csv')).toBe('text/csv');
  });

  const waiting = async (): Promise<Json[]> =>
    (await world.get('client-1', '/v1/accounts/me/restrictions')).body.pending.filter(
      ({ approvalId }: Json) => approvalId !== null,
    );

  /** Three USDC to this destination, under a mandate and by a schedule. */
  async function pay(destinationId: string): Promise<void> {
    const account = (await world.get('client-1', '/v1/accounts/me')).body;
    await world.fund(account, '1000000000000000000');
    await world.fund(account, '10000000', USDC.split('/')[1]);
    const mandate = await world.grant('client-1', destinationId);
    const { nextSlot } = await world.schedule(mandate.id, '3000000');
    await world.advance((Date.parse(nextSlot) - Date.parse(world.at)) / 1000 + 1);
    await world.tick();
    await world.settle();
  }
});

describe('a statement on paper', () => {
  it('is PDF of numbered pages, printed by the queue, whatever script its labels are in', {
    timeout: 60_000,
  }, async () => {
    await world.openAccount();
    await world.ask('client-1', EXCHANGE, 'Биржа Χρηματιστήριο 取引所 بورصة 🏦');
    await world.settle();
    const [account] = await world.rows('SELECT id FROM accounts');
    const [wallet] = await world.rows('SELECT id FROM wallets');
    await world.rows(
      `WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 59)
       INSERT INTO movements SELECT 'mov_' || printf('%026d', n), 1, ?, ?, 'in', ?, '5', ?, '0', ?, ?,
         '0x' || printf('%064d', n), '0', ?, NULL FROM n`,
      ...[account.id, wallet.id, NATIVE, NATIVE, EXCHANGE, OTHER_EXCHANGE, MONDAY],
    );
    const asked = await world.get('client-1', `/v1/accounts/me/statement?${period()}&format=pdf`);
    const { place } = asked.body;
    expect(asked).toMatchObject({ status: 202, body: { status: 'printing' } });
    expect(place).toMatch(new RegExp(`^/v1/accounts/${account.id}/statement-prints/2031-03-03-[0-9a-f]{64}$`));
    // What is printed is what was signed then, whatever comes to the books before the queue gets to it.
    expect(await world.get('client-1', place)).toMatchObject({ status: 202, body: { place } });
    const [printing] = world.queued.filter(({ body }) => Object(body).type === 'statement.print');
    if (printing === undefined) throw new Error('nothing is printed');
    world.queued = [];
    await Promise.all([world.carryOut(printing), world.carryOut(printing)]);
    const answer = await file(place);
    expect(answer.headers.get('content-type')).toBe('application/pdf');
    const text = new TextDecoder('latin1').decode(await answer.arrayBuffer());
    expect(text.startsWith('%PDF-1.')).toBe(true);
    expect(text.trimEnd().endsWith('%%EOF')).toBe(true);
    const pages = text.match(/\/Type \/Page\b/g)?.length ?? 0;
    expect(pages).toBeGreaterThan(3);
    expect(text).toContain(`/Count ${pages}`);
    await world.openAccount('client-2');
    for (const [name, path] of [
      ['client-2', place],
      ['client-1', place.replace(/.{8}$/, '00000000')],
    ])
      expect((await world.get(name ?? '', path)).status).toBe(404);
    await world.advance(8 * DAY);
    await world.tick('*/15 * * * *');
    expect((await world.get('client-1', place)).status).toBe(404);
  });
});

describe('month statements', () => {
  const months = async (as = 'client-1', of = 'me') => world.get(as, `/v1/accounts/${of}/statements`);
  const quarterly = async () => {
    await world.tick('*/15 * * * *');
    await world.settle({ ticks: false });
  };
  /** To this instant, without the days between. */
  const goTo = (at: string) => world.advance((Date.parse(at) - Date.parse(world.at)) / 1000);

  it('are made once the month has settled, kept as they were made, and listed', async () => {
    const account = await world.openAccount();
    await world.fund(account, '900');
    await world.settle();
    await goTo('2031-04-01T11:58:00.000Z');
    await quarterly();
    expect((await months()).body).toEqual({ items: [] });
    await goTo('2031-04-01T12:00:00.000Z');
    await quarterly();
    const { items } = (await months()).body;
    expect(items).toMatchObject([
      {
        month: '2031-03',
        from: '2031-03-01T00:00:00.000Z',
        to: '2031-04-01T00:00:00.000Z',
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        isReconciled: true,
      },
    ]);
    const kept = (await world.get('client-1', '/v1/accounts/me/statements/2031-03')).body;
    const { verification, ...data } = kept;
    expect(await digestOf(data)).toBe(items[0].digest);
    expect(verification.digest).toBe(items[0].digest);
    expect(rowOf(NATIVE, kept)).toMatchObject({ closing: '900', difference: '0' });
    expect(
      new TextDecoder().decode(
        (await (await file('/v1/accounts/me/statements/2031-03?format=pdf')).arrayBuffer()).slice(0, 5),
      ),
    ).toBe('%PDF-');
    expect(await (await file('/v1/accounts/me/statements/2031-03', { accept: 'text/csv' })).text()).toContain(
      '"closing"',
    );
    const entries = () => world.rows("SELECT id FROM journal WHERE kind = 'statement.made'");
    for (let turn = 0; turn < 2; turn += 1) {
      await world.advance(900);
      await quarterly();
    }
    expect(await entries()).toHaveLength(1);
    await world.tick('*/15 * * * *');
    expect(world.queued.filter(({ body }) => Object(body).type === 'statement.make')).toEqual([]);
    await world.settle({ ticks: false });
    await world.fund(account, '1');
    await world.settle({ ticks: false });
    expect((await world.get('client-1', '/v1/accounts/me/statements/2031-03')).body).toEqual(kept);
    expect((await world.get('client-1', '/v1/accounts/me/statements/2031-02')).status).toBe(404);
    expect((await world.get('client-1', '/v1/accounts/me/statements/2031-13')).status).toBe(400);
    expect((await months('client-2', account.id)).status).toBe(404);
    expect((await world.get('client-2', `/v1/accounts/${account.id}/statements/2031-03`)).status).toBe(404);
    expect((await months('auditor-1', account.id)).body.items).toHaveLength(1);
  });

  it('survive a message that is lost, one that comes twice, and two at once', async () => {
    await world.openAccount();
    await goTo('2031-04-02T00:00:00.000Z');
    await world.tick('*/15 * * * *');
    const asked = () => world.queued.filter(({ body }) => Object(body).type === 'statement.make');
    expect(asked()).toHaveLength(1);
    world.queued = [];
    await world.advance(900);
    await world.tick('*/15 * * * *');
    const [again] = asked();
    if (again === undefined) throw new Error('not asked for again');
    world.queued = [];
    await Promise.all([world.carryOut(again), world.carryOut(again)]);
    await world.carryOut(again);
    expect(await world.rows('SELECT month FROM statements')).toEqual([{ month: '2031-03' }]);
    const [{ digest }] = (await months()).body.items;
    expect((await world.get('client-1', '/v1/accounts/me/statements/2031-03')).body.verification.digest).toBe(digest);
  });
});
