// Each rule on both sides of its boundary, over facts as they are recorded.
import { encodeFunctionData, parseAbi, serializeTransaction } from 'viem';
import * as chains from 'viem/chains';
import { describe, expect, it } from 'vitest';
import type { KnownFacts, PolicyFacts, ReviewFacts } from '../../src/checker/facts.ts';
import { unfitBecause } from '../../src/checker/fitness.ts';
import { requestFacts } from '../../src/checker/gather.ts';
import { judge } from '../../src/checker/rules.ts';
import { Terms } from '../../src/checker/terms.ts';
import type { CustodyPolicy } from '../../src/domain/custody.ts';
import { networkFacts, networks } from '../../src/domain/network.ts';

const USDC_CONTRACT = '0x1c7d4b196cb0c7b01d743fbc6116a902379c7238';
const USDC = `EthereumSepolia/${USDC_CONTRACT}`;
const NATIVE = 'EthereumSepolia/native';
const TO = '0x52908400098527886e0f7030069857d2e4169ee7';
const STRANGER = '0x8617e340b3d01fa5f11f306f4090fd50e238070d';
const MULTICALL = '0xca11bde05977b3631167028862be2a173976ca11';
const DISPERSE = '0xd152f549545093347a162dce210e7293f1452150';
const WALLET = '0x27b1fdb04752bbc536007a920d24acb045561c26';

const limit = { perPayment: '1000', perDayOfWallet: '5000', perDay: '9000' };
const contract = (address: string, kind: string, functions: string[], more: object = {}) => ({
  ...{ network: 'EthereumSepolia', address, kind, functions, wallets: ['wa-1'], withoutOrder: true },
  ...more,
});
const TERMS = {
  limits: { [USDC]: limit, [NATIVE]: limit },
  contracts: [
    contract(USDC_CONTRACT, 'erc20', ['transfer', 'transferFrom']),
    contract(MULTICALL, 'multicall3', ['aggregate3', 'aggregate3Value']),
    contract(DISPERSE, 'disperse', ['disperseToken', 'disperseEther']),
  ],
};

const asking: PolicyFacts = {
  ...{ id: 'plc-1', name: 'Review', rule: 'always', isTriggered: true, walletTags: [], addresses: null },
  groups: [{ name: 'Reviewers', approvers: ['us-checker', 'us-officer'], allowsServiceAccounts: true }],
};
const list: PolicyFacts = {
  ...{ id: 'plc-2', name: 'List', rule: 'approved_list', isTriggered: false, walletTags: ['client:cli_1'] },
  ...{ addresses: [TO], groups: [] },
};
const known: KnownFacts = {
  ...{ origin: { kind: 'order', id: 'ord_1' }, externalId: 'f1-a', custodyWalletId: 'wa-1', custodyId: 'xfr-1' },
  ...{ status: 'awaiting_approval', stops: [] },
  payments: [{ asset: USDC, units: '1000', address: TO, isApproved: true }],
};
const transfer: ReviewFacts = {
  approval: { id: 'ap-1', status: 'pending', activity: 'Wallets:Sign', initiatorId: 'us-maker' },
  voter: { userId: 'us-checker', unfit: [] },
  request: {
    ...{ kind: 'transfer', id: 'xfr-1', externalId: 'f1-a' },
    body: { kind: 'Erc20', contract: USDC_CONTRACT, to: TO, amount: '1000', externalId: 'f1-a' },
  },
  wallet: { id: 'wa-1', network: 'EthereumSepolia', address: WALLET, tags: ['client:cli_1'] },
  policies: [asking, list],
  known,
  stops: [],
  sanctions: { edition: 'one', screened: [TO, STRANGER, USDC_CONTRACT], hits: [] },
  sums: [
    { asset: USDC, ofWallet: '4000', ofAll: '8000' },
    { asset: NATIVE, ofWallet: '0', ofAll: '0' },
  ],
};

