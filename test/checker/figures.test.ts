// Transactions with call data through custody itself, and what people read of the checker's work: decisions, figures, files,
// and what a tightened rule would have changed.
import { exports } from 'cloudflare:workers';
import { encodeFunctionData, parseAbi } from 'viem';
import { expect, it } from 'vitest';
import { forChecker } from '../../scripts/setup/organization.ts';
import { beginRotation, bothSecrets, finishRotation } from '../../scripts/setup/rotate-webhook.ts';
import { backTest, showDifferences } from '../../src/checker/back-test.ts';
import { rules } from '../../src/checker/rules.ts';
import { addSeconds } from '../../src/domain/time.ts';
import { control, sdk, wantedForTests } from '../support/outside.ts';
import { EXCHANGE, OTHER_EXCHANGE, USDC } from '../support/world.ts';
import { type Bench, CHECKER, companyWallet, type Json, LIMITS, openBench } from './bench.ts';

const USDC_CONTRACT = USDC.split('/')[1] ?? '';
const MULTICALL = '0xca11bde05977b3631167028862be2a173976ca11';
const abi = parseAbi([
  'function transfer(address to, uint256 amount)',
  'function transferFrom(address from, address to, uint256 amount)',
  'function approve(address spender, uint256 amount)',
  'function aggregate3((address target, bool allowFailure, bytes callData)[] calls)',
]);
const hex = (address: string) => address as `0x${string}`; // constants of these tests
const send = (to: string, units: bigint) =>
  encodeFunctionData({ abi, functionName: 'transfer', args: [hex(to), units] });

async function callsReviewed(bench: Bench): Promise<Json> {
  const wallet = await companyWallet();
  const listed = { network: 'EthereumSepolia', wallets: [wallet.id], withoutOrder: true };
  bench.open({
    terms: {
      contracts: [
        { ...listed, address: USDC_CONTRACT, kind: 'erc20', functions: ['transfer', 'transferFrom'] },
        { ...listed, address: MULTICALL, kind: 'multicall3', functions: ['aggregate3'] },
      ] as Json,
    },
  });
  const pull = (to: string) => ({
    target: hex(USDC_CONTRACT),
    allowFailure: false,
    callData: encodeFunctionData({
      abi,
      functionName: 'transferFrom',
      args: [hex(wallet.address), hex(to), 1000n],
    }),
  });
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    [USDC_CONTRACT, send(EXCHANGE, 1000n), undefined],
    [OTHER_EXCHANGE, send(EXCHANGE, 1000n), 'contract_not_allowed'],
    [
      USDC_CONTRACT,
      encodeFunctionData({ abi, functionName: 'approve', args: [hex(EXCHANGE), 1n] }),
      'function_unknown',
    ],
    [USDC_CONTRACT, send(OTHER_EXCHANGE, 1000n), 'not_on_live_list'],
    [USDC_CONTRACT, send(EXCHANGE, 5_000_001n), 'payment_above_limit'],
    [
      MULTICALL,
      encodeFunctionData({ abi, functionName: 'aggregate3', args: [[pull(EXCHANGE), pull(OTHER_EXCHANGE)]] }),
      'not_on_live_list',
    ],
  ];
  const admin = await sdk('admin-1');
  for (const [to, data, code] of cases) {
    const sent = await admin.wallets.broadcastTransaction({
      walletId: wallet.id,
      body: { kind: 'Eip1559', to, data } as Json,
    });
    await bench.takeEvents();
    const [row] = await bench.rows(`SELECT * FROM reviews WHERE id = '${sent.approvalId}'`);
    const findings = JSON.parse(row.findings).map((finding: Json) => finding.code);
    expect([row.verdict, findings]).toEqual(code === undefined ? ['approve', []] : ['abstain', [code, ...rest(code)]]);
    const decided = await bench.approval(sent.approvalId ?? '');
    expect(decided.status).toBe(code === undefined ? 'Approved' : 'Pending');
  }
  return cases.length;
}
/** What cannot be read names no origin either. */
const rest = (code: string): readonly string[] =>
  code === 'contract_not_allowed' || code === 'function_unknown' ? ['origin_unknown'] : [];

