// What a preview says is what happens: the same facts, the same judgement, and nothing written.
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { archivePolicy, letAPersonDecideTransfers, makePolicy } from '../support/custody.ts';
import { control } from '../support/outside.ts';
import { NATIVE, OTHER_EXCHANGE, openWorld, USDC, type World } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

const COIN = 1_000_000_000_000_000_000n;
const CONTRACT = USDC.split('/')[1];

let world: World;
let account: Json;
let destination: Json;
let mandate: Json;
async function ready(tokens: string): Promise<void> {
  world = await openWorld();
  account = await world.openAccount();
  await world.fund(account, (10n * COIN).toString());
  await world.fund(account, tokens, CONTRACT);
  destination = await world.approved('client-1');
  mandate = await world.grant('client-1', destination.id, [
    { asset: USDC, perOrder: '400000000000', perDay: '900000000000' },
    { asset: NATIVE, perOrder: (2n * COIN).toString(), perDay: (5n * COIN).toString() },
  ]);
}

const funding = (units: string, more: object = {}) => ({
  kind: 'trade_funding',
  mandateId: mandate.id,
  asset: USDC,
  amount: { units },
  ...more,
});
const withdrawal = (units: string) => ({
  kind: 'withdrawal',
  destinationId: destination.id,
  asset: USDC,
  amount: { units },
});
const preview = async (as: string, wish: object): Promise<Json> => {
  const { status, body } = await world.post(as, '/v1/orders/preview', wish);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
};
const policyOf = (view: Json, rule: string): Json => view.custody.policies.find((policy: Json) => policy.rule === rule);