const codesOf = (facts: ReviewFacts, terms: object = {}) =>
  judge(facts, Terms.parse({ ...TERMS, ...terms })).findings.map(({ code }) => code);
const requested = (body: object, more: object = {}): ReviewFacts => ({
  ...transfer,
  request: { kind: 'transfer', id: 'xfr-1', externalId: 'f1-a', body, ...more },
});
const paying = (units: string, asset = USDC): ReviewFacts => ({
  ...requested({ kind: 'Erc20', contract: USDC_CONTRACT, to: TO, amount: units }),
  known: { ...known, payments: [{ asset, units, address: TO, isApproved: true }] },
});

describe('a transfer', () => {
  it('that is exactly what was asked, at every limit, is approved', () => {
    expect(judge(transfer, Terms.parse(TERMS))).toEqual({ verdict: 'approve', findings: [] });
  });

  const differing: readonly (readonly [string, ReviewFacts, string])[] = [
    ['of an activity for people', { ...transfer, approval: { ...transfer.approval, activity: 'Policies:Modify' } }, 'activity_not_reviewed'],
    ['that is a bare signature', { ...transfer, request: { kind: 'signature', id: 'sig-1', externalId: null, body: {} } }, 'kind_unknown'],
    ['that was decided', { ...transfer, approval: { ...transfer.approval, status: 'approved' } }, 'not_pending'],
    ['that the checker made', { ...transfer, approval: { ...transfer.approval, initiatorId: 'us-checker' } }, 'own_request'],
    ['before an unfit checker', { ...transfer, voter: { userId: 'us-checker', unfit: ['it may create'] } }, 'checker_unfit'],
    ['whose groups do not name it', { ...transfer, policies: [{ ...asking, groups: [] }, list] }, 'not_in_group'],
    ['whose group is for people', { ...transfer, policies: [{ ...asking, groups: asking.groups.map((group) => ({ ...group, allowsServiceAccounts: false })) }, list] }, 'votes_not_allowed'],
    ['that the approved list asks about', { ...transfer, policies: [asking, { ...list, isTriggered: true }] }, 'approved_list_triggered'],
    ['of an unknown kind', requested({ kind: 'Erc721', contract: USDC_CONTRACT, to: TO, tokenId: '1' }), 'body_unknown'],
    ['with a member nobody knows', requested({ kind: 'Native', to: TO, amount: '1', surprise: true }), 'body_unknown'],
    ['on another chain', { ...transfer, wallet: { ...transfer.wallet, network: 'Bitcoin' } as ReviewFacts['wallet'] }, 'network_unknown'],
    ['nobody asked for', { ...transfer, known: null }, 'origin_unknown'],
    ['under another external id', { ...transfer, known: { ...known, externalId: 'f1-b' } }, 'origin_differs'],
    ['of another wallet', { ...transfer, known: { ...known, custodyWalletId: 'wa-2' } }, 'wallet_differs'],
    ['whose order has another request', { ...transfer, known: { ...known, custodyId: 'xfr-2' } }, 'origin_differs'],
    ['whose order ended', { ...transfer, known: { ...known, status: 'canceled' } }, 'origin_not_under_way'],
    ['of a changed amount', { ...transfer, known: { ...known, payments: [{ asset: USDC, units: '999', address: TO, isApproved: true }] } }, 'payment_differs'],
    ['to another recipient', { ...transfer, known: { ...known, payments: [{ asset: USDC, units: '1000', address: STRANGER, isApproved: true }] } }, 'payment_differs'],
    ['to a suspended destination', { ...transfer, known: { ...known, payments: [{ asset: USDC, units: '1000', address: TO, isApproved: false }] } }, 'destination_not_approved'],
    ['without a live list', { ...transfer, policies: [asking] }, 'no_live_list'],
    ['whose list is of another client', { ...transfer, policies: [asking, { ...list, walletTags: ['client:cli_2'] }] }, 'no_live_list'],
    ['that the live list does not hold', { ...transfer, policies: [asking, { ...list, addresses: [STRANGER] }] }, 'not_on_live_list'],
    ['under a stop', { ...transfer, stops: [{ code: 'halted', says: 'all' }] }, 'stopped'],
    ['whose order is stopped', { ...transfer, known: { ...known, stops: [{ code: 'halted', says: 'mandate' }] } }, 'stopped'],
    ['without a sanctions list', { ...transfer, sanctions: { edition: null, screened: [], hits: [] } }, 'sanctions_not_loaded'],
    ['to a sanctioned recipient', { ...transfer, sanctions: { edition: 'one', screened: [TO], hits: [TO] } }, 'sanctioned'],
    ['that was not screened', { ...transfer, sanctions: { edition: 'one', screened: [], hits: [] } }, 'not_screened'],
    ['one above the limit', { ...paying('1001'), sums: [{ asset: USDC, ofWallet: '0', ofAll: '0' }] }, 'payment_above_limit'],
    ['one above the day of the wallet', { ...transfer, sums: [{ asset: USDC, ofWallet: '4001', ofAll: '8000' }] }, 'day_above_limit'],
    ['one above the day', { ...transfer, sums: [{ asset: USDC, ofWallet: '4000', ofAll: '8001' }] }, 'day_above_limit'],
    ['of nothing', paying('0'), 'pays_nothing'],
  ]; // biome-ignore format: one line for each case
  it.each(differing)('%s is left to people', (_, facts, code) => {
    const { verdict, findings } = judge(facts, Terms.parse(TERMS));
    expect([verdict, findings.map((finding) => finding.code)]).toEqual(['abstain', [code]]);
  });

  it('of a payout is judged as one of an order, and its unknown recipient is named as that', () => {
    const payout = { ...known, origin: { kind: 'payout', id: 'pay_1' } };
    expect(codesOf({ ...transfer, known: payout })).toEqual([]);
    const payments = known.payments.map((payment) => ({ ...payment, isApproved: false }));
    expect(codesOf({ ...transfer, known: { ...payout, payments } })).toEqual(['recipient_unknown']);
    const call = { kind: 'Eip1559', to: TO, value: '1000' };
    const asCall = { ...requested(call, { kind: 'transaction' }), known: payout };
    expect(codesOf(asCall)).toContain('origin_differs');
  });

  it('whose body is too long to be kept is left to people, as long as one may be', () => {
    const asked = (data: string) => ({
      ...transfer.request,
      walletId: 'wa-1',
      kind: 'transaction',
      id: 'tx-1',
      externalId: undefined,
      body: { kind: 'Evm', to: USDC_CONTRACT, data },
    });
    const longest = requestFacts(asked(`0x${'0'.repeat(262_000)}`));
    expect(codesOf({ ...transfer, request: longest })[0]).toBe('function_unknown');
    const tooLong = requestFacts(asked(`0x${'0'.repeat(300_000)}`));
    expect(JSON.stringify(tooLong).length).toBeLessThan(200);
    expect(codesOf({ ...transfer, request: tooLong })[0]).toBe('body_unknown');
  });

  it('of an asset without a limit is left to people', () => {
    expect(codesOf(transfer, { limits: {} })).toContain('asset_without_limit');
  });

  it('to a sanctioned recipient is denied only where that is switched on and the checker may vote', () => {
    const sanctioned = { ...transfer, sanctions: { edition: 'one', screened: [TO], hits: [TO] } };
    const on = Terms.parse({ ...TERMS, deniesSanctioned: true });
    expect(judge(sanctioned, on).verdict).toBe('deny');
    expect(judge(sanctioned, Terms.parse(TERMS)).verdict).toBe('abstain');
    const asList = { ...sanctioned, policies: [asking, { ...list, isTriggered: true }] };
    expect(judge(asList, on).verdict).toBe('abstain');
  });
});