it('calls of listed contracts and functions to listed recipients are approved, all others left to people; a back-test names what would change', async () => {
  const bench = await openBench({ policies: false });
  const many = await callsReviewed(bench);
  const span = `from=${addSeconds(bench.world.at, -3600)}&to=${addSeconds(bench.world.at, 3600)}`;

  const first = await bench.read('auditor-1', `/v1/checker/decisions?${span}&limit=4`);
  const second = await bench.read('auditor-1', `/v1/checker/decisions?${span}&limit=4&cursor=${first.nextCursor}`);
  expect([first.items.length, second.items.length, second.nextCursor]).toEqual([4, many - 4, null]);
  expect(new Set([...first.items, ...second.items].map(({ approvalId }) => approvalId)).size).toBe(many);

  const metrics = await bench.read('compliance-1', `/v1/checker/metrics?${span}`);
  expect(metrics).toMatchObject({
    reviews: many,
    forPeopleAlone: 0,
    byVerdict: { approve: 1, abstain: many - 1, deny: 0 },
    byMode: { live: many, shadow: 0 },
    escalationRate: (many - 1) / many,
    abstained: { open: many - 1 },
  });
  expect(metrics.byRule).toContainEqual({ rule: 'live_list', no: 2, peopleApproved: 0, peopleDenied: 0 });

  const csv = await bench.request('admin-1', 'GET', `/v1/checker/decisions?${span}&format=csv`);
  expect(csv.headers.get('content-type')).toContain('text/csv');
  expect(csv.text.split('\r\n')[0]).toContain('"approvalId","kind","walletId"');
  expect(csv.text.trim().split('\r\n')).toHaveLength(many + 1);
  expect((await bench.request('admin-1', 'GET', `/v1/checker/metrics?${span}&format=csv`)).text).toContain(
    '"rule.live_list.no","2"',
  );

  const { items, terms } = await bench.read('auditor-1', `/v1/checker/facts?${span}`);
  expect(backTest(items, terms).differences).toEqual([]);
  const tighter = { ...terms, limits: { [USDC]: { ...LIMITS[USDC], perPayment: '999' } } };
  const replayed = backTest(items, tighter);
  expect(replayed.differences).toMatchObject([
    { was: 'approve', would: 'abstain', added: [{ rule: 'payment_limit', code: 'payment_above_limit' }], gone: [] },
  ]);
  expect(showDifferences(replayed)).toMatch(
    /^6 decisions replayed, 1 would differ\.\n.*approve -> abstain\n {2}\+ payment_limit: /,
  );
  const wider = rules.filter(({ name }) => name !== 'live_list');
  expect(backTest(items, terms, wider).differences.map(({ was, would }) => `${was} ${would}`)).toEqual([
    'abstain approve',
    'abstain approve',
  ]);
});

