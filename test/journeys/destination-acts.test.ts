// What people do with a destination after it was asked for, through the real doors: proposals, second thoughts, suspension,
// cooling-off, and being asked again after a long time.
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { addSeconds } from '../../src/domain/time.ts';
import { sdk } from '../support/outside.ts';
import { rowsReadBy } from '../support/trips.ts';
import { EXCHANGE, OTHER_EXCHANGE, openWorld, type World } from '../support/world.ts';

const DAY = 86_400;
/** 3,000 unless more are asked for: SWEEP_ACCOUNTS=20000 makes it 100,000. */
const MANY = 5 * Number(env.SWEEP_ACCOUNTS);
const many = (from: number, to: number) =>
  `WITH RECURSIVE many(value) AS (SELECT ${from} UNION ALL SELECT value + 1 FROM many WHERE value < ${to})`;
const WISH = { network: 'EthereumSepolia', address: EXCHANGE, label: 'Exchange', kind: 'exchange' };
let world: World;

const act = (as: string, id: string, verb: string, body?: object) =>
  world.post(as, `/v1/destinations/${id}/${verb}`, body);
const status = async (id: string) => (await world.destination('client-1', id)).status;
const entries = async (id: string): Promise<string[]> =>
  (await world.rows('SELECT kind FROM journal WHERE subject_id = ? ORDER BY version', id)).map(({ kind }) => kind);

async function listAtCustody(): Promise<readonly string[]> {
  const { policyId } = (await world.get('client-1', '/v1/accounts/me/restrictions')).body.custodyList;
  const { rule } = await (await sdk('maker')).policies.getPolicy({ policyId });
  return rule.kind === 'TransactionRecipientWhitelist' ? rule.configuration.addresses : [];
}

/** In review, with the id of its approval at custody. */
async function inReview(): Promise<{ id: string; approvalId: string }> {
  const { id } = await world.ask('client-1', EXCHANGE);
  await world.settle();
  return { id, approvalId: (await world.destination('client-1', id)).review.approvalId };
}

describe('a proposal of an operator', () => {
  async function proposed(): Promise<{ id: string; accountId: string }> {
    world = await openWorld();
    const { id: accountId } = await world.openAccount();
    const { id, status: is } = await world.must('operator-1', `/v1/accounts/${accountId}/destinations`, WISH);
    expect(is).toBe('proposed');
    return { id, accountId };
  }

  it('reaches neither custody nor an officer before the client confirms it, and goes to review then', async () => {
    const { id } = await proposed();
    await world.settle();
    expect(await status(id)).toBe('proposed');
    expect(await world.rows('SELECT id FROM policy_changes')).toEqual([]);

    expect((await act('operator-1', id, 'confirm')).status).toBe(403);
    expect((await act('client-2', id, 'confirm')).status).toBe(404);
    expect((await act('client-1', id, 'confirm')).body.status).toBe('requested');
    await world.settle();
    expect(await status(id)).toBe('in_review');
  });

  it('cannot be asked for a second time by the client, who is shown which one to confirm', async () => {
    const { id } = await proposed();
    const { status: code, body } = await world.post('client-1', '/v1/accounts/me/destinations', WISH);
    expect([code, body.code, body.destinationId]).toEqual([409, 'destination_exists', id]);
  });

  it('lapses after a week, and can be made again', async () => {
    const { id, accountId } = await proposed();
    await world.advance(7 * DAY - 60);
    await world.tick('*/15 * * * *');
    expect(await status(id)).toBe('proposed');
    await world.advance(120);
    expect((await act('client-1', id, 'confirm')).body.code).toBe('proposal_expired');
    await world.tick('*/15 * * * *');
    expect(await status(id)).toBe('expired');
    expect((await world.post('operator-1', `/v1/accounts/${accountId}/destinations`, WISH)).status).toBe(202);
  });

  it('is turned down by the client', async () => {
    const { id } = await proposed();
    expect((await act('client-1', id, 'withdraw')).body.status).toBe('withdrawn');
  });

  it('is made by nobody but an operator: an officer and an auditor may not', async () => {
    const { accountId } = await proposed();
    for (const who of ['compliance-1', 'auditor-1']) {
      expect((await world.post(who, `/v1/accounts/${accountId}/destinations`, WISH)).status).toBe(403);
    }
    expect((await world.post('operator-1', '/v1/accounts/me/destinations', WISH)).status).toBe(404);
  });
});

