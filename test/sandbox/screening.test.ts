import { beforeEach, describe, expect, it } from 'vitest';
import {
  advance,
  approvalBy,
  control,
  deliveries,
  ETHER,
  EXCHANGE,
  eventOf,
  failure,
  fund,
  hold,
  type Json,
  openWallet,
  reset,
  STRANGER,
  sdk,
  USDC,
  userIds,
} from './support.ts';

beforeEach(reset);

const skip = { skipUnscreenableTransaction: false, skipUnsupportedNetwork: false, skipUnsupportedAsset: false };
const alerts = { alertLevel: 'HIGH' as const, categoryIds: [3] };
const exposures = { direct: { categoryIds: [3] } };
const chainalysis = {
  kind: 'ChainalysisTransactionPrescreening' as const,
  configuration: {
    ...{ alerts, exposures, addresses: { categoryIds: [1] }, userIdTemplate: 'dfns:{wallet.id}' },
    fallbackBehaviours: { ...skip, skipChainalysisFailure: true },
  },
};
const globalLedger = {
  kind: 'GlobalLedgerTransactionPrescreening',
  configuration: { riskScoreThreshold: 50, fallbackBehaviours: { ...skip, skipGlobalLedgerFailure: false } },
} as const;
const travelRule = {
  kind: 'TravelRuleTransactionPrescreening',
  configuration: { vendor: 'Notabene', autoTriggerTimeoutSeconds: 60 },
} as const;

const script = (...items: Json[]) => control('PUT', '/screening', { items });

async function screened(rule: typeof chainalysis | typeof globalLedger | typeof travelRule, action: Json) {
  const setup = await sdk('setup');
  const { maker, wallet } = await openWallet();
  await fund(wallet.id);
  await setup.policies.createPolicy({
    body: { name: 'screening', activityKind: 'Wallets:Sign', rule, action: action as { kind: 'Block' } },
  });
  const send = (to: string, amount = '1') =>
    maker.wallets.transferAsset({ walletId: wallet.id, body: { kind: 'Native', to, amount } });
  return { send, wallet, maker };
}

describe('a prescreening policy', () => {
  it.each([chainalysis, globalLedger, travelRule])('of kind $kind follows the scripted verdict', async (rule) => {
    const { send } = await screened(rule, { kind: 'Block' });
    expect((await send(EXCHANGE)).status).toBe('Pending');
    await script({ rule: rule.kind, address: EXCHANGE, verdict: 'flagged' });
    expect(await send(EXCHANGE)).toMatchObject({ status: 'Rejected', reason: expect.stringContaining('alert') });
    expect((await send(STRANGER)).status).toBe('Pending');
    await script();
    expect((await send(EXCHANGE)).status).toBe('Pending');
  });

  it('leaves the verdict meant for another vendor alone', async () => {
    const { send } = await screened(chainalysis, { kind: 'Block' });
    await script({ rule: 'GlobalLedgerTransactionPrescreening', verdict: 'flagged' });
    expect((await send(EXCHANGE)).status).toBe('Pending');
  });

  it('triggers on what was not screened, except where its fallback skips that', async () => {
    const { send } = await screened(chainalysis, { kind: 'Block' });
    for (const verdict of ['unscreenable', 'unsupported_network', 'unsupported_asset']) {
      await script({ verdict });
      expect((await send(EXCHANGE)).status).toBe('Rejected');
    }
    await script({ verdict: 'vendor_failure' });
    expect((await send(EXCHANGE)).status).toBe('Pending');
  });

  it('compares a risk score with its threshold, which triggers too', async () => {
    const { send } = await screened(globalLedger, { kind: 'Block' });
    await script({ verdict: 'flagged', riskScore: 49 });
    expect((await send(EXCHANGE)).status).toBe('Pending');
    await script({ verdict: 'cleared', riskScore: 50 });
    expect((await send(EXCHANGE)).status).toBe('Rejected');
  });

  it('with no action only tells the webhooks', async () => {
    const { send, wallet, maker } = await screened(chainalysis, { kind: 'NoAction' });
    await hold();
    await script({ verdict: 'flagged' });
    const { id } = await send(EXCHANGE);
    await advance(10);
    const transfer = await maker.wallets.getTransfer({ walletId: wallet.id, transferId: id });
    expect(transfer).toMatchObject({ status: 'Confirmed' });
    expect(transfer).not.toHaveProperty('approvalId');
    const triggered = (await deliveries()).map(eventOf).filter(({ kind }) => kind === 'policy.triggered');
    expect(triggered).toHaveLength(1);
  });

  it('asks for an approval where it says so', async () => {
    const officers = await userIds('compliance-1');
    const { send } = await screened(travelRule, approvalBy(officers));
    await script({ verdict: 'flagged' });
    expect(await send(EXCHANGE)).toMatchObject({ status: 'Pending', approvalId: expect.stringMatching(/^ap-/) });
  });
});

