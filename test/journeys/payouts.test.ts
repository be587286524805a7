// Payouts of the company, through the doors: checked before anything is sent, released by another person, each row paid once.
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { applySetup, planSetup } from '../../scripts/setup/apply.ts';
import { payoutPresets } from '../../src/domain/payout-preset.ts';
import { drainUntilDeath } from '../support/crash.ts';
import { addressOf, fileOf, GENEROUS, HEADER, lineTo, Office, openOffice } from '../support/office.ts';
import { control, sdk, wantedForTests } from '../support/outside.ts';
import { putBack, takeSnapshot } from '../support/rollback.ts';
import type { Answer, Queued } from '../support/stage.ts';
import { EXCHANGE, OTHER_EXCHANGE, openWorld, USDC, type World } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

const ROWS = Number(env.PAYOUT_ROWS);
const BAD_ROWS = ROWS < 400 ? 15 : 40;
const CRASH_EVERY_ROWS = ROWS < 400 ? 8 : 100;
const LANES = ROWS < 400 ? 3 : 12;
const SANCTIONED = '0xde709f2102306220921060314715629080e2fb77';

/** What can be wrong with a row: in which column, and in which words. */
const badRows = (own: string): readonly (readonly [line: string, column: string, reason: string])[] => [
  ['Nowhere,USDC,x,1,', 'network', 'Not a network that is paid on.'],
  [`EthereumSepolia,DOGE,${EXCHANGE},1,`, 'asset', 'Not an asset of this network.'],
  [`Base,USDC,${EXCHANGE},1,`, 'asset', 'This asset is not paid out here.'],
  [lineTo('0x123', '1'), 'address', 'hexadecimal'],
  [lineTo(`0x${'0'.repeat(40)}`, '1'), 'address', 'zero'],
  [lineTo(USDC.split('/')[1] ?? '', '1'), 'address', 'token'],
  [lineTo(own, '1'), 'address', 'The address is a wallet held by this system.'],
  [lineTo(SANCTIONED, '1'), 'address', 'The address is on a sanctions list.'],
  [lineTo(OTHER_EXCHANGE, '1,5'), 'row', 'Has 6 fields; the header has 5.'],
  [lineTo(OTHER_EXCHANGE, '1e3'), 'amount', 'Not an amount'],
  [lineTo(OTHER_EXCHANGE, '-1'), 'amount', 'Not an amount'],
  [lineTo(OTHER_EXCHANGE, '0.0000001'), 'amount', 'Has 7 decimals; the asset has 6.'],
  [lineTo(OTHER_EXCHANGE, '0'), 'amount', 'Is zero.'],
  [lineTo(OTHER_EXCHANGE, '50.000001'), 'amount', 'Above the limit of one row, 50000000 base units.'],
  [lineTo(OTHER_EXCHANGE, '1', 'INV\u20678'), 'reference', 'Has characters that cannot be seen or read.'],
];

interface Fixed {
  readonly line: number;
  readonly column: string;
  readonly reason: string;
}

/** Bad rows spread over a file of so many; two sound rows pay the same to the same. */
function fileWithErrors(own: string): { file: string; bad: readonly Fixed[] } {
  const kinds = badRows(own);
  const bad: Fixed[] = [];
  const every = Math.floor(ROWS / BAD_ROWS);
  const lines = Array.from({ length: ROWS }, (_, n) => {
    const sound = n - bad.length;
    if (n % every > 0 || bad.length === BAD_ROWS)
      return sound < 2
        ? lineTo(addressOf(0), '1.5')
        : lineTo(addressOf(n), `${(n % 9) + 1}.${String(n).padStart(6, '0')}`);
    const [line, column, reason] = kinds[bad.length % kinds.length] ?? ['', '', ''];
    bad.push({ line: n + 2, column, reason });
    return line;
  });
  return { file: fileOf(...lines), bad };
}

/** Custody asks for patience and loses answers, and the process dies, once in so many rows; in the middle there is a pause. */
async function runThroughFaults(office: Office, id: string): Promise<{ crashes: number; pauses: number }> {
  const { world } = office;
  const path = '/wallets/*/transfers';
  let [crashes, tries, pauses] = [0, 0, 0];
  for (let round = 0; round < 200 + 10 * ROWS; round += 1) {
    const { paid = 0, ready = 0, executing = 0 } = await office.counts(id);
    if (ready + executing === 0 && (await office.read(id)).status === 'finished') return { crashes, pauses };
    if (ROWS - ready > CRASH_EVERY_ROWS * (crashes + 1)) {
      const told = { method: 'POST', path, times: 1 };
      await control('POST', '/faults', { ...told, kind: 'status', status: 429, retryAfter: 5 });
      await control('POST', '/faults', { ...told, kind: 'no_response', afterEffect: true });
      // Each time a little later on the way, so that deaths come before and after every effect.
      tries += 1;
      if (await drainUntilDeath(world, 1 + ((tries * 7) % 40))) crashes += 1;
    }
    if (pauses === 0 && paid >= ROWS / 2) {
      pauses += 1;
      await pauseAwhile(office, id);
    }
    await letRun(world, round);
  }
  throw new Error(
    `not finished: ${JSON.stringify((await office.read(id)).counts)} ${JSON.stringify(world.logged.slice(-5))}`,
  );
}

async function letRun(world: World, round: number): Promise<void> {
  if (world.queued.length === 0 || round % 8 === 0) await world.tick();
  await world.drainOnce();
  await world.advance(world.queued.length === 0 ? 15 : 3);
  await world.deliverWebhooks();
}

async function pauseAwhile(office: Office, id: string): Promise<void> {
  const { world } = office;
  expect(await office.act('operator-1', id, 'pause')).toMatchObject({ status: 200, body: { status: 'paused' } });
  // Custody confirms what was sent one after another for each wallet: with thousands of rows that takes its time.
  for (let round = 0; (await office.counts(id)).executing !== undefined && round < ROWS; round += 1)
    await letRun(world, round);
  const shown = await office.read(id);
  const before = (await office.atCustody()).length;
  for (let round = 0; round < 10; round += 1) await letRun(world, round);
  expect((await office.atCustody()).length).toBe(before);
  expect(shown.counts.ready).toBeGreaterThan(0);
  expect(await office.act('operator-2', id, 'resume')).toMatchObject({ status: 200, body: { status: 'running' } });
}

async function takeFloat({ world, wallets }: Office, amount: string): Promise<void> {
  const maker = await sdk('maker');
  const [{ custodyWalletId: walletId }] = wallets;
  const body = { kind: 'Erc20', contract: USDC.split('/')[1] ?? '', to: EXCHANGE, amount } as const;
  await maker.wallets.transferAsset({ walletId, body });
  await world.advance(30);
}