const abi = parseAbi([
  'function transfer(address to, uint256 amount)',
  'function transferFrom(address from, address to, uint256 amount)',
  'function approve(address spender, uint256 amount)',
  'function disperseToken(address token, address[] recipients, uint256[] values)',
  'function disperseTokenSimple(address token, address[] recipients, uint256[] values)',
  'function disperseEther(address[] recipients, uint256[] values)',
  'function aggregate3((address target, bool allowFailure, bytes callData)[] calls)',
  'function aggregate3Value((address target, bool allowFailure, uint256 value, bytes callData)[] calls)',
  'function upgradeTo(address implementation)',
]);
type Hex = `0x${string}`;
type Serializable = Parameters<typeof serializeTransaction>[0]; // the test names the kind
const hex = (text: string) => text as Hex; // constants of this file
// biome-ignore lint/suspicious/noExplicitAny: the ABI above types each call, the table below mixes them
const encode = (functionName: any, args: any): Hex => encodeFunctionData({ abi, functionName, args });
const send = (to: string, units: bigint) => encode('transfer', [to, units]);
const pull = (to: string, units: bigint, from = WALLET) => encode('transferFrom', [from, to, units]);
const inMulticall = (...calls: readonly (readonly [string, Hex])[]) =>
  encode('aggregate3', [calls.map(([target, callData]) => ({ target, allowFailure: false, callData }))]);

