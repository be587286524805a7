import { beforeEach, describe, expect, it } from 'vitest';
import { failure, reset, sdk } from './support.ts';

beforeEach(reset);

describe('fee estimates', () => {
  it.each([
    ['EthereumSepolia', 'Eip1559', 'maxFeePerGas'],
    ['Base', 'Eip1559', 'maxFeePerGas'],
    ['BitcoinSignet', 'Bitcoin', 'feeRate'],
    ['SolanaDevnet', 'Solana', 'computeUnitPrice'],
  ] as const)('of %s rise with the speed', async (network, kind, field) => {
    const fees = await (await sdk('maker')).networks.getFees({ query: { network } });
    expect(fees).toMatchObject({ kind, network, blockNumber: expect.any(Number) });
    const of = (speed: object) => Number((speed as Record<string, string>)[field]);
    expect(of(fees.slow)).toBeLessThan(of(fees.standard));
    expect(of(fees.standard)).toBeLessThan(of(fees.fast));
  });

  it('are refused for a network that is not there', async () => {
    const maker = await sdk('maker');
    for (const network of ['EthereumGoerli', 'constructor'] as 'EthereumGoerli'[]) {
      expect((await failure(maker.networks.getFees({ query: { network } }))).httpStatus).toBe(400);
    }
  });
});

describe('validators', () => {
  it('are none', async () => {
    const admin = await sdk('admin-1');
    expect(await admin.networks.listCantonValidators({ network: 'canton' })).toEqual({ items: [] });
    const missing = admin.networks.getCantonValidator({ network: 'canton', validatorId: 'cv-1' });
    expect((await failure(missing)).httpStatus).toBe(404);
  });
});