/** Everything that the pool sends waits for an officer. */
async function askOfficer(): Promise<void> {
  const setup = await sdk('setup');
  const { users } = await control('GET', '/organization');
  await setup.policies.createPolicy({
    body: {
      ...{ name: 'everything', activityKind: 'Wallets:Sign', rule: { kind: 'AlwaysTrigger' } },
      filters: { walletTags: { hasAll: ['payouts:test'] } },
      action: {
        kind: 'RequestApproval',
        approvalGroups: [{ quorum: 1, approvers: { userId: { in: [users['compliance-1'].userId] } } }],
      },
    },
  });
}

/** More rows than one statement stores. */
const linesFrom = (n: number) => fileOf(...Array.from({ length: 501 }, (_, i) => lineTo(addressOf(n + i), '0.01')));

/** The process ends when it has stored the first rows of the file. */
async function breakOff({ world, upload }: Office, file: string, query = ''): Promise<void> {
  let commits = 0;
  const prepare = (text: string) => world.bindings.DB.prepare(text);
  const batch = async (statements: D1PreparedStatement[]) => {
    commits += 1;
    if (commits > 2) throw new Error('the process has ended');
    return world.bindings.DB.batch(statements);
  };
  world.restart({ bindings: { ...world.bindings, DB: { prepare, batch } as unknown as D1Database } });
  expect((await upload(file, query)).status).toBe(500);
  world.restart();
}

describe('a batch with errors', () => {
  it('names each, sends none, is fixed by the row, released by another person, and pays each row once through 429s, lost answers, crashes and a pause, to the unit of its receipt', {
    timeout: 3_600_000,
  }, async () => {
    const office = await openOffice(...Array.from({ length: LANES }, () => '90000000000'));
    const { world } = office;
    await office.loadSanctions(SANCTIONED);
    const { file, bad } = fileWithErrors(office.wallets[0].address.toLowerCase());
    const batch = await office.checked(file);
    const { id } = batch;
    expect(batch).toMatchObject({
      ...{ status: 'checked', rows: ROWS, counts: { ready: ROWS - BAD_ROWS, invalid: BAD_ROWS } },
      check: { invalidRows: BAD_ROWS, flags: { same_in_batch: 2, unknown_recipient: ROWS - BAD_ROWS } },
    });
    const named = await office.rows(id, '&status=invalid');
    expect(named.map(({ line, problems: [{ column, reason }] }) => ({ line, column, reason }))).toEqual(
      bad.map(({ line, column, reason }) => ({ line, column, reason: expect.stringContaining(reason) })),
    );
    const early = await office.act('compliance-1', id, 'release', { rowsHash: batch.check.rowsHash });
    expect(early).toMatchObject({ status: 409, body: { code: 'payout_batch_has_errors', invalidRows: BAD_ROWS } });
    expect(await office.atCustody()).toEqual([]);

    for (const { line } of bad) {
      const row = { network: 'EthereumSepolia', asset: 'USDC', address: addressOf(100_000 + line), amount: '2' };
      const path = `/v1/payout-batches/${id}/payouts/${line}`;
      const fixed = await world.request('operator-2', 'PATCH', path, { ...row, reference: 'put right' });
      // Of the check before nothing is left to be taken for this one.
      expect(fixed).toMatchObject({
        ...{ status: 200, body: { status: 'draft', check: { isComplete: false, rowsHash: null }, releases: [] } },
      });
    }
    await world.settle();
    const sound = await office.read(id);
    expect(sound).toMatchObject({ status: 'checked', counts: { ready: ROWS }, check: { invalidRows: 0 } });
    const { rowsHash } = sound.check;
    expect(rowsHash).not.toBe(batch.check.rowsHash);
    for (const person of ['operator-1', 'operator-2']) {
      const refused = await office.act(person, id, 'release', { rowsHash });
      expect(refused).toMatchObject({ status: 403, body: { code: 'payout_release_needs_another_person' } });
    }
    const stale = await office.act('compliance-1', id, 'release', { rowsHash: batch.check.rowsHash });
    expect(stale).toMatchObject({ status: 409, body: { code: 'payout_rows_differ' } });
    expect(await office.act('compliance-1', id, 'release', { rowsHash })).toMatchObject({ status: 200 });

    const { crashes, pauses } = await runThroughFaults(office, id);
    expect([crashes, pauses]).toEqual([expect.any(Number), 1]);
    expect(crashes).toBeGreaterThanOrEqual(Math.floor(ROWS / CRASH_EVERY_ROWS) - 1);
    expect(await office.read(id)).toMatchObject({ status: 'finished', counts: { paid: ROWS } });

    const sent = await office.atCustody();
    expect(sent.every(({ status }) => status === 'Confirmed')).toBe(true);
    expect(new Set(sent.map(({ walletId }) => walletId)).size).toBe(LANES);
    // Two rows that pay the same to one address both pay, once each.
    expect(sent.filter(({ requestBody }) => requestBody.to === addressOf(0))).toHaveLength(2);
    const receipt = (await world.get('auditor-1', `/v1/payout-batches/${id}/receipt`)).body as string;
    const [header = '', ...lines] = receipt
      .trim()
      .split('\r\n')
      .map((line) => line.slice(1, -1).split('","'));
    const column = (name: string) => lines.map((cells) => cells[header.indexOf(name)]);
    expect(column('externalId').sort()).toEqual(sent.map(({ externalId }) => externalId).sort());
    expect(column('transactionHash').sort()).toEqual(sent.map(({ txHash }) => txHash).sort());
    const sum = (all: readonly (string | undefined)[]) => all.reduce((total, units) => total + BigInt(units ?? ''), 0n);
    const paid = sum(column('units'));
    expect(paid).toBe(sum(sent.map(({ requestBody }) => requestBody.amount)));
    const [counted] = await world.rows("SELECT sum(reserved) AS reserved FROM payout_sums WHERE period = 'day'");
    expect(BigInt(counted.reserved)).toBe(paid);
  });
});

