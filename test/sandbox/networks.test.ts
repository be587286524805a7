import { base58, bech32 } from '@scure/base';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  advance,
  control,
  ETHER,
  EXCHANGE,
  failure,
  fund,
  reset,
  STRANGER,
  sdk,
  settings,
  USDC,
  whitelist,
} from './support.ts';

beforeEach(reset);

const MINT = '4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU';
const SOLANA = 'HN7cABqLq46Es1jh92dQQisAq662SmxELLLsHHe4YWrH';
const BITCOIN = 'tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx';
const TAPROOT = 'tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c';

const open = async (network: 'Bitcoin' | 'BitcoinSignet' | 'EthereumSepolia' | 'SolanaDevnet') => {
  const maker = await sdk('maker');
  const wallet = await maker.wallets.createWallet({ body: { network, tags: ['client:1'] } });
  return { maker, wallet, walletId: wallet.id };
};
type Body = Parameters<Awaited<ReturnType<typeof open>>['maker']['wallets']['transferAsset']>[0]['body'];

describe('a wallet', () => {
  it('has an address of its network, from a key of its curve', async () => {
    const { wallet: main } = await open('Bitcoin');
    const { wallet: test } = await open('BitcoinSignet');
    const { wallet: solana } = await open('SolanaDevnet');
    expect(main.address).toMatch(/^bc1q/);
    const { prefix, words } = bech32.decode(test.address as `tb1${string}`);
    expect([prefix, words[0], bech32.fromWords(words.slice(1)).length]).toEqual(['tb', 0, 20]);
    expect(solana.signingKey).toMatchObject({ scheme: 'EdDSA', curve: 'ed25519' });
    const address = Buffer.from(base58.decode(solana.address ?? '')).toString('hex');
    expect(address).toBe(solana.signingKey.publicKey);
  });

  it('is refused with a key scheme that its network does not have here', async () => {
    const maker = await sdk('maker');
    for (const body of [
      { network: 'Bitcoin', signingKey: { scheme: 'Schnorr' } },
      { network: 'Solana', signingKey: { curve: 'secp256k1' } },
    ] as const) {
      expect((await failure(maker.wallets.createWallet({ body }))).httpStatus).toBe(400);
    }
  });

  it('is renamed and loses its labels by an update, and holds no NFTs', async () => {
    const { walletId } = await open('EthereumSepolia');
    const admin = await sdk('admin-1');
    const named = await admin.wallets.updateWallet({ walletId, body: { name: 'till', externalId: 'mine' } });
    expect(named).toMatchObject({ name: 'till', externalId: 'mine' });
    expect(await admin.wallets.getWalletNfts({ walletId })).toEqual({ walletId, network: 'EthereumSepolia', nfts: [] });
  });

  it('shows what its assets are worth, unless its network has no prices', async () => {
    const { maker, walletId } = await open('EthereumSepolia');
    await fund(walletId, ETHER);
    await control('POST', `/wallets/${walletId}/fund`, { kind: 'Erc20', contract: USDC, amount: '5000000' });
    const worth = () => maker.wallets.getWalletAssets({ walletId, query: { netWorth: 'true' } });
    expect(await worth()).toMatchObject({
      assets: [{ quotes: { USD: 2500 } }, { quotes: { USD: 1 } }],
      netWorth: { USD: 2505 },
    });
    await settings({ testnetQuotes: false });
    expect((await worth()).netWorth).toEqual({ USD: 0 });
  });

  it('has a history that is filtered by direction, kind and contract', async () => {
    const { maker, walletId } = await open('EthereumSepolia');
    await fund(walletId);
    for (const contract of [USDC, STRANGER]) {
      await control('POST', `/wallets/${walletId}/fund`, { kind: 'Erc20', contract, amount: '5' });
    }
    await maker.wallets.transferAsset({ walletId, body: { kind: 'Native', to: EXCHANGE, amount: '1' } });
    await advance(2);
    const count = async (query: NonNullable<Parameters<typeof maker.wallets.getWalletHistory>[0]['query']>) =>
      (await maker.wallets.getWalletHistory({ walletId, query })).items.length;
    expect(await count({ direction: 'In' })).toBe(3);
    expect(await count({ kind: 'NativeTransfer' })).toBe(2);
    expect(await count({ kind: 'NativeTransfer', direction: 'Out' })).toBe(1);
    expect(await count({ contract: USDC })).toBe(1);
  });
});