describe('a wish taken back while an officer decides', () => {
  it('is rejected with the officer’s no', async () => {
    world = await openWorld();
    await world.openAccount();
    const { id, approvalId } = await inReview();
    expect((await act('client-1', id, 'withdraw')).body).toMatchObject({
      status: 'in_review',
      withdrawnInReview: true,
    });
    expect((await act('client-1', id, 'withdraw')).status).toBe(409);
    await world.decide(approvalId, 'Denied', 'The client no longer wants it.');
    await world.settle();
    expect(await world.destination('client-1', id)).toMatchObject({
      status: 'rejected',
      reason: 'The client no longer wants it.',
    });
  });

  it('and approved all the same stays shut, and is removed with the next decision', async () => {
    world = await openWorld();
    await world.openAccount();
    const { id, approvalId } = await inReview();
    await act('client-1', id, 'withdraw');
    await world.decide(approvalId, 'Approved');
    await world.deliverWebhooks();
    // The event, then what it asked to be read.
    for (let turn = 0; turn < 2; turn += 1) await world.drainOnce();
    expect(await world.destination('client-1', id)).toMatchObject({ status: 'suspended', suspendedBy: 'client' });

    await world.settle();
    expect(await status(id)).toBe('removing');
    expect(await listAtCustody()).toEqual([EXCHANGE]);
    const [removal] = await world.rows("SELECT facts FROM policy_changes WHERE operation = 'remove'");
    await world.decide(JSON.parse(removal.facts).approvalId, 'Approved');
    await world.settle();
    expect(await status(id)).toBe('removed');
    expect(await listAtCustody()).toEqual([]);
    expect(await entries(id)).toEqual([
      'destination.requested',
      'destination.in_review',
      'destination.unwanted',
      'destination.suspended',
      'destination.removing',
      'destination.removed',
    ]);
  });

  it('and wanted again before its removal is handed over is approved, and the removal forgotten', async () => {
    world = await openWorld();
    await world.openAccount();
    const { id, approvalId } = await inReview();
    await act('client-1', id, 'withdraw');
    await world.decide(approvalId, 'Approved');
    await world.deliverWebhooks();
    // The event, then what it asked to be read.
    for (let turn = 0; turn < 2; turn += 1) await world.drainOnce();
    expect((await act('client-1', id, 'resume')).body.status).toBe('approved');
    await world.settle();
    expect(await status(id)).toBe('approved');
    expect(await world.rows("SELECT status FROM policy_changes WHERE operation = 'remove'")).toEqual([
      { status: 'withdrawn' },
    ]);
  });
});

describe('a suspended destination', () => {
  it('gets no money, also when it is suspended between claim and hand-over, and gets it after it was resumed', async () => {
    world = await openWorld();
    const { account, destination, schedule } = await world.readyToTrade();
    await world.tick();
    const reason = 'The exchange asked us to wait.';
    expect((await act('client-1', destination.id, 'suspend', { reason })).body).toMatchObject({
      status: 'suspended',
      reason,
      suspendedBy: 'client',
    });
    await world.settle();
    expect(await world.custodyTransfers(account)).toEqual([]);
    expect((await world.order(schedule.id)).status).toBe('blocked');

    expect((await act('client-1', destination.id, 'resume')).body.status).toBe('approved');
    const next = await world.schedule(
      (await world.get('client-1', '/v1/accounts/me/mandates')).body.items[0].id,
      '1000000',
    );
    await world.advance((Date.parse(next.nextSlot) - Date.parse(world.at)) / 1000 + 1);
    await world.settle();
    expect(await world.custodyTransfers(account)).toHaveLength(1);
  });

  it('by an officer is opened by another officer only', async () => {
    world = await openWorld();
    await world.openAccount();
    const { id } = await world.approved('client-1');
    expect((await act('operator-1', id, 'suspend', { reason: 'x' })).status).toBe(403);
    await act('compliance-1', id, 'suspend', { reason: 'Reported by the bank.' });
    expect((await act('client-1', id, 'resume')).body).toMatchObject({ status: 403, code: 'resume_needs_officer' });
    expect((await act('compliance-1', id, 'resume')).body).toMatchObject({
      status: 403,
      code: 'resume_needs_another_person',
    });
    expect(await status(id)).toBe('suspended');
  });

  it('asks for a reason in words', async () => {
    world = await openWorld();
    await world.openAccount();
    const { id } = await world.approved('client-1');
    for (const body of [{}, { reason: '' }, { reason: 'x', more: 1 }, { reason: 'x'.repeat(201) }]) {
      expect((await act('client-1', id, 'suspend', body)).status).toBe(400);
    }
  });
});

describe('a cooling-off', () => {
  it('lets no money go before its end, and the client take the address back', async () => {
    world = await openWorld({ settings: { COOLING_OFF_HOURS: '24' } });
    const { account, destination, schedule } = await world.readyToTrade();
    expect(destination.usableFrom).toBe(addSeconds(destination.approvedAt, DAY));
    await world.settle();
    expect(await world.custodyTransfers(account)).toEqual([]);
    expect(await world.order(schedule.id)).toMatchObject({ status: 'blocked' });

    expect((await act('client-1', destination.id, 'withdraw')).body.status).toBe('removing');
  });

  it('over, the address is used, and removed instead of withdrawn', async () => {
    world = await openWorld({ settings: { COOLING_OFF_HOURS: '1' } });
    const { account, destination, mandate } = await world.readyToTrade();
    await world.settle();
    await world.advance(3600);
    await world.tick('*/15 * * * *');
    await world.settle();
    const next = await world.schedule(mandate.id, '1000000');
    await world.advance((Date.parse(next.nextSlot) - Date.parse(world.at)) / 1000 + 1);
    await world.settle();
    expect(await world.custodyTransfers(account)).toHaveLength(1);
    expect((await act('client-1', destination.id, 'withdraw')).body.code).toBe('already_usable');
  });
});