/** A company wallet with a list of payees of its own; the product knows nothing of its calls. */
const calling = (to: string, data: string, value = '0'): ReviewFacts => ({
  ...transfer,
  request: { kind: 'transaction', id: 'tx-1', externalId: null, body: { kind: 'Eip1559', to, data, value } },
  wallet: { id: 'wa-1', network: 'EthereumSepolia', address: WALLET, tags: ['company'] },
  policies: [{ ...asking }, { ...list, walletTags: ['company'] }],
  known: null,
  sums: transfer.sums.map(({ asset }) => ({ asset, ofWallet: '0', ofAll: '0' })),
});

describe('a transaction with call data', () => {
  it.each([
    ['a transfer of a token', calling(USDC_CONTRACT, send(TO, 1000n))],
    [
      'written as JSON',
      {
        ...calling(USDC_CONTRACT, '0x'),
        request: {
          kind: 'transaction',
          id: 'tx-1',
          externalId: null,
          body: { kind: 'Transaction', transaction: { to: USDC_CONTRACT, data: send(TO, 10n) } },
        },
      },
    ],
    [
      'written as bytes',
      {
        ...calling(USDC_CONTRACT, '0x'),
        request: {
          kind: 'transaction',
          id: 'tx-1',
          externalId: null,
          body: {
            kind: 'Transaction',
            transaction: serializeTransaction({
              type: 'eip1559',
              chainId: 11155111,
              to: hex(USDC_CONTRACT),
              data: send(TO, 10n),
            }),
          },
        },
      },
    ],
    ['a spread', calling(DISPERSE, encode('disperseToken', [USDC_CONTRACT, [TO, TO], [400n, 600n]]))],
    [
      'a spread of coin',
      calling(
        DISPERSE,
        encode('disperseEther', [
          [TO, TO],
          [4n, 6n],
        ]),
        '10',
      ),
    ],
    [
      'several calls in one',
      calling(MULTICALL, inMulticall([USDC_CONTRACT, pull(TO, 1n)], [USDC_CONTRACT, pull(TO, 2n)])),
    ],
  ])('that is %s to listed recipients is approved', (_, facts) => {
    expect(codesOf(facts)).toEqual([]);
  });

  it.each([
    ['of a contract that is not listed', calling(STRANGER, send(TO, 1n)), 'contract_not_allowed'],
    [
      'from a wallet that may not call it',
      {
        ...calling(USDC_CONTRACT, send(TO, 1n)),
        wallet: { id: 'wa-2', network: 'EthereumSepolia', address: WALLET, tags: [] },
      },
      'contract_not_allowed',
    ],
    ['of an unknown function', calling(USDC_CONTRACT, '0xdeadbeef'), 'function_unknown'],
    ['of a function that is known elsewhere', calling(USDC_CONTRACT, encode('approve', [TO, 1n])), 'function_unknown'],
    ['cut short', calling(USDC_CONTRACT, send(TO, 1n).slice(0, 60)), 'data_undecodable'],
    ['that is no hexadecimal', calling(USDC_CONTRACT, '0xa9059cbbzz'), 'data_undecodable'],
    ['without a whole selector', calling(USDC_CONTRACT, '0xa905'), 'function_unknown'],
    [
      'that makes a contract',
      {
        ...calling(USDC_CONTRACT, '0x'),
        request: { kind: 'transaction', id: 'tx-1', externalId: null, body: { kind: 'Evm', data: '0x6000' } },
      },
      'body_unknown',
    ],
    [
      'of a kind nobody reads',
      {
        ...calling(USDC_CONTRACT, '0x'),
        request: { kind: 'transaction', id: 'tx-1', externalId: null, body: { kind: 'UserOperations' } },
      },
      'body_unknown',
    ],
    [
      'that hands code over',
      {
        ...calling(USDC_CONTRACT, '0x'),
        request: {
          kind: 'transaction',
          id: 'tx-1',
          externalId: null,
          body: { kind: 'Eip1559', to: USDC_CONTRACT, data: send(TO, 1n), authorizationList: [] },
        },
      },
      'body_unknown',
    ],
    ['that replaces code', calling(STRANGER, encode('upgradeTo', [TO])), 'proxy_call'],
    ['that replaces the code of a listed one', calling(USDC_CONTRACT, encode('upgradeTo', [TO])), 'proxy_call'],
    ['with coin for a token', calling(USDC_CONTRACT, send(TO, 1n), '5'), 'value_with_call'],
    ['of tokens of somebody else', calling(USDC_CONTRACT, pull(TO, 1n, STRANGER)), 'other_money'],
    ['to a recipient outside the list', calling(USDC_CONTRACT, send(STRANGER, 1n)), 'not_on_live_list'],
    ['above the limit', calling(USDC_CONTRACT, send(TO, 1001n)), 'payment_above_limit'],
    [
      'with a recipient hidden in a spread',
      calling(DISPERSE, encode('disperseToken', [USDC_CONTRACT, [TO, STRANGER], [1n, 1n]])),
      'not_on_live_list',
    ],
    [
      'with fewer amounts than recipients',
      calling(DISPERSE, encode('disperseToken', [USDC_CONTRACT, [TO, TO], [1n]])),
      'data_undecodable',
    ],
    [
      'that spreads a token nobody listed',
      calling(DISPERSE, encode('disperseToken', [STRANGER, [TO], [1n]])),
      'contract_not_allowed',
    ],
    [
      'that spreads less coin than it sends',
      calling(DISPERSE, encode('disperseEther', [[TO], [1n]]), '2'),
      'value_differs',
    ],
    [
      'with a recipient hidden in a multicall',
      calling(MULTICALL, inMulticall([USDC_CONTRACT, pull(TO, 1n)], [USDC_CONTRACT, pull(STRANGER, 1n)])),
      'not_on_live_list',
    ],
    [
      'with a contract hidden in a multicall',
      calling(MULTICALL, inMulticall([USDC_CONTRACT, pull(TO, 1n)], [STRANGER, pull(TO, 1n)])),
      'contract_not_allowed',
    ],
    [
      'with money of the multicall itself',
      calling(MULTICALL, inMulticall([USDC_CONTRACT, send(TO, 1n)])),
      'other_money',
    ],
    [
      'with coin hidden in a multicall',
      calling(
        MULTICALL,
        encode('aggregate3Value', [[{ target: STRANGER, allowFailure: false, value: 3n, callData: '0x' }]]),
        '3',
      ),
      'not_on_live_list',
    ],
    [
      'with more coin than the multicall carries',
      calling(MULTICALL, inMulticall([USDC_CONTRACT, pull(TO, 1n)]), '3'),
      'value_differs',
    ],
    [
      'with too many in one',
      calling(DISPERSE, encode('disperseToken', [USDC_CONTRACT, Array(201).fill(TO), Array(201).fill(1n)])),
      'too_many_payments',
    ],
    [
      'with calls deep in one another',
      calling(
        MULTICALL,
        inMulticall([
          MULTICALL,
          inMulticall([MULTICALL, inMulticall([MULTICALL, inMulticall([USDC_CONTRACT, pull(TO, 1n)])])]),
        ]),
      ),
      'too_deep',
    ],
    ['of plain coin that nobody asked for', calling(TO, '0x', '5'), 'origin_unknown'],
    [
      'under the external id of an order',
      { ...calling(USDC_CONTRACT, send(TO, 1000n)), known: { ...known, custodyId: null } },
      'origin_differs',
    ],
  ])('%s is left to people', (_, facts, code) => {
    expect(codesOf(facts)[0]).toBe(code);
  });

  it('in which the payments add up beyond the day is left to people', () => {
    const spread = encode('disperseToken', [USDC_CONTRACT, Array(6).fill(TO), Array(6).fill(1000n)]);
    expect(codesOf(calling(DISPERSE, spread))).toEqual(['day_above_limit']);
  });

  it('of a contract whose code can be replaced, or that needs an order, is left to people', () => {
    const facts = calling(USDC_CONTRACT, send(TO, 1n));
    const as = (more: object) => ({ contracts: [contract(USDC_CONTRACT, 'erc20', ['transfer'], more)] });
    expect(codesOf(facts, as({}))).toEqual([]);
    expect(codesOf(facts, as({ isProxy: true }))[0]).toBe('proxy_contract');
    expect(codesOf(facts, as({ withoutOrder: false }))).toEqual(['origin_unknown']);
    expect(codesOf(facts, as({ functions: ['transferFrom'] }))[0]).toBe('function_not_allowed');
  });

  it('for another chain than that of the wallet, or whose bytes name none, is left to people', () => {
    const call = { to: hex(USDC_CONTRACT), data: send(TO, 10n) };
    const codeOf = (body: object) =>
      codesOf({
        ...calling(USDC_CONTRACT, '0x'),
        request: { kind: 'transaction', id: 'tx-1', externalId: null, body },
      })[0];
    const bytes = (of: object) => ({
      kind: 'Transaction',
      transaction: serializeTransaction({ ...call, ...of } as Serializable),
    });
    for (const kind of ['Evm', 'Eip1559']) {
      for (const chainId of [11155111, '11155111', '0xaa36a7', undefined, null])
        expect(codeOf({ kind, ...call, chainId }), `${chainId}`).toBeUndefined();
      for (const chainId of [1, '1', '0x1']) expect(codeOf({ kind, ...call, chainId })).toBe('chain_differs');
      for (const chainId of ['one', {}, -1]) expect(codeOf({ kind, ...call, chainId })).toBe('body_unknown');
    }
    expect(codeOf({ kind: 'Transaction', transaction: { ...call, chainId: 1 } })).toBe('chain_differs');
    for (const type of ['legacy', 'eip2930', 'eip1559']) {
      expect(codeOf(bytes({ type, chainId: 11155111 })), type).toBeUndefined();
      expect(codeOf(bytes({ type, chainId: 1 })), type).toBe('chain_differs');
    }
    expect(codeOf(bytes({ type: 'legacy' }))).toBe('chain_unnamed');
  });

  it('is judged by the chain ids that viem has for the networks', () => {
    const named: Readonly<Record<string, { readonly id: number }>> = {
      ...{ Ethereum: chains.mainnet, EthereumSepolia: chains.sepolia, EthereumHoodi: chains.hoodi },
      ...{
        Polygon: chains.polygon,
        PolygonAmoy: chains.polygonAmoy,
        Base: chains.base,
        BaseSepolia: chains.baseSepolia,
      },
      ...{ ArbitrumOne: chains.arbitrum, ArbitrumSepolia: chains.arbitrumSepolia },
      ...{ Optimism: chains.optimism, OptimismSepolia: chains.optimismSepolia },
    };
    for (const network of networks) expect(networkFacts[network].chainId, network).toBe(named[network]?.id ?? null);
  });

  it('of which a spread or a call within names a token is held against the terms of that token, as if the wallet called it', () => {
    const spread = (name: 'disperseToken' | 'disperseTokenSimple') =>
      calling(DISPERSE, encode(name, [USDC_CONTRACT, [TO], [1n]]));
    const within = calling(MULTICALL, inMulticall([USDC_CONTRACT, pull(TO, 1n)]));
    const both = ['transfer', 'transferFrom'];
    const codeOf = (facts: ReviewFacts, functions: string[], more: object = {}) => {
      const [, ...others] = TERMS.contracts;
      const spreads = contract(DISPERSE, 'disperse', ['disperseToken', 'disperseTokenSimple']);
      return codesOf(facts, { contracts: [contract(USDC_CONTRACT, 'erc20', functions, more), spreads, ...others] })[0];
    };
    for (const facts of [spread('disperseToken'), spread('disperseTokenSimple'), within]) {
      expect(codeOf(facts, both)).toBeUndefined();
      expect(codeOf(facts, both, { isProxy: true })).toBe('proxy_contract');
      expect(codeOf(facts, both, { wallets: ['wa-2'] })).toBe('contract_not_allowed');
      expect(codeOf(facts, both, { network: 'Ethereum' })).toBe('contract_not_allowed');
      expect(codeOf(facts, ['transfer'])).toBe('function_not_allowed');
      expect(codeOf(facts, both, { withoutOrder: false })).toBe('origin_unknown');
    }
    expect(codeOf(spread('disperseToken'), ['transferFrom'])).toBe('function_not_allowed');
    expect(codeOf(spread('disperseTokenSimple'), ['transferFrom'])).toBeUndefined();
  });
});

