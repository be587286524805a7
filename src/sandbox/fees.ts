/** Owns what networks charge: fixed estimates in the shapes of Dfns, and the list of validators, which is always empty. */
import { Refused } from './errors.ts';
import { type Answer, type ApiCall, ok, pageRequest, param, type Route } from './http.ts';
import { familyOf, networks } from './networks.ts';
import type { World } from './world.ts';

const BLOCK_MILLISECONDS = 12_000;
const GWEI = 1_000_000_000;

const speeds = <T>(of: (factor: number) => T) => ({ slow: of(1), standard: of(2), fast: of(4) });

const VALIDATORS = '/networks/:network/validators';
const READ = 'Networks:CantonValidators:Read';

export const networkRoutes: readonly Route<ApiCall>[] = [
  { method: 'GET', path: '/networks/fees', serve: getFees },
  { method: 'GET', path: VALIDATORS, operation: READ, serve: listValidators },
  { method: 'GET', path: `${VALIDATORS}/:validatorId`, operation: READ, serve: getValidator },
];

/** The fees never move: a test that depends on one should be able to say which. */
function getFees(world: World, { url }: ApiCall): Answer {
  const network = url.searchParams.get('network') ?? '';
  if (!Object.hasOwn(networks, network)) throw new Refused(400, 'Invalid query: network: unknown network');
  const blockNumber = Math.floor(world.now / BLOCK_MILLISECONDS);
  switch (familyOf(network)) {
    case 'Evm':
      return ok({
        ...{ kind: 'Eip1559', network, blockNumber, baseFeePerGas: String(GWEI) },
        ...speeds((factor) => ({
          maxPriorityFeePerGas: String((factor * GWEI) / 2),
          maxFeePerGas: String(GWEI + (factor * GWEI) / 2),
        })),
      });
    case 'Bitcoin':
      return ok({
        ...{ kind: 'Bitcoin', network, blockNumber },
        ...speeds((factor) => ({ feeRate: String(factor * 5), blockHorizon: 12 / factor })),
      });
    case 'Solana':
      return ok({
        ...{ kind: 'Solana', network, blockNumber },
        ...speeds((factor) => ({ computeUnitPrice: String(factor * 1000) })),
      });
  }
}

const CANTON = ['canton', 'canton-devnet', 'canton-testnet'];

/** Canton is not among the networks of the sandbox, so nobody can have a validator there. */
function listValidators(_world: World, call: ApiCall): Answer {
  pageRequest(call);
  if (!CANTON.includes(param(call, 'network'))) throw new Refused(404, 'Network not found.');
  return ok({ items: [] });
}

function getValidator(_world: World, call: ApiCall): Answer {
  throw new Refused(404, 'Validator not found.', { validatorId: param(call, 'validatorId') });
}