describe('a batch of payouts', () => {
  let office: Office;
  beforeAll(async () => {
    office = await openOffice('90000000000', '90000000000');
  }, 60_000);

  it('is one for one file, unless a person says that it is meant again', { timeout: 60_000 }, async () => {
    const file = `\ufeff${fileOf(lineTo(addressOf(900), '3'))}`;
    const first = await office.upload(file);
    const second = await office.upload(file, '', 'operator-2');
    expect([first.status, second.status]).toEqual([202, 200]);
    expect(second.body.id).toBe(first.body.id);
    const again = await office.upload(file, '?again=true');
    expect(again).toMatchObject({ status: 202, body: { upload: 2 } });
    await office.world.settle();
    expect((await office.read(again.body.id)).check.flags).toMatchObject({ same_of_late: 1 });
    const path = `/v1/payout-batches/${again.body.id}`;
    const seen = await office.world.get('operator-1', path);
    const tag = { 'if-none-match': seen.headers.get('etag') ?? '' };
    expect((await office.world.request('operator-1', 'GET', path, undefined, tag)).status).toBe(304);
    await office.act('operator-1', again.body.id, 'cancel', { reason: 'not meant' });
    // As it was sent before messages said how far they have come: one may wait while a new version is deployed.
    const told = office.world.queued.map(({ body }) => body as Json).find(({ type }) => type === 'payouts.cancel_rows');
    expect(told).toHaveProperty('after', 0);
    delete told?.after;
    expect((await office.world.request('operator-1', 'GET', path, undefined, tag)).status).toBe(200);
    await office.world.settle();
    expect(await office.read(again.body.id)).toMatchObject({ status: 'canceled', counts: { canceled: 1 } });
  });

  it('that is meant again is one more, whenever its request comes a second time', { timeout: 120_000 }, async () => {
    const { world } = office;
    const file = linesFrom(30_000);
    await office.upload(file);
    // After the batch is begun, after its first rows, and when it is there but nobody has heard of it.
    for (const point of [1, 2, 3]) {
      const key = { 'idempotency-key': `again-${point}` };
      const send = () => office.upload(file, '?again=true', 'operator-1', key);
      const answers: Answer[] = [];
      let commits = 0;
      const prepare = (text: string) => world.bindings.DB.prepare(text);
      const batch = async (statements: D1PreparedStatement[]) => {
        const results = await world.bindings.DB.batch(statements);
        commits += 1;
        if (commits === point) answers.push(await send());
        return results;
      };
      world.restart({ bindings: { ...world.bindings, DB: { prepare, batch } as unknown as D1Database } });
      answers.push(await send());
      world.restart();
      answers.push(await send());
      expect(await world.rows("SELECT upload FROM payout_batches WHERE status = 'loading'")).toEqual([]);
      const id = answers[0]?.body.id;
      expect(answers).toEqual(Array(3).fill(expect.objectContaining({ status: 202 })));
      expect(answers.map(({ body }) => [body.id, body.upload])).toEqual(Array(3).fill([id, point + 1]));
      expect(await office.upload(file, '', 'operator-2')).toMatchObject({ status: 200, body: { id } });
    }
    await world.settle();
  });

  it('of many rows is checked and canceled without a wait in between, also where messages come twice', {
    timeout: 240_000,
  }, async () => {
    const { world } = office;
    // More than one delivery carries out.
    const rows = 10_100;
    world.queued = [];
    const carried: string[] = [];
    const drain = async () => {
      while (world.queued.length > 0) {
        expect(world.queued.filter(({ attempts }) => attempts > 1)).toEqual([]);
        const [{ body }] = world.queued as [Queued];
        carried.push((body as { type: string }).type);
        // Once after the other: the second one comes late.
        world.queued.push(...(carried.length % 2 > 0 ? structuredClone(world.queued.slice(0, 1)) : []));
        await world.carryOut(world.queued.shift() as Queued);
      }
    };
    const many = Array.from({ length: rows }, (_, n) => lineTo(addressOf(1000 + n), '0.01'));
    const { body } = await office.upload(fileOf(...many));
    await drain();
    expect(await office.read(body.id)).toMatchObject({ status: 'checked', counts: { ready: rows } });
    expect((await office.act('operator-1', body.id, 'cancel', { reason: 'enough' })).status).toBe(200);
    await drain();
    expect(await office.read(body.id)).toMatchObject({ status: 'canceled', counts: { canceled: rows } });
    const count = (type: string) => carried.filter((one) => one === type).length;
    expect(count('payouts.check')).toBeGreaterThan(1);
    expect(count('payouts.check') + count('payouts.cancel_rows')).toBeLessThan(12);
  });

  it('that is canceled while it is loaded gets no more rows, which nothing would cancel', {
    timeout: 60_000,
  }, async () => {
    const { world } = office;
    let id: string | undefined;
    const prepare = (text: string) => world.bindings.DB.prepare(text);
    // Canceled, to its end, as soon as the first rows are stored.
    const batch = async (statements: D1PreparedStatement[]) => {
      const results = await world.bindings.DB.batch(statements);
      const loading = "SELECT id FROM payout_batches WHERE status = 'loading' AND id IN (SELECT batch_id FROM payouts)";
      const [found] = id === undefined ? await world.rows(loading) : [];
      if (found !== undefined) {
        id = String(found.id);
        expect((await office.act('operator-2', id, 'cancel', { reason: 'not meant' })).status).toBe(200);
        await world.drainOnce();
      }
      return results;
    };
    world.restart({ bindings: { ...world.bindings, DB: { prepare, batch } as unknown as D1Database } });
    const lines = Array.from({ length: 1_200 }, (_, n) => lineTo(addressOf(20_000 + n), '0.01'));
    const uploaded = await office.upload(fileOf(...lines));
    world.restart();
    await world.settle();
    expect(uploaded).toMatchObject({ status: 409, body: { code: 'version_conflict' } });
    expect(await office.read(id ?? '')).toMatchObject({ status: 'canceled', counts: { canceled: 500 } });
    expect(await office.counts(id ?? '')).toEqual({ canceled: 500 });
  });

  it('keeps what was named when it came, also where so much was written that not all of it is kept', {
    timeout: 60_000,
  }, async () => {
    const [gap, address] = [' '.repeat(40), addressOf(910)];
    const batch = await office.checked(
      fileOf(
        lineTo(address, '1', 'r'.repeat(200)),
        `Base${gap}x,USDC,${address},1,`,
        lineTo(`${address}${' '.repeat(90)}x`, '1'),
      ),
    );
    expect(batch).toMatchObject({ status: 'checked', counts: { invalid: 3 }, check: { invalidRows: 3 } });
    const named = (await office.rows(batch.id)).map(({ problems: [{ column, reason }] }) => [column, reason]);
    expect(named).toEqual([
      ['reference', 'Has more than 140 characters.'],
      ['network', 'Has more than 40 characters.'],
      ['address', 'Has more than 128 characters.'],
    ]);
    await office.world.request('operator-2', 'PATCH', `/v1/payout-batches/${batch.id}/payouts/2`, { amount: '2' });
    await office.world.settle();
    expect(await office.counts(batch.id)).toEqual({ invalid: 3 });
    await office.world.request('operator-2', 'PATCH', `/v1/payout-batches/${batch.id}/payouts/4`, { address });
    await office.world.settle();
    expect(await office.rows(batch.id, '&status=ready')).toMatchObject([{ line: 4, address: expect.any(String) }]);
  });

  it('whose load broke off is completed by who sends the file; where it was here before, only by who means it again', {
    timeout: 60_000,
  }, async () => {
    const file = linesFrom(40_000);
    await breakOff(office, file);
    const first = await office.upload(file);
    expect(first).toMatchObject({ status: 202, body: { upload: 1, counts: { ready: 501 } } });
    await breakOff(office, file, '?again=true');
    const plain = await office.upload(file, '', 'operator-2');
    expect(plain).toMatchObject({ status: 200, body: { id: first.body.id, upload: 1 } });
    const again = await office.upload(file, '?again=true', 'operator-2');
    expect(again).toMatchObject({ status: 202, body: { upload: 2, counts: { ready: 501 } } });
    expect((await office.upload(file)).body.id).toBe(again.body.id);
    await office.world.settle();
  });

  it('whose load broke off and was not taken up for a day is canceled', { timeout: 60_000 }, async () => {
    const { world } = office;
    const [known, other] = [linesFrom(50_000), linesFrom(51_000)];
    const { id } = (await office.upload(known)).body;
    await breakOff(office, known, '?again=true');
    await breakOff(office, other);
    await world.advance(24 * 3600 - 60);
    await world.tick('*/15 * * * *');
    expect(await world.rows("SELECT status FROM payout_batches WHERE status = 'loading'")).toHaveLength(2);
    await world.advance(61);
    await world.tick('*/15 * * * *');
    await world.settle();
    expect((await office.upload(known)).body.id).toBe(id);
    const ended = await office.upload(other);
    expect(ended).toMatchObject({ status: 200, body: { status: 'canceled', counts: { canceled: 500 } } });
    expect(ended.body.reason).toContain('again=true');
    expect(await office.upload(other, '?again=true')).toMatchObject({ status: 202, body: { upload: 2 } });
    expect(await office.upload(known, '?again=true')).toMatchObject({ status: 202, body: { upload: 3 } });
    await world.settle();
  });

  it('of any bytes is answered without a fault', { timeout: 120_000 }, async () => {
    const cell = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('"', '""', '\0', ',', '\n', '\ud800', '1e9'));
    const line = fc.array(cell, { maxLength: 7 }).map((cells) => cells.join(','));
    const file = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.array(line, { maxLength: 4 }).map((lines) => [HEADER, ...lines].join('\n')),
    );
    await fc.assert(
      fc.asyncProperty(file, async (text) => {
        const { status, body } = await office.upload(text);
        expect([200, 202, 400, 422], JSON.stringify(body)).toContain(status);
      }),
      { numRuns: 40, seed: 7 },
    );
    await office.world.settle();
    const open = await office.world.rows('SELECT status, count(*) AS n FROM payout_batches GROUP BY status');
    expect(open.map(({ status }) => status)).not.toContain('loading');
  });
});