describe('a preview', () => {
  beforeEach(() => ready('10000000'));

  it('shows mandate, destination, limits with their use, balance, fee, fence and policies', async () => {
    await world.must('operator-1', '/v1/orders', funding('3000000'));
    await world.settle();
    expect(await preview('operator-1', funding('2000000'))).toMatchObject({
      outcome: 'sent',
      rule: null,
      amount: { units: '2000000', formatted: '2 USDC' },
      mandate: { id: mandate.id, status: 'active' },
      destination: { id: destination.id, status: 'approved' },
      limits: [
        { holder: 'mandate', perOrder: '400000000000', perDay: '900000000000', usedToday: '3000000' },
        { holder: 'account', perDay: null, usedToday: '3000000' },
      ],
      balance: { held: '7000000', inFlight: '0', feeReserve: '0', available: '7000000' },
      fee: { asset: NATIVE, units: '5000000000000000' },
      halt: null,
      fence: { result: 'intact' },
      custody: {
        outcome: 'passes',
        policies: [
          { rule: 'approved_list', triggers: 'no', action: 'block' },
          { rule: 'amount', triggers: 'no', says: 'About 2 of at most 250,000 USD in one transfer.' },
          { rule: 'velocity', triggers: 'no', says: 'About 5 of at most 1,000,000 USD within 1 day.' },
          { rule: 'count', triggers: 'no', says: 'Transfer 2 of at most 100 within 1 day.' },
        ],
      },
    });
  });

  it('writes no record, sends no message and asks custody for nothing but readings', async () => {
    const contents = () =>
      world.rows(
        'SELECT (SELECT count(*) FROM journal) entries, (SELECT count(*) FROM outbox) messages, (SELECT count(*) FROM orders) orders, (SELECT count(*) FROM idempotency) answers',
      );
    const before = await contents();
    await preview('operator-1', funding('2000000'));
    await preview('client-1', withdrawal('2000000'));
    expect(await contents()).toEqual(before);
    expect(await world.custodyTransfers(account)).toEqual([]);
  });

  it('names every rule that says no, and goes by the first', async () => {
    await world.must('client-1', '/v1/halts', { level: 'account', accountId: 'me', reason: 'I want to look first.' });
    const view = await preview('operator-1', funding('400000000001'));
    expect(view).toMatchObject({ outcome: 'refused', rule: 'halted', halt: { reason: 'I want to look first.' } });
    const failing = view.checks.filter(({ passes }: Json) => !passes).map(({ rule }: Json) => rule);
    expect(failing).toEqual(['halted', 'order_limit_exceeded', 'balance_too_low']);
  });

  it('says that a wallet without the coin cannot pay the fee', async () => {
    const units = (10n * COIN - 5_000_000_000_000_000n).toString();
    await world.must('client-1', '/v1/orders', { ...withdrawal(units), asset: NATIVE });
    await world.settle();
    expect(await preview('client-1', withdrawal('1'))).toMatchObject({ outcome: 'refused', rule: 'no_fee_coin' });
  });

  it('says that a share waits, and why', async () => {
    await world.must('client-1', '/v1/orders', withdrawal('4000000'));
    await world.drainOnce();
    const share = { ...withdrawal('0'), amount: { shareBasisPoints: 5_000 } };
    expect(await preview('client-1', share)).toMatchObject({ outcome: 'waits', rule: 'wallet_busy', amount: null });
  });

  it('counts no transfer that custody has refused', async () => {
    const refusal = { method: 'POST', path: '/wallets/*/transfers', kind: 'status', status: 400, times: 1 };
    await control('POST', '/faults', refusal);
    const order = await world.must('operator-1', '/v1/orders', funding('2000000'));
    await world.settle();
    expect((await world.get('operator-1', `/v1/orders/${order.id}`)).body.status).toBe('failed');
    const view = await preview('operator-1', funding('2000000'));
    expect(policyOf(view, 'count')).toMatchObject({ says: 'Transfer 1 of at most 100 within 1 day.' });
  });

  it('says unknown where custody has no price', async () => {
    await control('PUT', '/settings', { testnetQuotes: false });
    const view = await preview('operator-1', funding('2000000'));
    expect(view).toMatchObject({ outcome: 'sent', custody: { outcome: 'unknown' } });
    expect(policyOf(view, 'amount')).toMatchObject({ triggers: 'unknown' });
    expect(policyOf(view, 'approved_list')).toMatchObject({ triggers: 'no' });
  });

  it('reckons with a policy that somebody made for all wallets, as custody does', async () => {
    const policyId = await makePolicy();
    const view = await preview('operator-1', funding('2000000'));
    expect(view).toMatchObject({ outcome: 'sent', custody: { outcome: 'blocked', gaps: [] } });
    expect(policyOf(view, 'always')).toMatchObject({ policyId, triggers: 'yes', action: 'block' });
    const order = await world.must('operator-1', '/v1/orders', funding('2000000'));
    await world.settle();
    expect((await world.get('operator-1', `/v1/orders/${order.id}`)).body.status).toBe('rejected');
  });

  it.each([
    ['of this wallet', () => ({ walletId: { in: ['wa-other', account.wallets[0].custodyId] } }), 'blocked'],
    ['of another wallet', () => ({ walletId: { in: ['wa-other'] } }), 'passes'],
    ['of a tag that it has', () => ({ walletTags: { hasAny: ['vip', 'limits:standard'] } }), 'blocked'],
    ['of tags of which it has none', () => ({ walletTags: { hasAny: ['vip', 'client:other'] } }), 'passes'],
    ['of another client', () => ({ walletTags: { hasAll: ['limits:standard', 'client:other'] } }), 'passes'],
  ])('reckons with the filters of such a policy: one %s', async (_, filters, outcome) => {
    await makePolicy({ filters: filters() });
    const { custody } = await preview('operator-1', funding('2000000'));
    expect(custody).toMatchObject({ outcome, gaps: [] });
    expect(custody.policies.filter(({ rule }: Json) => rule === 'always')).toHaveLength(outcome === 'blocked' ? 1 : 0);
  });

  it('says unknown, and of which policy, where its rule cannot be judged here', async () => {
    const assets = [{ network: 'EthereumSepolia', tid: `erc20:${CONTRACT}`, limit: '1' }];
    await makePolicy({ rule: { kind: 'TransactionAmountLimitNominal', configuration: { assets } } });
    const view = await preview('operator-1', funding('2000000'));
    expect(view.custody).toMatchObject({ outcome: 'unknown', gaps: [] });
    expect(policyOf(view, 'other')).toMatchObject({
      triggers: 'unknown',
      says: 'Rules of the kind TransactionAmountLimitNominal are not known here.',
    });
  });

  it('turns the pages of the policies up to the tenth; what may stand beyond is unknown, a block before it is not', async () => {
    let calls = 0;
    const all = await world.app.custody.listPolicies();
    const pagesOf = (count: number) => async (after: string | undefined) => {
      calls += 1;
      const page = Number(after ?? 1);
      return { items: page === Math.min(count, 10) ? all : [], next: page < count ? String(page + 1) : undefined };
    };
    world.perturb('pageOfPolicies', () => pagesOf(10));
    const { custody } = await preview('operator-1', funding('2000000'));
    expect(custody).toMatchObject({ outcome: 'passes', policiesRead: all.length, gaps: [] });
    expect(calls).toBe(10);
    world.perturb('pageOfPolicies', () => pagesOf(11));
    const gaps = [`Custody has more policies than the ${all.length} that are read for a preview.`];
    expect((await preview('operator-1', funding('2000000'))).custody).toMatchObject({ outcome: 'unknown', gaps });
    expect(calls).toBe(20);
    const far = { ...withdrawal('2000000'), destinationId: (await world.ask('client-1', OTHER_EXCHANGE)).id };
    expect((await preview('client-1', far)).custody).toMatchObject({ outcome: 'blocked', gaps });
  });

  it('is not for another client, the auditor, or the other side', async () => {
    expect((await world.post('client-2', '/v1/orders/preview', withdrawal('1'))).status).toBe(404);
    expect((await world.post('auditor-1', '/v1/orders/preview', funding('1'))).status).toBe(403);
    expect((await world.post('operator-1', '/v1/orders/preview', withdrawal('1'))).status).toBe(403);
    expect((await world.post('client-1', '/v1/orders/preview', funding('1'))).status).toBe(403);
  });
});