describe('a transfer', () => {
  it('of bitcoin is told as inputs and outputs', async () => {
    const { maker, walletId, wallet } = await open('BitcoinSignet');
    const { wallet: other } = await open('BitcoinSignet');
    await fund(walletId, '100000');
    const body = { kind: 'Native', to: other.address ?? '', amount: '5000', priority: 'Fast' } as const;
    const { id: transferId } = await maker.wallets.transferAsset({ walletId, body });
    await advance(2);
    const done = await maker.wallets.getTransfer({ walletId, transferId });
    expect(done).toMatchObject({ status: 'Confirmed', txHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(done.metadata.asset).toMatchObject({ symbol: 'BTC', decimals: 8 });
    const { items } = await maker.wallets.getWalletHistory({ walletId: other.id });
    expect(items).toMatchObject([
      { kind: 'UtxoTransfer', froms: [wallet.address], tos: [other.address], value: '5000', txHash: done.txHash },
    ]);
    await maker.wallets.transferAsset({ walletId, body: { kind: 'Native', to: TAPROOT, amount: '1' } });
  });

  it('of a Solana token pays its fee in SOL', async () => {
    const { maker, walletId } = await open('SolanaDevnet');
    await control('POST', `/wallets/${walletId}/fund`, { kind: 'Spl', mint: MINT, amount: '5000000' });
    await fund(walletId, '10000');
    const body = { kind: 'Spl', mint: MINT, to: SOLANA, amount: '1000000', memo: 'thanks' } as const;
    const { id: transferId } = await maker.wallets.transferAsset({ walletId, body });
    await advance(2);
    const done = await maker.wallets.getTransfer({ walletId, transferId });
    expect(done).toMatchObject({ status: 'Confirmed', fee: '5000' });
    expect(base58.decode(done.txHash ?? '')).toHaveLength(64);
    const { assets } = await maker.wallets.getWalletAssets({ walletId });
    expect(assets).toMatchObject([
      { kind: 'Native', symbol: 'SOL', balance: '5000' },
      { kind: 'Spl', mint: MINT, symbol: 'USDC', balance: '4000000' },
    ]);
  });

  it('of a token that the wallet does not own fails', async () => {
    const { maker, walletId } = await open('EthereumSepolia');
    await fund(walletId);
    const body = { kind: 'Erc721', contract: USDC, to: EXCHANGE, tokenId: '7' } as const;
    const { id: transferId } = await maker.wallets.transferAsset({ walletId, body });
    await advance(2);
    expect(await maker.wallets.getTransfer({ walletId, transferId })).toMatchObject({
      status: 'Failed',
      reason: expect.stringContaining('Insufficient funds'),
    });
  });

  it('matches a list exactly where the case of an address means something', async () => {
    const { maker, walletId } = await open('SolanaDevnet');
    await maker.policies.createPolicy({ body: whitelist([SOLANA.toLowerCase()]) });
    const body = { kind: 'Native', to: SOLANA, amount: '1' } as const;
    expect((await maker.wallets.transferAsset({ walletId, body })).status).toBe('Rejected');
  });

  const ether = { to: EXCHANGE, amount: '1' };
  it.each([
    ['a Solana address', 'EthereumSepolia', { kind: 'Native', ...ether, to: SOLANA }, 'to'],
    ['an EVM address', 'SolanaDevnet', { kind: 'Native', ...ether }, 'to'],
    [
      'an address of the main network',
      'BitcoinSignet',
      { kind: 'Native', ...ether, to: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4' },
      'to',
    ],
    ['a broken checksum', 'BitcoinSignet', { kind: 'Native', ...ether, to: `${BITCOIN.slice(0, -1)}q` }, 'to'],
    ['tokens on Bitcoin', 'BitcoinSignet', { kind: 'Erc20', contract: USDC, ...ether }, 'Erc20'],
    ['tokens of another family', 'EthereumSepolia', { kind: 'Spl', mint: MINT, ...ether }, 'Spl'],
    ['tokens of Tron', 'EthereumSepolia', { kind: 'Trc20', contract: 'T1', ...ether }, 'Trc20'],
    ['a Tron token without its id', 'EthereumSepolia', { kind: 'Trc10', ...ether }, 'tokenId'],
    ['a priority on Solana', 'SolanaDevnet', { kind: 'Native', ...ether, to: SOLANA, priority: 'Fast' }, 'priority'],
    [
      'a durable nonce elsewhere',
      'EthereumSepolia',
      { kind: 'Native', ...ether, useDurableNonce: true },
      'useDurableNonce',
    ],
    ['an offer', 'EthereumSepolia', { kind: 'Native', ...ether, offer: true }, 'offer'],
    ['an NFT with an amount', 'EthereumSepolia', { kind: 'Erc721', contract: USDC, tokenId: '1', ...ether }, 'amount'],
    ['a mint that is no address', 'SolanaDevnet', { kind: 'Spl', mint: 'x', ...ether, to: SOLANA }, 'mint'],
  ] as const)('is refused with %s', async (_case, network, body, field) => {
    const { maker, walletId } = await open(network);
    const fault = await failure(maker.wallets.transferAsset({ walletId, body: body as Body }));
    expect(fault).toMatchObject({ httpStatus: 400, message: expect.stringContaining(field) });
    expect((await maker.wallets.listTransfers({ walletId })).items).toEqual([]);
  });
});