describe('a running batch', () => {
  it('waits under a halt, says when its float is low, and cancels what has not left', {
    timeout: 240_000,
  }, async () => {
    const office = await openOffice('5000000');
    const { world } = office;
    const { id } = await office.released(fileOf(lineTo(addressOf(1), '2'), lineTo(addressOf(2), '3')));
    const halt = await world.must('compliance-1', '/v1/halts', { level: 'all', reason: 'Look first.' });
    for (let minute = 0; minute < 3; minute += 1) {
      await world.tick();
      await world.settle({ ticks: false });
    }
    expect(await office.read(id)).toMatchObject({ status: 'running', counts: { ready: 2 } });
    expect(await office.atCustody()).toEqual([]);
    await world.must('admin-1', `/v1/halts/${halt.id}/lift`, { reason: 'Looked.' });
    // Somebody else takes the float: only the smaller row can be paid.
    await takeFloat(office, '2500000');
    await world.waitFor(async () => (await office.read(id)).counts.paid === 1);
    await world.tick();
    await world.settle({ ticks: false });
    const { items } = (await world.get('admin-1', '/v1/incidents')).body;
    expect(items.map(({ kind }: Json) => kind)).toContain('payout_float_low');
    await office.act('operator-2', id, 'cancel', { reason: 'The rest is paid by hand.' });
    await world.settle();
    expect(await office.read(id)).toMatchObject({ status: 'canceled', counts: { paid: 1, canceled: 1 } });
  });

  it('shows how far it is in the list too, to a repeat of the request that steered it, and to who polls it each minute', {
    timeout: 120_000,
  }, async () => {
    const office = await openOffice('5000000');
    const { world } = office;
    /** Asked twice under one key; the second answer is the first one. */
    const twice = async (as: string, method: 'POST' | 'PATCH', path: string, body?: object | string): Promise<Json> => {
      const type = typeof body === 'string' ? { 'content-type': 'text/csv' } : {};
      const headers = { 'idempotency-key': `${method} ${path}`.replaceAll(' ', '-'), ...type };
      const first = await world.request(as, method, `/v1/payout-batches${path}`, body, headers);
      await world.advance(1);
      const second = await world.request(as, method, `/v1/payout-batches${path}`, body, headers);
      expect(second.headers.get('idempotency-replayed')).toBe('true');
      expect([second.status, second.body]).toEqual([first.status, first.body]);
      return first.body;
    };
    const file = fileOf(lineTo(addressOf(1), '2'), lineTo('nobody', '3'));
    await office.upload(file);
    const { id, counts } = await twice('operator-1', 'POST', '?again=true', file);
    expect(counts).toEqual({ ready: 1, invalid: 1 });
    const edited = await twice('operator-1', 'PATCH', `/${id}/payouts/3`, { address: addressOf(2) });
    expect(edited.counts).toEqual({ ready: 2 });
    await world.settle();
    const { rowsHash } = (await office.read(id)).check;
    expect((await twice('operator-2', 'POST', `/${id}/release`, { rowsHash })).counts).toEqual({ ready: 2 });
    await takeFloat(office, '2500000');
    await world.waitFor(async () => (await office.read(id)).counts.paid === 1);

    const path = `/v1/payout-batches/${id}`;
    const poll = async (tag: string) => world.request('operator-1', 'GET', path, undefined, { 'if-none-match': tag });
    const seen = await poll('');
    const [tag, rate] = [seen.headers.get('etag') ?? '', seen.body.progress.rowsPerMinute];
    expect((await poll(tag)).status).toBe(304);
    await world.advance(60);
    const later = await poll(tag);
    expect(later).toMatchObject({ status: 200, body: { counts: { paid: 1, ready: 1 } } });
    expect(later.body.progress.rowsPerMinute).toBeLessThan(rate);
    const [listed] = (await world.get('operator-1', '/v1/payout-batches')).body.items;
    expect(listed).toEqual(later.body);
    for (const verb of ['pause', 'resume', 'cancel']) {
      const body = verb === 'cancel' ? { reason: 'enough' } : undefined;
      const { counts, progress } = await twice('operator-2', 'POST', `/${id}/${verb}`, body);
      expect([counts, progress]).toMatchObject([
        { paid: 1, ready: 1 },
        { settled: 1, left: 1 },
      ]);
    }
  });

  it('waits until an hour has passed since the cap was reached, past the turn of the clock; a sum that moves meanwhile counts', {
    timeout: 240_000,
  }, async () => {
    const limits = { perRow: '5000000', perBatch: '90000000', perHour: '5000000', perDay: '90000000' };
    const office = new Office(await openWorld({ settings: { PAYOUT_LIMITS: JSON.stringify({ [USDC]: limits }) } }));
    const { world } = office;
    await office.addWallet('90000000');
    const toMinute = (minute: string) =>
      world.advance((Date.parse(`${world.at.slice(0, 11)}${minute}:00.000Z`) - Date.parse(world.at)) / 1000);
    const paidBy = async (minute: string, id: string) => {
      await toMinute(minute);
      await world.tick();
      await world.settle({ ticks: false });
      return (await office.read(id)).counts.paid ?? 0;
    };
    await toMinute('09:50');
    const { id } = await office.released(fileOf(lineTo(addressOf(1), '3'), lineTo(addressOf(2), '4')));
    expect(await paidBy('09:55', id)).toBe(1);
    expect(await paidBy('10:05', id)).toBe(1);
    expect(await paidBy('10:54', id)).toBe(1);
    expect(await paidBy('10:57', id)).toBe(2);

    await toMinute('13:00');
    const next = await office.released(fileOf(lineTo(addressOf(3), '2')));
    await world.tick();
    let isCounted = false;
    // Another process lets 4 out in the minute before, after this one has read the sums and before it commits.
    const prepare = (text: string) => {
      if (text.includes('recoveries') && !isCounted) {
        isCounted = true;
        void env.DB.prepare('INSERT INTO payout_sums VALUES (?, 1, ?, ?, ?, ?)')
          .bind('cap:rival', USDC, 'hour', '2031-03-03T12:59', '4000000')
          .run();
      }
      return world.bindings.DB.prepare(text);
    };
    const batch = (statements: D1PreparedStatement[]) => world.bindings.DB.batch(statements);
    // The two that drizzle calls.
    world.restart({ bindings: { ...world.bindings, DB: { prepare, batch } as unknown as D1Database } });
    for (let round = 0; round < 5; round += 1) await world.drainOnce();
    world.restart();
    await world.tick();
    await world.settle({ ticks: false });
    expect(isCounted).toBe(true);
    expect(await office.read(next.id)).toMatchObject({ status: 'running', counts: { ready: 1 } });
    expect(await paidBy('14:05', next.id)).toBe(1);
  });

  it('goes out by all lanes at once: those that are woken together take each another row', {
    timeout: 60_000,
  }, async () => {
    const office = await openOffice('50000000', '50000000', '50000000');
    const { world } = office;
    const { id } = await office.released(fileOf(...[1, 2, 3].map((n) => lineTo(addressOf(n), `${n}`))));
    const typeOf = ({ body }: Queued) => (body as { type: string }).type;
    for (let round = 0; round < 5 && !world.queued.some((one) => typeOf(one) === 'payout.next'); round += 1)
      await world.drainOnce();
    const woken = world.queued.splice(0).filter((one) => typeOf(one) === 'payout.next');
    expect(woken).toHaveLength(3);
    await Promise.all(woken.map((message) => world.carryOut(message)));
    expect(world.queued.filter(({ attempts }) => attempts > 1)).toEqual([]);
    expect(await office.counts(id)).toEqual({ executing: 3 });
    expect(new Set((await office.atCustody()).map(({ requestBody }) => requestBody.to)).size).toBe(3);
  });

  it('that was denied at custody is tried again as a new batch with a name of its own', {
    timeout: 240_000,
  }, async () => {
    const office = await openOffice('50000000');
    const { world } = office;
    await askOfficer();
    const { id } = await office.released(fileOf(lineTo(addressOf(1), '2'), lineTo(addressOf(2), '3')));
    await world.settle();
    // A transfer that waits for approval does not hold its lane: both wait at once.
    const waiting = await office.waiting();
    expect(waiting).toHaveLength(2);
    const { items } = (await world.get('compliance-1', '/v1/approvals')).body;
    expect(items.map(({ severity, askedBy }: Json) => [severity, askedBy.role])).toEqual([
      ['none', 'operator'],
      ['none', 'operator'],
    ]);
    expect(items.map(({ says }: Json) => says).sort()[0]).toContain('line 2 of the batch "Payouts"');
    await world.decide(waiting[0].approval, 'Denied');
    await world.decide(waiting[1].approval, 'Approved');
    await office.finished(id);
    expect(await office.read(id)).toMatchObject({ counts: { paid: 1, rejected: 1 } });
    const retried = await office.act('operator-1', id, 'retry');
    expect(retried).toMatchObject({ status: 202, body: { retryOf: id, rows: 1 } });
    expect((await office.act('operator-2', id, 'retry')).body.id).toBe(retried.body.id);
    await world.settle();
    const { check } = await office.read(retried.body.id);
    expect(await office.act('operator-2', retried.body.id, 'release', check)).toMatchObject({ status: 400 });
    await office.act('operator-2', retried.body.id, 'release', { rowsHash: check.rowsHash });
    await world.settle();
    const [again] = await office.waiting();
    await world.decide(again.approval, 'Approved');
    await office.finished(retried.body.id);
    expect((await office.atCustody()).map(({ status }) => status).sort()).toEqual([
      'Confirmed',
      'Confirmed',
      'Rejected',
    ]);
  });

  it('cannot be retried after a cancellation while one of its rows may still fail', { timeout: 120_000 }, async () => {
    const office = await openOffice('50000000');
    const { world } = office;
    await askOfficer();
    const { id } = await office.released(fileOf(lineTo(addressOf(3), '2'), lineTo(addressOf(4), '3')));
    await world.settle();
    const waiting = await office.waiting();
    expect(waiting).toHaveLength(2);
    await world.decide(waiting[0].approval, 'Denied');
    await world.settle();
    expect(await office.act('operator-2', id, 'cancel', { reason: 'enough' })).toMatchObject({ status: 200 });
    expect(await office.act('operator-1', id, 'retry')).toMatchObject({
      ...{ status: 409, body: { code: 'payout_rows_under_way', rows: 1 } },
    });
    await world.decide(waiting[1].approval, 'Denied');
    await world.waitFor(async () => (await office.read(id)).counts.rejected === 2);
    expect(await office.act('operator-1', id, 'retry')).toMatchObject({
      ...{ status: 202, body: { retryOf: id, rows: 2 } },
    });
  });
});