it('a record keeps of a list of 5,000 payees what the request names and which list it was, and other terms can be asked of it', async () => {
  const PAYEES = 5000;
  const payees = Array.from({ length: PAYEES }, (_, n) => `0x${(n + 1).toString(16).padStart(40, '5')}`);
  const bench = await openBench({ policies: false });
  const wallet = await companyWallet([EXCHANGE.toUpperCase().replace('0X', '0x'), ...payees]);
  const listed = { network: 'EthereumSepolia', wallets: [wallet.id], withoutOrder: true };
  const terms: Json = {
    contracts: [{ ...listed, address: USDC_CONTRACT, kind: 'erc20', functions: ['transferFrom'] }],
  };
  bench.open({ terms });
  const admin = await sdk('admin-1');
  const pay = async (data: string) => {
    const body: Json = { kind: 'Eip1559', to: USDC_CONTRACT, data };
    const { approvalId } = await admin.wallets.broadcastTransaction({ walletId: wallet.id, body });
    await bench.takeEvents();
    const [{ facts, findings }] = await bench.rows(`SELECT facts, findings FROM reviews WHERE id = '${approvalId}'`);
    expect(new TextEncoder().encode(facts).byteLength).toBeLessThan(4000);
    return { facts: JSON.parse(facts), codes: JSON.parse(findings).map(({ code }: Json) => code) };
  };
  for (const to of [EXCHANGE, payees[PAYEES - 1] ?? '']) {
    const { facts, codes } = await pay(send(to, 1000n));
    expect(codes).toEqual(['function_not_allowed', 'origin_unknown']);
    const lists = facts.policies.flatMap(({ addresses, list }: Json) =>
      addresses === null ? [] : { addresses, list },
    );
    const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(lists).toEqual([{ addresses: [to], list: { addresses: PAYEES + 1, sha256 } }]);
  }
  expect((await pay(send(OTHER_EXCHANGE, 1000n))).facts.policies).toMatchObject([{ addresses: [] }]);

  // Had the terms allowed `transfer` then, those on the list would have passed.
  const span = `from=${addSeconds(bench.world.at, -3600)}&to=${addSeconds(bench.world.at, 3600)}`;
  const recorded = await bench.read('auditor-1', `/v1/checker/facts?${span}`);
  const wider = { ...recorded.terms, contracts: [{ ...recorded.terms.contracts[0], functions: ['transfer'] }] };
  const bearing = rules.filter(({ name }) => ['readable', 'live_list'].includes(name));
  const { replayed, differences } = backTest(recorded.items, wider, bearing);
  expect([replayed, ...differences.map(({ was, would }) => `${was} ${would}`)]).toEqual([
    3,
    'abstain approve',
    'abstain approve',
  ]);
});

it('only officers, auditors and admins read, only admins load the list, and a wrong question is refused', async () => {
  const bench = await openBench({ policies: false });
  const span = 'from=2031-03-01T00:00:00.000Z&to=2031-03-09T00:00:00.000Z';
  const statusOf = async (as: string | undefined, path: string, method = 'GET', body?: object | string) =>
    (await bench.request(as, method, path, body)).status;
  for (const path of ['decisions', 'metrics', 'facts']) {
    expect(await statusOf(undefined, `/v1/checker/${path}?${span}`)).toBe(401);
    expect(await statusOf('client-1', `/v1/checker/${path}?${span}`)).toBe(403);
    expect(await statusOf('operator-1', `/v1/checker/${path}?${span}`)).toBe(403);
    expect(await statusOf('auditor-1', `/v1/checker/${path}?${span}`)).toBe(200);
    expect(await statusOf('auditor-1', `/v1/checker/${path}?${span}&surprise=1`)).toBe(400);
    expect(await statusOf('auditor-1', `/v1/checker/${path}?from=yesterday`)).toBe(400);
    const many = path === 'facts' ? 50 : 500;
    for (const [limit, status] of path === 'metrics' ? [] : [[many, 200] as const, [many + 1, 400] as const])
      expect(await statusOf('auditor-1', `/v1/checker/${path}?${span}&limit=${limit}`)).toBe(status);
  }
  const list = { edition: 'x', addresses: ['no address'] };
  expect(await statusOf('auditor-1', '/v1/checker/sanctions', 'PUT', list)).toBe(403);
  expect(await statusOf('admin-1', '/v1/checker/sanctions', 'PUT', list)).toBe(400);
  expect(await statusOf('admin-1', '/v1/checker/sanctions', 'PUT', '{')).toBe(400);
  expect(await statusOf(undefined, '/webhooks/dfns', 'POST', '{}')).toBe(401);
  expect(await statusOf(undefined, '/elsewhere')).toBe(404);
  const halfOpen = bench.open({ settings: { DFNS_AUTH_TOKEN: 'nothing', TERMS: '{"limits": 1}' } });
  expect(halfOpen.settings).toMatchObject({ refusal: { settings: ['TERMS', 'DFNS_AUTH_TOKEN'] } });
  expect(await statusOf('auditor-1', `/v1/checker/metrics?${span}`)).toBe(503);
  expect((await bench.request(undefined, 'GET', '/readyz')).text).toContain('DFNS_AUTH_TOKEN');
});

