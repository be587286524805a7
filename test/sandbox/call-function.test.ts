import { beforeEach, describe, expect, it } from 'vitest';
import { control, EXCHANGE, failure, openWallet, reset, STRANGER, sdk, USDC } from './support.ts';

beforeEach(reset);

const abi = (name: string, ...inputs: string[]) => ({
  ...{ type: 'function', name, stateMutability: 'view' },
  inputs: inputs.map((input) => ({ name: input, type: 'address' })),
  outputs: [{ name: '', type: 'uint256' }],
});

async function ask(
  contract: string,
  name: string,
  calldata: Record<string, string> = {},
  network = 'ethereum-sepolia',
) {
  const client = await sdk('auditor-1');
  return client.networks.callFunction({
    network,
    body: { contract, abi: abi(name, ...Object.keys(calldata)), calldata },
  });
}

describe('calling a function', () => {
  it('answers what the sandbox knows of a token', async () => {
    const holders = [(await openWallet()).wallet, (await openWallet()).wallet];
    for (const [index, { id }] of holders.entries()) {
      await control('POST', `/wallets/${id}/fund`, { kind: 'Erc20', contract: USDC, amount: String(5 + index) });
    }
    expect(await ask(USDC, 'decimals')).toBe('6');
    expect(await ask(USDC, 'symbol')).toBe('USDC');
    expect(await ask(USDC.toUpperCase().replace('0X', '0x'), 'totalSupply', {}, 'EthereumSepolia')).toBe('11');
    expect(await ask(USDC, 'balanceOf', { account: holders[1]?.address ?? '' })).toBe('6');
    expect(await ask(USDC, 'balanceOf', { account: STRANGER })).toBe('0');
    expect(await ask(USDC, 'allowance', { owner: holders[0]?.address ?? '', spender: EXCHANGE })).toBe('0');
  });

  it('knows a token that is only held, though not its symbol', async () => {
    const { wallet } = await openWallet();
    expect((await failure(ask(STRANGER, 'decimals'))).httpStatus).toBe(400);
    await control('POST', `/wallets/${wallet.id}/fund`, { kind: 'Erc20', contract: STRANGER, amount: '7' });
    expect(await ask(STRANGER, 'decimals')).toBe('18');
    expect(await ask(STRANGER, 'totalSupply')).toBe('7');
    expect((await failure(ask(STRANGER, 'symbol'))).httpStatus).toBe(400);
    // The same address on another network is another contract.
    expect((await failure(ask(STRANGER, 'decimals', {}, 'base-sepolia'))).httpStatus).toBe(400);
  });

  it.each([
    ['another function', () => ask(USDC, 'owner'), 400],
    ['an argument that is no address', () => ask(USDC, 'balanceOf', { account: 'me' }), 400],
    ['an unknown network', () => ask(USDC, 'decimals', {}, 'atlantis'), 404],
    ['a network without contracts', () => ask(USDC, 'decimals', {}, 'bitcoin'), 400],
  ])('is refused for %s, in the shape of every error', async (_case, call, status) => {
    const refused = await failure(call());
    expect(refused.httpStatus).toBe(status);
    expect(refused.context.body.error).toMatchObject({ status, message: expect.any(String) });
  });
});