/** What happens is forgotten: the database is what it was before, under a deployment that knows that. Begins and ends the restore. */
async function forget({ world }: Office, happens: () => Promise<unknown>): Promise<() => Promise<void>> {
  const [snapshot, restoredTo] = [await takeSnapshot(), world.at];
  await happens();
  const RESTORE_EPOCH = 'epoch-2';
  world.restart({ bindings: { ...world.bindings, RESTORE_EPOCH } });
  await putBack(snapshot);
  world.queued = [];
  return async () => {
    await world.must('admin-1', '/v1/restores', { epoch: RESTORE_EPOCH, restoredTo });
    await world.waitFor(async () => (await world.get('admin-1', '/v1/epoch')).body.status === 'sound');
  };
}

describe('a batch that a restore has set back', () => {
  it('finds what custody paid in the lost time, counts it, and pays only what was not', {
    timeout: 240_000,
  }, async () => {
    const office = await openOffice('50000000', '50000000');
    const { world } = office;
    const { id } = await office.released(fileOf(lineTo(addressOf(1), '2'), lineTo(addressOf(2), '3')));
    const restore = await forget(office, () => office.finished(id));
    const before = await office.atCustody();
    expect(before).toHaveLength(2);
    expect(await world.rows('SELECT id FROM transfers')).toEqual([]);
    await restore();
    const { items } = (await world.get('admin-1', '/v1/halts')).body;
    await world.must('compliance-1', `/v1/halts/${items[0].id}/lift`, { reason: 'Compared with custody.' });
    await office.finished(id);
    expect(await office.read(id)).toMatchObject({ counts: { paid: 2 } });
    expect(await world.rows('SELECT account_id AS account FROM recoveries')).toEqual([
      { account: null },
      { account: null },
    ]);
    expect(await office.atCustody()).toEqual(before);
    const sums = await world.rows("SELECT sum(reserved) AS reserved FROM payout_sums WHERE period = 'day'");
    expect(sums).toEqual([{ reserved: 5000000 }]);
  });

  it.each(['cancel', 'pause'])(
    'has what custody paid taken up where no lane comes to it, after a %s',
    {
      timeout: 240_000,
    },
    async (act) => {
      const office = await openOffice('5000000');
      const { world } = office;
      const { id } = await office.released(fileOf(lineTo(addressOf(1), '3'), lineTo(addressOf(2), '2')));
      await world.tick();
      const restore = await forget(office, async () => {
        await takeFloat(office, '2500000');
        await world.waitFor(async () => (await office.counts(id)).paid === 1);
      });
      const before = await office.atCustody();
      const asked = await office.act('operator-2', id, act, { reason: 'The rest is paid by hand.' });
      expect(asked).toMatchObject({ status: 200 });
      await world.settle();
      expect(await office.counts(id)).toEqual({ ready: 2 });
      const code = act === 'cancel' ? 'payout_rows_under_way' : 'wrong_status';
      expect(await office.act('operator-1', id, 'retry')).toMatchObject({ status: 409, body: { code } });
      await restore();
      const rest = act === 'cancel' ? 'canceled' : 'ready';
      await world.waitFor(async () => (await office.counts(id)).paid === 1 && (await office.counts(id))[rest] === 1);
      expect((await office.rows(id)).map(({ status }) => status)).toEqual([rest, 'paid']);
      expect(await office.atCustody()).toEqual(before);
    },
  );

  it('tells of a row that custody paid and that does not stand as it was paid, also where the row was wrong', {
    timeout: 240_000,
  }, async () => {
    const office = await openOffice('5000000');
    const { world } = office;
    const { id } = await office.checked(fileOf(lineTo(addressOf(1), '1'), lineTo('nobody', '2')));
    const restore = await forget(office, async () => {
      for (const line of [2, 3]) {
        const path = `/v1/payout-batches/${id}/payouts/${line}`;
        await world.request('operator-1', 'PATCH', path, { address: addressOf(line) });
      }
      await world.settle();
      const { rowsHash } = (await office.read(id)).check;
      await office.act('operator-2', id, 'release', { rowsHash });
      await office.finished(id);
    });
    await restore();
    expect(await office.counts(id)).toEqual({ ready: 1, invalid: 1 });
    await office.act('operator-2', id, 'cancel', { reason: 'The file comes again.' });
    await world.waitFor(async () => (await office.counts(id)).canceled === 2);
    expect((await office.rows(id)).map(({ status, reason }) => ({ status, reason }))).toEqual(
      [2, 3].map((line) => ({ status: 'canceled', reason: expect.stringContaining(`Custody paid line ${line}`) })),
    );
    const { items } = (await world.get('admin-1', '/v1/incidents')).body;
    expect(items.map(({ kind }: Json) => kind)).toContain('transfer_unknown');
  });
});