describe('an account', () => {
  const policy = (of: Partial<CustodyPolicy>, approvers: readonly string[]): CustodyPolicy => ({
    ...{ id: 'plc-1', name: 'One', isActive: true, activity: 'Wallets:Sign', rule: { kind: 'always' } },
    ...{ walletTagsAll: [], hasOtherFilters: false, pendingChange: undefined },
    action: {
      kind: 'approval',
      autoRejectMinutes: 60,
      groups: [{ quorum: 1, approvers, initiatorCanApprove: false, serviceAccountsCanApprove: true }],
    },
    ...of,
  });
  const reads = ['Policies:Evaluations:Vote', 'Policies:Read', 'Wallets:Read', 'Auth:ServiceAccounts:Read'];
  const listed = { kind: 'approved_list', addresses: [] } as const;

  it.each([
    [['Wallets:Create'], [], 1],
    [['Wallets:Transfers:Read'], [], 1],
    [['Policies:Update', 'Permissions:Assign'], [], 1],
    [[], [policy({ activity: 'Policies:Modify' }, ['us-checker'])], 1],
    [[], [policy({ activity: 'Permissions:Assign' }, ['us-checker'])], 1],
    [[], [policy({ rule: listed, walletTagsAll: ['client:cli_1'] }, ['us-checker'])], 1],
    [[], [policy({ rule: listed }, ['us-checker'])], 1],
    [[], [policy({ rule: listed, walletTagsAll: ['company'] }, ['us-checker'])], 0],
    [[], [policy({}, ['us-checker']), policy({ activity: 'Policies:Modify' }, ['us-officer'])], 0],
    [['Policies:Approvals:Approve', 'Permissions:Read'], [], 0],
  ])('with %j and its groups is unfit for as many reasons as there are', (more, policies, many) => {
    expect(unfitBecause('us-checker', [...reads, ...more], policies)).toHaveLength(many);
  });
});