it('the product answers the checker through its entry point, and knows only what is its own', async () => {
  const bench = await openBench();
  const { account } = await bench.orderWaits();
  const [{ external_id: externalId, custody_id: custodyId }] = await bench.world.rows('SELECT * FROM transfers');
  const facts = await exports.CheckerFacts.findTransferFacts({ externalId, custodyId: 'xfr-other' });
  const { units, address } = facts?.payments[0] ?? {};
  expect([facts?.origin.kind, facts?.custodyId, units, address]).toEqual(['order', custodyId, 3000000n, EXCHANGE]);
  expect(await exports.CheckerFacts.findTransferFacts({ externalId: null, custodyId })).toMatchObject({ externalId });
  expect(await exports.CheckerFacts.findTransferFacts({ externalId: 'f1-none', custodyId: 'xfr-none' })).toBeNull();
  const stops = async (walletId: string) => (await exports.CheckerFacts.stops(walletId)).map(({ code }) => code);
  const [wallet] = account.wallets;
  expect(await stops(wallet.custodyId)).toEqual([]);
  await bench.world.must('operator-1', '/v1/halts', { level: 'account', accountId: account.id, reason: 'one' });
  expect([await stops(wallet.custodyId), await stops('wa-other')]).toEqual([['halted'], []]);
  await bench.world.must('operator-1', '/v1/halts', { level: 'all', reason: 'all' });
  expect([await stops(wallet.custodyId), await stops('wa-other')]).toEqual([['halted', 'halted'], ['halted']]);
});

it('a webhook secret is rotated with both in force, and a sender that floods the door is answered no more', async () => {
  const bench = await openBench();
  const setup = await sdk('setup');
  const webhooks = async () =>
    (await setup.webhooks.listWebhooks({})).items.filter(({ url }) => url.startsWith(CHECKER));
  const [first] = await webhooks();
  const wanted = forChecker(await wantedForTests(), `${CHECKER}/webhooks/dfns`);
  const old = { id: first?.id ?? '', url: wanted.webhookUrl, secret: bench.secret };
  const rotation = await beginRotation(setup, wanted, old);
  bench.open({ settings: { DFNS_WEBHOOK_SECRETS: bothSecrets(rotation) } });
  await setup.webhooks.updateWebhook({ webhookId: rotation.fresh.id, body: { status: 'Enabled' } });
  await bench.orderWaits();
  await bench.takeEvents();
  const signedBy = () =>
    bench.logged.flatMap(({ event, fields }) => (event === 'webhook.received' ? fields?.secret : []));
  expect([...new Set(signedBy())].sort()).toEqual([0, 1]);
  expect(await bench.review()).toMatchObject({ verdict: 'approve' });

  expect(await finishRotation(setup, rotation, async () => true)).toBe(true);
  expect((await webhooks()).map(({ id }) => id)).toEqual([rotation.fresh.id]);
  const { items } = await control('GET', '/deliveries');
  const of = (id: string): Json =>
    items.find(({ webhookId, url }: Json) => webhookId === id && url.startsWith(CHECKER));
  bench.open({ settings: { DFNS_WEBHOOK_SECRETS: rotation.fresh.secret } });
  const deliver = async ({ body, headers }: Json, from = '192.0.2.1') =>
    (await bench.request(undefined, 'POST', '/webhooks/dfns', body, { ...headers, 'cf-connecting-ip': from })).status;
  expect([await deliver(of(old.id)), await deliver(of(rotation.fresh.id))]).toEqual([401, 200]);

  const DOOR_RATE = { limit: async ({ key }: { key: string }) => ({ success: key !== '198.51.100.9' }) };
  bench.open({ settings: { DFNS_WEBHOOK_SECRETS: rotation.fresh.secret, DOOR_RATE } });
  const event = of(rotation.fresh.id);
  expect([await deliver(event, '198.51.100.9'), await deliver(event)]).toEqual([429, 200]);
  const flood = await bench.request(undefined, 'GET', '/healthz', undefined, { 'cf-connecting-ip': '198.51.100.9' });
  expect(flood.status).toBe(429);
});