/** Repeatable: the same seed makes the same orders. Numbers of a linear congruence modulo 2^32, of which the upper bits count. */
function chance(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = (state * 1_664_525n + 1_013_904_223n) % 2n ** 32n;
    return Number(state >> 8n) / 2 ** 24;
  };
}

describe('the run', () => {
  const CASES = Number(env.PREVIEW_CASES);
  const SEED = 7;

  beforeEach(() => ready('3000000000000'));

  const next = chance(SEED);
  const pick = <T>(of: readonly T[]): T => {
    const picked = of[Math.floor(next() * of.length)];
    if (picked === undefined) throw new RangeError('nothing to pick from');
    return picked;
  };

  /** Around the limits of custody (250,000 USD, 1,000,000 a day), of the mandate (400,000 and 900,000), and of the balance. */
  function randomWish(): { as: string; wish: Json } {
    const asset = pick([USDC, USDC, NATIVE]);
    const one = asset === USDC ? 1_000_000n : COIN / 1_000n;
    const whole = BigInt(pick([1, 40, 900, 3_000, 60_000, 249_000, 300_000, 401_000, 2_000_000]));
    const amount = pick([
      { units: (whole * one).toString() },
      { units: (whole * one).toString() },
      { shareBasisPoints: pick([1, 100, 1_000, 10_000]) },
    ]);
    const kind = pick(['trade_funding', 'trade_funding', 'withdrawal', 'sweep']);
    if (kind === 'withdrawal') return { as: 'client-1', wish: { kind, destinationId: destination.id, asset, amount } };
    const wish =
      kind === 'sweep'
        ? {
            kind,
            mandateId: mandate.id,
            asset,
            floor: pick(['0', (2_900_000n * one).toString(), (9_000n * one).toString()]),
          }
        : { kind, mandateId: mandate.id, asset, amount };
    return { as: 'operator-1', wish };
  }

  /** Somebody at custody may make policies too: for all wallets, or for such as are none of the account's. */
  const foreign = [
    () => makePolicy(),
    () => makePolicy({ filters: { walletId: { in: [account.wallets[0].custodyId] } } }),
    () => makePolicy({ filters: { walletTags: { hasAll: ['limits:standard', 'client:other'] } } }),
    () => makePolicy({ rule: { kind: 'TransactionAmountLimit', configuration: { limit: 50_000, currency: 'USD' } } }),
    letAPersonDecideTransfers,
    letAPersonDecideTransfers,
  ];

  /** What stands around the order changes too: halts, suspensions, policies made by hand at custody, a new day. */
  async function disturb(): Promise<() => Promise<void>> {
    const nothing = async () => {};
    switch (pick(['none', 'none', 'policy', 'policy', 'policy', 'halt', 'suspend', 'fund', 'day'])) {
      case 'halt': {
        const level = pick([
          { level: 'all' },
          { level: 'account', accountId: account.id },
          { level: 'mandate', mandateId: mandate.id },
        ]);
        const { id } = await world.must('operator-1', '/v1/halts', { ...level, reason: 'An exercise.' });
        return () => world.must('admin-1', `/v1/halts/${id}/lift`, { reason: 'It is over.' });
      }
      case 'suspend': {
        await world.must('client-1', `/v1/destinations/${destination.id}/suspend`, { reason: 'An exercise.' });
        return () => world.must('client-1', `/v1/destinations/${destination.id}/resume`);
      }
      case 'policy': {
        const id = await pick(foreign)();
        return () => archivePolicy(id);
      }
      case 'fund':
        await world.fund(account, '700000000000', CONTRACT);
        await world.fund(account, COIN.toString());
        return nothing;
      case 'day':
        await world.advance(86_400);
        await world.tick('*/15 * * * *');
        await world.settle();
        return nothing;
      default:
        return nothing;
    }
  }

  const expected = ({ outcome, rule, amount, custody }: Json): Json => {
    if (outcome !== 'sent') return { status: 'blocked', rule };
    const units = amount.units;
    return { status: ends[custody.outcome] ?? 'executed', rule: null, units };
  };
  const ends: Json = {
    blocked: 'rejected',
    waits_for_approval: 'awaiting_approval',
    unknown: expect.stringMatching(/^(executed|awaiting_approval|rejected)$/),
  };

  /** A no at the door and a no at the hand-over are the same no. */
  async function run(as: string, wish: object): Promise<Json> {
    const { status, body } = await world.post(as, '/v1/orders', wish);
    if (status !== 202) return { status: 'blocked', rule: body.code };
    await world.settle();
    const { body: done } = await world.get('operator-1', `/v1/orders/${body.id}`);
    if (done.status === 'blocked') return { status: done.status, rule: done.rule };
    const transfer = (await world.get('operator-1', `/v1/transfers/${done.transferId}`)).body;
    const isWaiting = transfer.status === 'awaiting_approval';
    if (isWaiting) {
      await world.decide(transfer.approvalId, 'Approved');
      await world.settle();
    }
    return { status: isWaiting ? transfer.status : done.status, rule: done.rule, units: done.amount?.units };
  }

  it(`agrees with the preview in ${CASES} random orders`, { timeout: CASES * 5_000 }, async () => {
    const seen = new Map<string, number>();
    for (let number = 0; number < CASES; number += 1) {
      const restore = await disturb();
      const { as, wish } = randomWish();
      const said = await preview(as, wish);
      const about = `case ${number} of seed ${SEED}: ${JSON.stringify(wish)} ${JSON.stringify(said)}`;
      expect(await run(as, wish), about).toEqual(expected(said));
      const end = said.rule ?? said.custody.outcome;
      seen.set(end, (seen.get(end) ?? 0) + 1);
      await restore();
    }
    // The orders were random enough to meet several ends.
    expect(seen.size, JSON.stringify([...seen])).toBeGreaterThan(5);
    for (const end of ['passes', 'blocked', 'waits_for_approval', 'halted'])
      expect(seen.get(end) ?? 0, `${end} of ${JSON.stringify([...seen])}`).toBeGreaterThan(0);
  });
});
