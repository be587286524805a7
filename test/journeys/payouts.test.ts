// Payouts of the company, through the doors: checked before anything is sent, released by another person, each row paid once.
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { applySetup, planSetup } from '../../scripts/setup/apply.ts';
import { payoutPresets } from '../../src/domain/payout-preset.ts';
import { Crash } from '../support/crash.ts';
import { addressOf, fileOf, GENEROUS, HEADER, lineTo, Office, openOffice } from '../support/office.ts';
import { putBack, takeSnapshot } from '../support/rollback.ts';
import { control, EXCHANGE, OTHER_EXCHANGE, openWorld, sdk, USDC, wantedForTests } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

const ROWS = Number(env.PAYOUT_ROWS);

describe('a batch of payouts', () => {
  let office: Office;
  beforeAll(async () => {
    office = await openOffice('90000000000', '90000000000');
  }, 60_000);

  it('names each bad row with line, column and reason, sends none, and is fixed by the row', {
    timeout: 120_000,
  }, async () => {
    const { world } = office;
    const own = office.wallets[0].address.toLowerCase();
    const batch = await office.checked(
      fileOf(
        lineTo(EXCHANGE, '1.50', '"Invoice, ""7"""'),
        lineTo(EXCHANGE, '1.50'),
        'Nowhere,USDC,x,1,',
        'EthereumSepolia,DOGE,0x52908400098527886e0f7030069857d2e4169ee7,1,',
        lineTo('0x123', '1'),
        lineTo(OTHER_EXCHANGE, '1,5'),
        lineTo(OTHER_EXCHANGE, '0.0000001'),
        lineTo(OTHER_EXCHANGE, '0'),
        lineTo(OTHER_EXCHANGE, '50.000001'),
        lineTo(own, '1'),
        'Base,USDC,0x52908400098527886e0f7030069857d2e4169ee7,1,',
        lineTo(`0x${'0'.repeat(40)}`, '1'),
      ),
    );
    expect(batch).toMatchObject({ status: 'checked', rows: 12, counts: { ready: 2, invalid: 10 } });
    const bad = await office.rows(batch.id, '&status=invalid');
    expect(bad.map(({ line, problems }) => [line, problems.map(({ column }: Json) => column).join()])).toEqual([
      [4, 'network'],
      [5, 'asset'],
      [6, 'address'],
      [7, 'row'],
      [8, 'amount'],
      [9, 'amount'],
      [10, 'amount'],
      [11, 'address'],
      [12, 'asset'],
      [13, 'address'],
    ]);
    expect(bad[4].problems[0].reason).toBe('Has 7 decimals; the asset has 6.');
    expect(batch.check.flags).toMatchObject({ same_in_batch: 2, unknown_recipient: 2 });
    const early = await office.act('operator-2', batch.id, 'release', { rowsHash: batch.check.rowsHash });
    expect(early).toMatchObject({ status: 409, body: { code: 'payout_batch_has_errors', invalidRows: 10 } });
    expect(await office.atCustody()).toEqual([]);

    for (const { line } of bad) {
      const path = `/v1/payout-batches/${batch.id}/payouts/${line}`;
      const fixed = await world.request('operator-2', 'PATCH', path, {
        ...{ network: 'EthereumSepolia', asset: 'USDC', address: addressOf(line), amount: '2' },
      });
      expect(fixed).toMatchObject({ status: 200, body: { status: 'draft' } });
    }
    await world.settle();
    const sound = await office.read(batch.id);
    expect(sound).toMatchObject({ status: 'checked', check: { invalidRows: 0 } });
    const { rowsHash } = sound.check;
    expect(rowsHash).not.toBe(batch.check.rowsHash);
    for (const person of ['operator-1', 'operator-2']) {
      const refused = await office.act(person, batch.id, 'release', { rowsHash });
      expect(refused).toMatchObject({ status: 403, body: { code: 'payout_release_needs_another_person' } });
    }
    const stale = await office.act('compliance-1', batch.id, 'release', { rowsHash: batch.check.rowsHash });
    expect(stale).toMatchObject({ status: 409, body: { code: 'payout_rows_differ' } });
    expect(await office.act('compliance-1', batch.id, 'release', { rowsHash })).toMatchObject({ status: 200 });
    await office.finished(batch.id);

    const sent = await office.atCustody();
    // Two rows to one address pay the same to the same, once each.
    expect(sent.filter(({ requestBody }) => requestBody.to === EXCHANGE)).toHaveLength(2);
    expect(sent).toHaveLength(12);
    const receipt = (await world.get('auditor-1', `/v1/payout-batches/${batch.id}/receipt`)).body as string;
    const lines = receipt.trim().split('\r\n').slice(1);
    expect(lines).toHaveLength(12);
    for (const { txHash } of sent) expect(receipt.split(`"${txHash}"`)).toHaveLength(2);
  });

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
    expect((await office.world.request('operator-1', 'GET', path, undefined, tag)).status).toBe(200);
    await office.world.settle();
    expect(await office.read(again.body.id)).toMatchObject({ status: 'canceled', counts: { canceled: 1 } });
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
  it('pays each row once through 429s, lost answers, crashes and a pause, to the unit of its receipt', {
    timeout: 600_000,
  }, async () => {
    const office = await openOffice('90000000000', '90000000000', '90000000000');
    const { world } = office;
    const lines = Array.from({ length: ROWS }, (_, n) =>
      lineTo(addressOf(n % (ROWS - 1)), `${n + 1}.000001`.slice(-9)),
    );
    const { id } = await office.released(fileOf(...lines));
    const path = '/wallets/*/transfers';
    await control('POST', '/faults', { method: 'POST', path, kind: 'status', status: 429, retryAfter: 5, times: 2 });
    await control('POST', '/faults', { method: 'POST', path, kind: 'no_response', afterEffect: true, times: 2 });
    let isPaused = false;
    let crashes = 0;
    for (let round = 0; round < 400 && (await office.read(id)).status !== 'finished'; round += 1) {
      await world.tick();
      const due = world.queued.findIndex(({ body }) => JSON.stringify(body).includes('payout.next'));
      if (round % 7 === 3 && due >= 0) {
        // The process ends at the call to custody, after it took the transfer.
        world.perturb('transfer', (call) => async (...of) => {
          await call(...of);
          throw new Crash('custody.transfer, after');
        });
        await world.drainOnce().catch(() => {});
        world.restart();
        crashes += 1;
      }
      await world.drainOnce();
      await world.advance(31);
      await world.deliverWebhooks();
      const { counts } = await office.read(id);
      if (!isPaused && (counts.paid ?? 0) >= 3) {
        isPaused = true;
        expect(await office.act('operator-1', id, 'pause')).toMatchObject({ status: 200, body: { status: 'paused' } });
        await world.settle();
        const [before, shown] = [(await office.atCustody()).length, await office.read(id)];
        await world.settle();
        expect((await office.atCustody()).length).toBe(before);
        expect(shown.counts.ready).toBeGreaterThan(0);
        expect(await office.act('operator-2', id, 'resume')).toMatchObject({
          status: 200,
          body: { status: 'running' },
        });
      }
    }
    expect([isPaused, crashes > 0]).toEqual([true, true]);
    expect(await office.read(id)).toMatchObject({ status: 'finished', counts: { paid: ROWS } });
    const sent = await office.atCustody();
    expect(sent).toHaveLength(ROWS);
    expect(new Set(sent.map(({ walletId }) => walletId)).size).toBeGreaterThan(1);
    const rows = await world.rows('SELECT units FROM payouts WHERE batch_id = ?', id);
    const sum = (all: readonly string[]) => all.reduce((total, units) => total + BigInt(units), 0n);
    expect(sum(rows.map(({ units }) => units))).toBe(sum(sent.map(({ requestBody }) => requestBody.amount)));
    const [hour] = await world.rows("SELECT sum(reserved) AS reserved FROM payout_sums WHERE period = 'day'");
    expect(BigInt(hour.reserved)).toBe(sum(rows.map(({ units }) => units)));
  });

  it('waits under a halt and a cap, says when its float is low, and cancels what has not left', {
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
    const maker = await sdk('maker');
    const [{ custodyWalletId: walletId }] = office.wallets;
    const body = { kind: 'Erc20', contract: USDC.split('/')[1] ?? '', to: EXCHANGE, amount: '2500000' } as const;
    await maker.wallets.transferAsset({ walletId, body });
    await world.advance(30);
    await world.waitFor(async () => (await office.read(id)).counts.paid === 1);
    await world.tick();
    await world.settle({ ticks: false });
    const { items } = (await world.get('admin-1', '/v1/incidents')).body;
    expect(items.map(({ kind }: Json) => kind)).toContain('payout_float_low');
    await office.act('operator-2', id, 'cancel', { reason: 'The rest is paid by hand.' });
    await world.settle();
    expect(await office.read(id)).toMatchObject({ status: 'canceled', counts: { paid: 1, canceled: 1 } });
  });

  it('that was denied at custody is tried again as a new batch with a name of its own', {
    timeout: 240_000,
  }, async () => {
    const office = await openOffice('50000000');
    const { world } = office;
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
    const { id } = await office.released(fileOf(lineTo(addressOf(1), '2'), lineTo(addressOf(2), '3')));
    await world.settle();
    // A transfer that waits for approval does not hold its lane: both wait at once.
    const waiting = await world.rows(
      "SELECT facts ->> 'approvalId' AS approval FROM transfers WHERE status = 'awaiting_approval'",
    );
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
    const [again] = await world.rows(
      "SELECT facts ->> 'approvalId' AS approval FROM transfers WHERE status = 'awaiting_approval'",
    );
    await world.decide(again.approval, 'Approved');
    await office.finished(retried.body.id);
    expect((await office.atCustody()).map(({ status }) => status).sort()).toEqual([
      'Confirmed',
      'Confirmed',
      'Rejected',
    ]);
  });
});