describe('the payout pool', () => {
  it('takes wallets of the company only, payees confirmed by an officer, and two releasers above a sum', {
    timeout: 240_000,
  }, async () => {
    const office = await openOffice('90000000000');
    const { world } = office;
    const account = await world.openAccount();
    const clients = { custodyWalletId: account.wallets[0].custodyId, label: 'Not ours' };
    expect(await world.post('admin-1', '/v1/hot-wallets', clients)).toMatchObject({
      status: 422,
      body: { code: 'hot_wallet_unfit' },
    });
    const known = { custodyWalletId: office.wallets[0].custodyWalletId, label: 'Twice' };
    expect(await world.post('admin-1', '/v1/hot-wallets', known)).toMatchObject({
      status: 409,
      body: { code: 'hot_wallet_exists' },
    });
    expect((await world.post('operator-1', '/v1/hot-wallets', known)).status).toBe(403);

    const payee = { network: 'EthereumSepolia', address: EXCHANGE, name: 'Supplier' };
    const { id: payeeId } = await world.must('operator-1', '/v1/payees', payee);
    expect(await world.post('operator-2', '/v1/payees', payee)).toMatchObject({
      status: 409,
      body: { code: 'payee_exists' },
    });
    expect((await world.post('operator-2', `/v1/payees/${payeeId}/confirm`)).status).toBe(403);
    await world.must('compliance-1', `/v1/payees/${payeeId}/confirm`);
    const forged = `${EXCHANGE.slice(0, 6)}${'9'.repeat(32)}${EXCHANGE.slice(-4)}`;
    const rows = Array.from({ length: 801 }, () => lineTo(EXCHANGE, '50'));
    const batch = await office.checked(fileOf(...rows, lineTo(forged, '1')));
    expect(batch.check.flags).toMatchObject({ looks_like_payee: 1, unknown_recipient: 1 });
    // Pages of any length name each flag once, and end with a whole line.
    const flagsOf = async (limit: number): Promise<string[]> => {
      const all: string[] = [];
      for (let after: number | null = 798; after !== null; ) {
        const path = `/v1/payout-batches/${batch.id}/flags?limit=${limit}&after=${after}`;
        const { body }: Json = await world.get('operator-1', path);
        all.push(...body.items.map(({ line, flag }: Json) => `${line} ${flag}`));
        after = body.nextAfter;
      }
      return all;
    };
    const all = [799, 800, 801, 802].map((line) => `${line} same_in_batch`);
    all.push('803 looks_like_payee', '803 unknown_recipient');
    for (const limit of [1, 4, 5, 6, 200]) expect(await flagsOf(limit)).toEqual(all);
    expect(batch.check.totals).toMatchObject([{ rows: 802, amount: { units: '40051000000' } }]);
    const { rowsHash } = batch.check;
    const first = await office.act('operator-2', batch.id, 'release', { rowsHash });
    expect(first).toMatchObject({ status: 202, body: { status: 'checked' } });
    expect((await office.act('operator-2', batch.id, 'release', { rowsHash })).status).toBe(403);
    const second = await office.act('compliance-1', batch.id, 'release', { rowsHash });
    expect(second).toMatchObject({ status: 200, body: { status: 'released' } });
    expect((await office.act('operator-2', batch.id, 'cancel', { reason: 'enough' })).status).toBe(200);
    await world.settle();
    const { counts } = await office.read(batch.id);
    expect(counts.canceled + (counts.paid ?? 0)).toBe(802);
  });

  it('loses a wallet when an officer retires it, which waits for what is under way; the preflight counts on it no more', {
    timeout: 240_000,
  }, async () => {
    const office = await openOffice('5000000', '5000000');
    const { world } = office;
    await askOfficer();
    const { id } = await office.released(fileOf(lineTo(addressOf(1), '4'), lineTo(addressOf(2), '4')));
    await world.settle();
    const [first, second] = office.wallets;
    const retire = (as: string, walletId: string) => world.post(as, `/v1/hot-wallets/${walletId}/retire`);
    expect((await retire('operator-1', first.id)).status).toBe(403);
    expect((await retire('admin-1', first.id)).status).toBe(403);
    expect(await retire('compliance-1', first.id)).toMatchObject({ status: 409, body: { code: 'hot_wallet_busy' } });
    const waiting = await office.waiting();
    for (const { approval } of waiting) await world.decide(approval, 'Denied');
    await office.finished(id);

    expect(await retire('compliance-1', first.id)).toMatchObject({ status: 200, body: { status: 'retired' } });
    expect(await retire('compliance-1', first.id)).toMatchObject({ status: 409, body: { code: 'wrong_status' } });
    expect(
      (
        await retire(
          'compliance-1',
          second.id.replace(/.$/, (last: string) => (last === 'Z' ? 'Y' : 'Z')),
        )
      ).status,
    ).toBe(404);
    const entries = await world.rows(
      'SELECT kind, actor_role FROM journal WHERE subject_id = ? ORDER BY version',
      first.id,
    );
    expect(entries).toEqual([
      { kind: 'hot_wallet.active', actor_role: 'admin' },
      { kind: 'hot_wallet.retired', actor_role: 'compliance' },
    ]);
    // As many retired ones as a run looks at wallets take no place of one that pays.
    await world.rows(`WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100)
      INSERT INTO hot_wallets (id, version, status, facts, created_at, network, custody_id, address, label, preset)
      SELECT 'hot_7' || printf('%025d', n), 1, 'active', '{}', '${world.at}', network, 'wa-' || n, address, label, preset
      FROM hot_wallets, n WHERE id = '${second.id}'`);
    await world.rows(
      "UPDATE hot_wallets SET status = 'retired', version = 2 WHERE custody_id LIKE 'wa-%' AND id LIKE 'hot_7000%'",
    );
    const { check } = await office.checked(fileOf(lineTo(addressOf(3), '6')));
    expect(check.problems).toEqual([expect.stringContaining('The pool holds 5')]);
    const paid = await office.released(fileOf(lineTo(addressOf(4), '1'), lineTo(addressOf(5), '1')));
    await world.settle();
    for (const { approval } of await world.rows(
      "SELECT facts ->> 'approvalId' AS approval FROM transfers WHERE status = 'awaiting_approval'",
    ))
      await world.decide(approval, 'Approved');
    await office.finished(paid.id);
    const wallets = await world.rows("SELECT DISTINCT wallet_id AS id FROM transfers WHERE status = 'confirmed'");
    expect(wallets).toEqual([{ id: second.id }]);
  });

  it('tells of rows that wait on a network whose last wallet was retired, once, and pays them when there is another', {
    timeout: 120_000,
  }, async () => {
    const office = await openOffice('5000000', '5000000');
    const { world } = office;
    const told = async () =>
      (await world.get('admin-1', '/v1/incidents')).body.items
        .filter(({ kind }: Json) => kind === 'payout_float_low')
        .map(({ about }: Json) => about);
    const passMinute = async () => {
      await world.advance(60);
      await world.tick();
      await world.settle({ ticks: false });
    };
    const retire = async (n: number) => {
      await world.must('compliance-1', `/v1/hot-wallets/${office.wallets[n].id}/retire`);
      await passMinute();
    };
    const halt = await world.must('compliance-1', '/v1/halts', { level: 'all', reason: 'A key may be stolen.' });
    const { id } = await office.released(fileOf(lineTo(addressOf(1), '1'), lineTo(addressOf(2), '2')));
    await passMinute();
    await retire(0);
    expect(await office.read(id)).toMatchObject({ status: 'running', counts: { ready: 2 } });
    expect(await told()).toEqual([]);
    await retire(1);
    expect(await told()).toEqual(['EthereumSepolia']);
    const [{ id: incident, detail }] = await world.rows('SELECT id, detail FROM incidents');
    expect(detail).toContain('wait for USDC on EthereumSepolia, where the pool has no active hot wallet');
    await world.must('admin-1', `/v1/incidents/${incident}/acknowledge`);
    await passMinute();
    expect(await told()).toHaveLength(1);
    await world.must('admin-1', `/v1/incidents/${incident}/resolve`, { note: 'Thought to be over.' });
    await passMinute();
    expect(await told()).toHaveLength(2);

    await office.addWallet('5000000');
    await world.must('admin-1', `/v1/halts/${halt.id}/lift`, { reason: 'A new wallet pays.' });
    expect(await office.finished(id)).toMatchObject({ counts: { paid: 2 } });
    expect(await told()).toHaveLength(2);
  });

  it('is told of rows that pay the same to the same as one that still may, or was paid of late, however old its batch is', {
    timeout: 120_000,
  }, async () => {
    const office = await openOffice('50000000');
    const { world } = office;
    const month = () => world.advance(31 * 86_400);
    const sameOfLate = async (...numbers: number[]) => {
      const { id } = await office.checked(fileOf(...numbers.map((n) => lineTo(addressOf(n), '3'))));
      const { items } = (await world.get('operator-1', `/v1/payout-batches/${id}/flags`)).body;
      await office.act('operator-1', id, 'cancel', { reason: 'Only looked at.' });
      return items.flatMap(({ line, flag, detail }: Json) => (flag === 'same_of_late' ? [[line, detail]] : []));
    };
    const waiting = await office.checked(fileOf(lineTo(addressOf(1), '3')));
    const late = await office.checked(fileOf(lineTo(addressOf(2), '3')));
    await month();
    await office.act('operator-2', late.id, 'release', { rowsHash: late.check.rowsHash });
    await office.finished(late.id);
    expect(await sameOfLate(1, 2, 3)).toEqual([
      [2, waiting.id],
      [3, late.id],
    ]);
    await month();
    expect(await sameOfLate(2, 3, 1)).toEqual([[4, waiting.id]]);
  });

  it('is known to the preflight wallet by wallet, and without what other batches wait for', {
    timeout: 120_000,
  }, async () => {
    const office = await openOffice('5000000', '10000000');
    const problems = async (...lines: string[]) => (await office.checked(fileOf(...lines))).check.problems;
    const to = (n: number, amount: string) => lineTo(addressOf(n), amount);
    expect(await problems(to(1, '10'), to(2, '5'))).toEqual([]);
    expect(await problems(to(1, '1'), to(2, '11'), to(3, '1'))).toEqual([
      'No wallet of the pool holds enough for line 3: the largest can pay 10 USDC.',
    ]);
    const coin = `EthereumSepolia,ETH,${addressOf(4)},`;
    // Each keeps 0.005 for the fee of a row.
    expect(await problems(`${coin}0.000001,`)).toEqual([]);

    await office.world.must('compliance-1', '/v1/halts', { level: 'all', reason: 'Look first.' });
    const { id } = await office.released(fileOf(to(5, '4'), to(6, '4')));
    await office.world.settle({ ticks: false });
    expect(await office.act('operator-1', id, 'pause')).toMatchObject({ status: 200 });
    expect(await problems(to(7, '3'), to(8, '4'))).toEqual([]);
    expect(await problems(to(7, '3'), to(8, '5'))).toEqual([
      'The pool holds 7 USDC besides 8 USDC for other batches; 2 rows need 8 USDC.',
    ]);
    // As many of another network as are looked at take no place of one that pays.
    await office.world.rows(`WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100)
      INSERT INTO hot_wallets (id, version, status, facts, created_at, network, custody_id, address, label, preset)
      SELECT 'hot_7' || printf('%025d', n), 1, 'active', '{}', '${office.world.at}', 'BaseSepolia', 'wa-' || n, address, label, preset
      FROM hot_wallets, n WHERE id = '${office.wallets[0].id}'`);
    expect(await problems(to(9, '3'), to(10, '4'))).toEqual([]);
  });

  it('is held at custody by the presets that the set-up plans and applies: small rows to known recipients go, others wait, too much is blocked', {
    timeout: 240_000,
  }, async () => {
    const office = new Office(await openWorld({ settings: GENEROUS }), 'standard');
    const payees = [1, 2, 3].map(addressOf);
    // A preset is data: this deployment puts nothing before its checker.
    const presets = Object.values(payoutPresets).map(({ name, rules }) => ({
      name,
      rules: rules.filter(({ kind }) => kind !== 'review'),
    }));
    const wanted = { ...(await wantedForTests()), payoutPresets: presets, payees };
    const dfns = await sdk('setup');
    const [webhook] = (await dfns.webhooks.listWebhooks({ query: {} })).items;
    if (webhook === undefined) throw new Error('no webhook');
    const applied = await applySetup(dfns, wanted, { id: webhook.id, url: webhook.url, secret: 'kept-in-tests' });
    expect(applied.done.map(({ what }) => what)).toHaveLength(6);
    expect((await planSetup(dfns, wanted, applied.webhook)).filter(({ state }) => state !== 'right')).toEqual([]);
    const { items } = await dfns.policies.listPolicies({ query: { limit: '100' } });
    const rules = items.filter(({ name }) => name.startsWith('Fiducia payouts high-volume')).map(({ rule }) => rule);
    expect(rules).toEqual(
      expect.arrayContaining([
        { kind: 'TransactionAmountLimit', configuration: { limit: 500_000, currency: 'USD' } },
        { kind: 'TransactionAmountVelocity', configuration: { limit: 2_000_000, currency: 'USD', timeframe: 60 } },
        { kind: 'TransactionCountVelocity', configuration: { limit: 1_000, timeframe: 60 } },
      ]),
    );
    await office.addWallet('900000000000');
    const to = (n: number, amount: string) => lineTo(addressOf(n), amount);
    const rows = [to(1, '10000'), to(2, '10000.000001'), to(3, '85000'), to(4, '1')];
    const { id } = await office.released(fileOf(...rows));
    await office.world.settle();
    const statuses = (await office.rows(id)).map(({ status }) => status);
    expect(statuses).toEqual(['paid', 'executing', 'rejected', 'executing']);
    const waiting = await office.world.rows(
      "SELECT units FROM transfers WHERE status = 'awaiting_approval' ORDER BY id",
    );
    expect(waiting).toEqual([{ units: '10000000001' }, { units: '1000000' }]);

    // A further payee is on the list at custody when an officer has seen it there, and stays when nobody names the payees.
    const more = { ...wanted, payees: [...payees, addressOf(4)] };
    const [change] = (await applySetup(dfns, more, applied.webhook)).done;
    expect(change?.what).toContain('recipients that are no payees');
    expect(await planSetup(dfns, more, applied.webhook)).toContainEqual(expect.objectContaining({ state: 'waits' }));
    await office.world.decide(change?.approvalId ?? '', 'Approved');
    for (const one of [more, { ...more, payees: undefined }])
      expect((await planSetup(dfns, one, applied.webhook)).filter(({ state }) => state !== 'right')).toEqual([]);
    const { id: next } = await office.released(fileOf(to(4, '2')));
    await office.finished(next);
    expect(await office.read(next)).toMatchObject({ counts: { paid: 1 } });
  });
});
