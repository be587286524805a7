// The feed of an account: everything that happened in words a client reads, each transfer with what led to it, and nothing
// that a stranger put there to be seen.
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { sdk } from '../support/outside.ts';
import { EXCHANGE, MONDAY, NATIVE, OTHER_EXCHANGE, openWorld, USDC, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

// biome-ignore lint/suspicious/noExplicitAny: answers are examined by the tests that asked for them
type Json = any;
const feed = async (query = '', as = 'client-1'): Promise<Json> =>
  (await world.get(as, `/v1/accounts/me/activity?limit=200${query}`)).body;
const kinds = ({ items }: Json): string[] => items.map(({ kind }: Json) => kind);

describe('the activity of an account', () => {
  it('tells each transfer with its order, the approval and version of the list, and its hash', async () => {
    const { account, destination, mandate, schedule } = await world.readyToTrade();
    await world.tick();
    await world.settle();
    const order = await world.order(schedule.id);
    const change = (await world.rows("SELECT * FROM policy_changes WHERE status = 'applied'"))[0];
    const { changeRequestId, approvalId, appliedAt } = JSON.parse(change.facts);
    const { items } = await feed('&kind=transfer');
    const story = {
      orderId: order.id,
      orderKind: 'trade_funding',
      scheduleId: schedule.id,
      slot: schedule.nextSlot,
      mandateId: mandate.id,
      destinationId: destination.id,
      destination: 'Exchange',
      policy: { policyId: change.policy_id, changeId: change.id, changeRequestId, approvalId, appliedAt },
      transferId: order.transferId,
      status: 'confirmed',
      approvalId: null,
      custodyId: expect.stringMatching(/^xfr-/),
      transactionHash: order.transactionHash,
    };
    expect(change.policy_id).toBe((await world.rows('SELECT policy_id FROM accounts'))[0].policy_id);
    expect(kinds({ items })).toEqual([
      'movement.sent',
      'transfer.confirmed',
      ...(kinds({ items }).includes('transfer.broadcast') ? ['transfer.broadcast'] : []),
      'transfer.submitted',
      'transfer.submitting',
    ]);
    for (const item of items) expect(item, item.kind).toMatchObject({ asset: USDC, story });
    expect((await feed('&kind=order')).items[0]).toMatchObject({ kind: 'order.executed', story });
    expect((await feed('&kind=deposit')).items).toMatchObject([
      { kind: 'movement.received', asset: USDC, details: { units: '10000000' }, story: null },
      { kind: 'movement.received', asset: NATIVE, story: null },
    ]);
    expect((await feed('', 'client-2')).items).toEqual([]);
    expect(JSON.stringify(await feed())).not.toContain('operator-');
    expect(account.status).toBe('active');
  });

  it('names the approval that a transfer itself had to wait for', async () => {
    const { schedule } = await world.readyToTrade();
    const setup = await sdk('setup');
    const group = { name: 'Officers', quorum: 1, approvers: {} };
    await setup.policies.createPolicy({
      body: {
        name: 'Everything is looked at',
        activityKind: 'Wallets:Sign',
        rule: { kind: 'AlwaysTrigger', configuration: {} },
        action: { kind: 'RequestApproval', approvalGroups: [group], autoRejectTimeout: 60 },
      },
    });
    await world.tick();
    await world.settle();
    const waiting = (await feed('&kind=transfer')).items[0];
    expect(waiting).toMatchObject({
      kind: 'transfer.awaiting_approval',
      story: { status: 'awaiting_approval', approvalId: expect.stringMatching(/^ap-/), transactionHash: null },
    });
    await world.decide(waiting.story.approvalId, 'Approved');
    await world.settle();
    expect((await feed('&kind=transfer&status=confirmed')).items).toMatchObject([
      { story: { approvalId: waiting.story.approvalId, status: 'confirmed' } },
    ]);
    expect((await world.order(schedule.id)).status).toBe('executed');
  });

  it('is filtered by topic, status, asset and time, exactly', async () => {
    await world.readyToTrade();
    await world.tick();
    await world.settle();
    await world.must('client-1', '/v1/halts', { level: 'account', accountId: 'me', reason: 'A holiday.' });
    const whole = (await feed()).items;
    const only = (isMeant: (item: Json) => boolean) => whole.filter(isMeant);
    const topics = ['account', 'deposit', 'transfer', 'order', 'schedule', 'destination', 'mandate', 'halt', 'fence'];
    const parts = await Promise.all(topics.map(async (topic) => (await feed(`&kind=${topic}`)).items));
    expect(parts.every((items) => items.length > 0)).toBe(true);
    expect(new Set(parts.flat().map(({ id }) => id))).toEqual(new Set(whole.map(({ id }: Json) => id)));
    expect(parts.flat()).toHaveLength(whole.length);
    expect((await feed('&status=active')).items).toEqual(only(({ kind }) => kind.endsWith('.active')));
    expect((await feed(`&asset=${USDC}`)).items).toEqual(only(({ asset }) => asset === USDC));
    expect((await feed(`&asset=${NATIVE}&kind=deposit`)).items).toHaveLength(1);
    const [from, to] = [whole.at(-4).at, whole[2].at];
    const inside = only(({ at }) => at >= from && at < to);
    expect((await feed(`&from=${from}&to=${to}`)).items).toEqual(inside);
    expect(inside.length).toBeGreaterThan(0);
    expect(inside.length).toBeLessThan(whole.length - 2);
    for (const wrong of ['kind=nothing', 'status=gone', 'includeSpam=1', 'from=yesterday', 'what=1'])
      expect((await world.get('client-1', `/v1/accounts/me/activity?${wrong}`)).status, wrong).toBe(400);
  });

  it('keeps its pages while more happens, whatever their size', async () => {
    await world.readyToTrade();
    const whole = (await feed()).items;
    for (const [limit, more] of [
      [1, ''],
      [3, ''],
      [2, `&asset=${USDC}`],
    ] as const) {
      const seen: string[] = [];
      let cursor = '';
      do {
        const { body } = await world.get('client-1', `/v1/accounts/me/activity?limit=${limit}${more}${cursor}`);
        seen.push(...body.items.map(({ id }: Json) => id));
        cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
        if (seen.length === limit) await world.must('operator-1', '/v1/halts', { level: 'all', reason: 'A drill.' });
      } while (cursor !== '');
      const meant = whole.filter(({ asset }: Json) => more === '' || asset === USDC);
      const later = (await feed()).items.filter(
        ({ kind, subjectId }: Json) => kind === 'halt.active' && !seen.includes(subjectId),
      );
      expect(seen.filter((id) => !later.some((halt: Json) => halt.id === id))).toEqual(meant.map(({ id }: Json) => id));
      expect(new Set(seen).size).toBe(seen.length);
    }
  });

  it('tells of a halt of all since the account was opened, and of no earlier one', async () => {
    const before = await world.must('operator-1', '/v1/halts', { level: 'all', reason: 'A drill.' });
    await world.must('operator-2', `/v1/halts/${before.id}/lift`, { reason: 'Over.' });
    await world.advance(60);
    await world.openAccount();
    await world.must('operator-1', '/v1/halts', { level: 'all', reason: 'Another drill.' });
    expect((await feed('&kind=halt')).items).toMatchObject([{ by: 'desk', details: { reason: 'Another drill.' } }]);
  });

  it('tells of a check of the fence only when it found something else than the one before', async () => {
    const account = await world.openAccount();
    const changes = async () => (await feed('&kind=fence')).items.map(({ details }: Json) => details.result);
    expect(await changes()).toEqual(['intact']);
    await world.advance(7 * 3600);
    await world.tick('*/15 * * * *');
    await world.settle();
    expect(await changes()).toEqual(['intact']);
    const walletId = account.wallets[0].custodyId;
    await (await sdk('admin-1')).wallets.untagWallet({ walletId, body: { tags: [account.tag] } });
    await world.settle();
    expect(await changes()).toEqual(['broken', 'intact']);
  });
});

describe('a deposit that nobody wanted', () => {
  const COUNTERFEIT = '0x1c7d4b196cb0c7b01d743fbc6116a90200000238';
  /** The first and last characters of the exchange, with another middle. */
  const LOOK_ALIKE = `${EXCHANGE.slice(0, 8)}${'0'.repeat(28)}${EXCHANGE.slice(-6)}`;
  const history = (items: readonly object[]) => {
    const whole = items.map((item, index) => ({
      walletId: 'wa',
      direction: 'in',
      transactionHash: `0x${String(index).padStart(64, '7')}`,
      position: '0',
      contract: undefined,
      isVerified: true,
      from: OTHER_EXCHANGE,
      to: OTHER_EXCHANGE,
      units: 5n,
      feeUnits: 0n,
      at: MONDAY,
      ...item,
    }));
    // biome-ignore lint/suspicious/noExplicitAny: entries in the shape of custody's, made by this test
    world.perturb('listMovements', () => async () => ({ items: whole as any, next: undefined }));
  };
  const sync = async () => {
    const [{ id: walletId }] = await world.rows('SELECT id FROM wallets');
    await world.carryOut({
      queue: 'fiducia-events',
      body: { v: 1, id: null, type: 'wallet.sync', walletId },
      attempts: 5,
    });
  };

  it('is hidden and counted, and shown with its doubt to whoever asks', async () => {
    await world.openAccount();
    await world.approved('client-1');
    history([
      { units: 0n },
      { contract: COUNTERFEIT, isVerified: false },
      { contract: COUNTERFEIT, isVerified: undefined, position: '1' },
      { from: LOOK_ALIKE },
      {},
      { contract: USDC.split('/')[1], isVerified: undefined, position: '1' },
      { from: EXCHANGE, position: '2' },
    ]);
    await sync();
    const { items, hidden } = await feed('&kind=deposit');
    expect(hidden).toBe(4);
    expect(kinds({ items })).toEqual(['movement.received', 'movement.received', 'movement.received']);
    const all = await feed('&kind=deposit&includeSpam=true');
    expect(all.hidden).toBe(0);
    expect(all.items).toHaveLength(7);
    const doubts = all.items
      .map(({ details }: Json) => details.doubt ?? null)
      .filter((doubt: unknown) => doubt !== null);
    expect(doubts.sort()).toEqual(['look_alike_sender', 'unverified_token', 'unverified_token', 'zero_value']);
    expect((await feed()).hidden).toBe(4);
    expect((await feed('&kind=transfer')).hidden).toBe(0);
    // What its sender looks like is not learnt from it.
    history([{ from: EXCHANGE, position: '9', units: 77n }]);
    await sync();
    expect((await feed('&kind=deposit')).items[0]).toMatchObject({
      kind: 'movement.received',
      details: { units: '77' },
    });
  });

  it('is counted once over all pages, and a page of nothing else says so', async () => {
    await world.openAccount();
    history(Array.from({ length: 30 }, (_, index) => ({ units: 0n, position: String(index) })));
    await sync();
    await world.fund((await world.get('client-1', '/v1/accounts/me')).body, '5');
    let [counted, cursor, pages] = [0, '', 0];
    do {
      const { body } = await world.get('client-1', `/v1/accounts/me/activity?limit=2${cursor}`);
      counted += body.hidden;
      pages += 1;
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    expect(pages).toBeGreaterThan(1);
    expect(counted).toBe(30);
    expect(await feed('&kind=deposit&status=received')).toEqual({ items: [], nextCursor: null, hidden: 0 });
    expect(await feed('&kind=deposit')).toEqual({ items: [], nextCursor: null, hidden: 30 });
  });
});

describe('a page of activity', () => {
  const ACCOUNT = `acc_${'0'.repeat(26)}`;
  const ENTRIES_PER_KIND = 300;
  const KINDS = ['transfer.confirmed', 'order.executed', 'movement.received', 'movement.doubted', 'fence.checked'];
  const fill = (from: number, count: number, accountId: string) =>
    env.DB.prepare(
      `INSERT INTO journal (id, subject_id, version, kind, account_id, actor, actor_role, request_id, at, data, hash)
       WITH RECURSIVE n(n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1 + ?2 - 1)
       SELECT 'jnl_' || printf('%026d', n), 's' || n, 1, json_extract(?3, '$[' || CAST(n % 5 AS INTEGER) || ']'), ?4, 'a', 'system', 'r',
       printf('2031-%019d.000Z', n), '{"after":{}}', ?5 FROM n`,
    )
      .bind(from, count, JSON.stringify(KINDS), accountId, '0'.repeat(64))
      .run();

  it('takes three statements and reads the same rows of 1,500 entries and of many more, alone and among accounts', async () => {
    const account = await world.openAccount();
    await env.DB.prepare('UPDATE clients SET account_id = ?').bind(ACCOUNT).run();
    const page = async (query: string) => {
      world.trips.length = 0;
      const { status, body } = await world.get('client-1', `/v1/accounts/me/activity?limit=20${query}`);
      expect(status).toBe(200);
      expect(body.items).toHaveLength(20);
      const statements = world.trips.flatMap((trip) => trip.statements);
      expect(statements.length).toBeLessThanOrEqual(3);
      let rows = 0;
      for (const { sql, params } of statements) {
        const { meta } = await env.DB.prepare(sql)
          .bind(...params)
          .all();
        rows += meta.rows_read;
      }
      return { rows, cursor: body.nextCursor };
    };
    const readings = async () => {
      const first = await page('');
      const second = await page(`&cursor=${first.cursor}`);
      const rows = [first.rows, second.rows];
      for (const query of ['&kind=transfer', '&includeSpam=true', '&kind=deposit']) rows.push((await page(query)).rows);
      return rows;
    };
    await fill(1, KINDS.length * ENTRIES_PER_KIND, ACCOUNT);
    const few = await readings();
    await fill(100_000, 10 * KINDS.length * ENTRIES_PER_KIND, ACCOUNT);
    await fill(200_000, KINDS.length * ENTRIES_PER_KIND, account.id);
    // To find the end of a range, the next row is looked at, where there is one.
    for (const [index, rows] of (await readings()).entries()) expect(rows - (few[index] ?? 0)).toBeLessThanOrEqual(1);
    expect(Math.max(...few)).toBeLessThan(600);
  });
});