describe('a policy on incoming money', () => {
  it('reports a flagged sender and holds nothing back', async () => {
    const setup = await sdk('setup');
    const { addresses: _addresses, ...configuration } = chainalysis.configuration;
    await setup.policies.createPolicy({
      body: {
        name: 'incoming',
        activityKind: 'Wallets:IncomingTransaction',
        rule: { kind: 'ChainalysisTransactionScreening', configuration },
        action: { kind: 'NoAction' },
        filters: { walletTags: { hasAny: ['client:1'] } },
      },
    });
    const { wallet } = await openWallet();
    await hold();
    await script({ address: STRANGER, verdict: 'flagged' });
    await control('POST', `/wallets/${wallet.id}/fund`, { kind: 'Native', amount: '7', from: EXCHANGE });
    await control('POST', `/wallets/${wallet.id}/fund`, { kind: 'Native', amount: '7', from: STRANGER });
    const triggered = (await deliveries()).map(eventOf).filter(({ kind }) => kind === 'policy.triggered');
    expect(triggered).toMatchObject([
      {
        data: {
          policyEvaluation: {
            triggered: true,
            activity: { kind: 'Wallets:IncomingTransaction', blockchainEvent: { from: STRANGER, walletId: wallet.id } },
          },
        },
      },
    ]);
  });
});

describe('a nominal limit', () => {
  const nominal = (...assets: { network: string; tid: string; limit: string }[]) => ({
    name: 'nominal',
    activityKind: 'Wallets:Sign' as const,
    // Newer than the types of this SDK, which sends what it is given.
    rule: { kind: 'TransactionAmountLimitNominal', configuration: { assets } } as unknown as {
      kind: 'AlwaysTrigger';
    },
    action: { kind: 'Block' as const },
  });

  it('triggers above its own number of minimum units, asset by asset', async () => {
    const setup = await sdk('setup');
    const { maker, wallet } = await openWallet();
    const network = 'EthereumSepolia';
    await setup.policies.createPolicy({
      body: nominal(
        { network, tid: 'native:eth', limit: ETHER },
        { network: 'Base', tid: `erc20:${USDC}`, limit: '0' },
      ),
    });
    const native = (amount: string) =>
      maker.wallets.transferAsset({ walletId: wallet.id, body: { kind: 'Native', to: EXCHANGE, amount } });
    expect((await native(ETHER)).status).toBe('Pending');
    expect(await native(`${ETHER.slice(0, -1)}1`)).toMatchObject({
      status: 'Rejected',
      reason: expect.stringContaining('native:eth'),
    });
    const usdc = { kind: 'Erc20', contract: USDC, to: EXCHANGE, amount: '1000000000' } as const;
    expect((await maker.wallets.transferAsset({ walletId: wallet.id, body: usdc })).status).toBe('Pending');
  });

  it('is refused with a limit that is not digits, without assets and with 101 of them', async () => {
    const setup = await sdk('setup');
    const asset = { network: 'Base', tid: 'native:eth', limit: '1' };
    const hundred = Array.from({ length: 100 }, () => asset);
    await setup.policies.createPolicy({ body: nominal(...hundred) });
    for (const assets of [[{ ...asset, limit: '1.5' }], [], [...hundred, asset]]) {
      expect((await failure(setup.policies.createPolicy({ body: nominal(...assets) }))).httpStatus).toBe(400);
    }
  });
});