describe('a batch that a restore has set back', () => {
  it('finds what custody paid in the lost time, counts it, and pays only what was not', {
    timeout: 240_000,
  }, async () => {
    const office = await openOffice('50000000', '50000000');
    const { world } = office;
    const { id } = await office.released(fileOf(lineTo(addressOf(1), '2'), lineTo(addressOf(2), '3')));
    const [snapshot, restoredTo] = [await takeSnapshot(), world.at];
    await office.finished(id);
    const before = await office.atCustody();
    expect(before).toHaveLength(2);
    const RESTORE_EPOCH = 'epoch-2';
    world.restart({ bindings: { ...world.bindings, RESTORE_EPOCH } });
    await putBack(snapshot);
    world.queued = [];
    expect(await world.rows('SELECT id FROM transfers')).toEqual([]);
    await world.must('admin-1', '/v1/restores', { epoch: RESTORE_EPOCH, restoredTo });
    await world.waitFor(async () => (await world.get('admin-1', '/v1/epoch')).body.status === 'sound');
    const { items } = (await world.get('admin-1', '/v1/halts')).body;
    await world.must('compliance-1', `/v1/halts/${items[0].id}/lift`, { reason: 'Compared with custody.' });
    await office.finished(id);
    expect(await office.read(id)).toMatchObject({ counts: { paid: 2 } });
    expect(await world.rows('SELECT account_id AS account FROM recoveries')).toEqual([
      { account: null },
      { account: null },
    ]);
    expect(await office.atCustody()).toEqual(before);
    const sums = await world.rows("SELECT reserved FROM payout_sums WHERE period = 'day'");
    expect(sums).toEqual([{ reserved: '5000000' }]);
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