describe('an address that nobody used or confirmed for the days of the deployment', () => {
  const quarter = () => world.tick('*/15 * * * *');

  it('is asked about, shut without an answer two weeks later, and opened by the client', async () => {
    world = await openWorld({ settings: { RECERTIFY_DAYS: '90' } });
    await world.openAccount();
    const { id } = await world.approved('client-1');
    await world.advance(89 * DAY);
    await quarter();
    expect((await world.destination('client-1', id)).confirmUntil).toBeNull();
    await world.advance(2 * DAY);
    const before = world.at;
    await quarter();
    const { confirmUntil } = await world.destination('client-1', id);
    // Jobs before it may wait a moment for their turn at custody.
    expect(confirmUntil >= addSeconds(before, 14 * DAY) && confirmUntil <= addSeconds(world.at, 14 * DAY)).toBe(true);
    await quarter();
    expect((await world.destination('client-1', id)).confirmUntil).toBe(confirmUntil);

    await world.advance(14 * DAY);
    await quarter();
    expect(await world.destination('client-1', id)).toMatchObject({ status: 'suspended', suspendedBy: 'system' });
    expect((await act('client-1', id, 'resume')).body).toMatchObject({ status: 'approved', confirmUntil: null });
    await quarter();
    expect((await world.destination('client-1', id)).confirmUntil).toBeNull();
  });

  it('is left in peace once the client has confirmed it', async () => {
    world = await openWorld({ settings: { RECERTIFY_DAYS: '90' } });
    await world.openAccount();
    const { id } = await world.approved('client-1');
    await world.advance(91 * DAY);
    await quarter();
    expect((await act('client-1', id, 'confirm')).body).toMatchObject({ status: 'approved', confirmUntil: null });
    await world.advance(15 * DAY);
    await quarter();
    expect(await world.destination('client-1', id)).toMatchObject({ status: 'approved', confirmUntil: null });
  });

  it('is never asked about where the deployment does not want it', async () => {
    world = await openWorld();
    await world.openAccount();
    const { id } = await world.approved('client-1');
    await world.advance(2000 * DAY);
    await quarter();
    expect((await world.destination('client-1', id)).confirmUntil).toBeNull();
  });
});

describe('asking for a destination', () => {
  it('reads D1 once and writes one batch, without a call to custody', async () => {
    world = await openWorld();
    await world.openAccount();
    let calls = 0;
    for (const name of ['listPolicies', 'findPolicy', 'findWallet', 'replaceApprovedList'] as const) {
      world.perturb(name, (call) => (...args: never[]) => {
        calls += 1;
        return Reflect.apply(call, undefined, args);
      });
    }
    world.trips.length = 0;
    expect((await world.post('client-1', '/v1/accounts/me/destinations', WISH)).status).toBe(202);
    const [read, written, ...later] = world.trips;
    expect(read?.statements.every(({ sql }) => /^select/i.test(sql))).toBe(true);
    expect(written?.statements.map(({ sql }) => /insert into "(\w+)"/.exec(sql)?.[1])).toEqual(
      expect.arrayContaining(['idempotency', 'journal', 'destinations', 'policy_changes', 'outbox']),
    );
    // After the answer: the outbox is read and sent.
    expect(later.every(({ statements }) => statements.every(({ sql }) => sql.includes('"outbox"')))).toBe(true);
    expect(calls).toBe(0);
  });

  it('reads the same few rows however many accounts there are', async () => {
    world = await openWorld();
    await world.openAccount();
    await world.ask('client-1', EXCHANGE);
    // Refused, so that the account's own list stays as it is.
    const rowsRead = async () => {
      world.trips.length = 0;
      expect((await world.post('client-1', '/v1/accounts/me/destinations', WISH)).status).toBe(409);
      return rowsReadBy(env.DB, world.trips[0]?.statements ?? []);
    };
    const others = async (from: number, to: number) => {
      await world.rows(`${many(from, to)} INSERT INTO clients SELECT 'cli_' || value, 1, 'https://other', 'subject-' || value, 'acc_' || value, 'x'
        FROM many`);
      await world.rows(`${many(from, to)} INSERT INTO wallets (id, version, status, facts, created_at, account_id, network, custody_id, address) SELECT 'wal_' || value, 1, 'failed', '{}', 'x', 'acc_' || value, 'EthereumSepolia', NULL,
        '0x' || value FROM many`);
      await world.rows(`${many(from, to)} INSERT INTO destinations (id, version, status, facts, created_at, account_id, network, address, label, kind)
        SELECT 'dst_' || value, 1, 'requested', '{}', 'x', 'acc_' || value, 'EthereumSepolia', '${OTHER_EXCHANGE}', 'x', 'other'
        FROM many`);
    };
    await others(1, 1000);
    const among1000 = await rowsRead();
    await others(1001, MANY);
    expect(await rowsRead()).toBe(among1000);
    expect(among1000).toBeLessThan(20);
  });
});
