// A client asks by id for what another one has, as if it were its own. Everything but the answer is as the owner would ask.
import { USDC } from './assets.ts';
import type { Call } from './deliver.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

type Asked = Omit<Call, 'key'> | undefined;
type Way = readonly [table: string, method: 'GET' | 'POST', path: string, body?: object];

const CLIENTS = ['client-1', 'client-2', 'client-3'] as const;
const reason = { reason: 'Looked odd.' };
const limits = [{ asset: USDC, perOrder: '5000000', perDay: '80000000' }];
const ID = 'THE-ID';

const ways: readonly Way[] = [
  ['accounts', 'GET', `/accounts/${ID}`],
  ['accounts', 'GET', `/accounts/${ID}/restrictions`],
  ['accounts', 'GET', `/accounts/${ID}/activity`],
  ['accounts', 'GET', `/accounts/${ID}/balances`],
  ['accounts', 'GET', `/accounts/${ID}/destinations`],
  ['accounts', 'POST', '/halts', { level: 'account', accountId: ID, ...reason }],
  ['destinations', 'GET', `/destinations/${ID}`],
  ['destinations', 'POST', `/destinations/${ID}/withdraw`],
  ['destinations', 'POST', `/destinations/${ID}/remove`],
  ['destinations', 'POST', `/destinations/${ID}/suspend`, reason],
  ['destinations', 'POST', `/destinations/${ID}/resume`],
  [
    'destinations',
    'POST',
    '/orders',
    { kind: 'withdrawal', destinationId: ID, asset: USDC, amount: { units: '1000' } },
  ],
  [
    'destinations',
    'POST',
    '/accounts/me/mandates',
    { venue: 'Kraken', destinationId: ID, limits, validUntil: '2028-01-01T00:00:00.000Z' },
  ],
  ['mandates', 'GET', `/mandates/${ID}`],
  ['mandates', 'POST', `/mandates/${ID}/revoke`],
  ['mandates', 'POST', '/halts', { level: 'mandate', mandateId: ID, ...reason }],
  ['orders', 'GET', `/orders/${ID}`],
  ['orders', 'POST', `/orders/${ID}/cancel`],
  ['schedules', 'GET', `/schedules/${ID}`],
  ['schedules', 'POST', `/schedules/${ID}/pause`],
  ['transfers', 'GET', `/transfers/${ID}`],
  ['halts', 'POST', `/halts/${ID}/lift`, reason],
];

export function pry(world: World, chance: Random): Asked {
  const [table, method, path, body] = chance.pick(ways);
  const account = table === 'accounts' ? 'r.id' : 'r.account_id';
  const found = world.product.all<{ id: string; subject: string }>(
    `SELECT r.id, c.subject FROM ${table} r JOIN clients c ON c.account_id = ${account} ORDER BY r.id DESC LIMIT 20`,
  );
  if (found.length === 0) return undefined;
  const { id, subject } = chance.pick(found);
  const named = (text: string): string => text.replace(ID, id);
  return {
    as: chance.pick(CLIENTS.filter((client) => client !== subject)),
    method,
    path: `/v1${named(path)}`,
    ...(body === undefined ? {} : { body: JSON.parse(named(JSON.stringify(body))) }),
  };
}
