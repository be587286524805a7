// What people ask of the product: each act looks at what there is, and makes a request that makes sense, or almost does.
import { EXCHANGES, NATIVE, USDC } from './assets.ts';
import type { Call } from './deliver.ts';
import { payoutActs } from './payout-acts.ts';
import { pry } from './prying.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

const CLIENTS = ['client-1', 'client-2', 'client-3'] as const;
const OPERATORS = ['operator-1', 'operator-2'] as const;
const ADDRESSES = [
  ...EXCHANGES,
  '0xde709f2102306220921060314715629080e2fb77',
  '0x27b1fdb04752bbc536007a920d24acb045561c26',
  '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed',
] as const;
const MINUTE = 60_000;

type Asked = Omit<Call, 'key'> | undefined;
export type Act = (world: World, chance: Random) => Asked;

interface Record {
  readonly id: string;
  readonly subject: string;
  readonly status: string;
}

/** One of these records, with the client whose it is. */
function recordOf(world: World, chance: Random, table: string, statuses: readonly string[]): Record | undefined {
  const marks = statuses.map(() => '?').join(', ');
  const found = world.product.all<Record>(
    `SELECT r.id, r.status, c.subject FROM ${table} r JOIN clients c ON c.account_id = r.account_id
     WHERE r.status IN (${marks}) ORDER BY r.id`,
    ...statuses,
  );
  return found.length === 0 ? undefined : chance.pick(found);
}

const post = (as: string, path: string, body?: object): Asked => ({ as, method: 'POST', path, body });
const inMinutes = (world: World, minutes: number): string => new Date(world.time + minutes * MINUTE).toISOString();

/** Mostly small, now and then more than a limit allows. */
const units = (chance: Random): string => String(chance.isOneIn(12) ? 2e18 : 1_000 + chance.below(5_000_000));
const amount = (chance: Random): object =>
  chance.isOneIn(4) ? { shareBasisPoints: 1 + chance.below(4000) } : { units: units(chance) };
type Kind = 'trade_funding' | 'sweep';
const howMuch = (kind: Kind, chance: Random): object =>
  kind === 'sweep' ? { floor: units(chance) } : { amount: amount(chance) };
const asset = (chance: Random): string => chance.pick([USDC, USDC, NATIVE]);

function when(world: World, chance: Random): object {
  const dueIn = chance.isOneIn(4) ? 1 + chance.below(6) : 0;
  const dueAt = dueIn === 0 ? {} : { dueAt: inMinutes(world, dueIn) };
  return { ...dueAt, ...(chance.isOneIn(4) ? { notAfter: inMinutes(world, dueIn + 1 + chance.below(8)) } : {}) };
}

function recurrence(world: World, chance: Random): object {
  const everyMinute = { kind: 'cron', expression: chance.pick(['* * * * *', '*/2 * * * *']), timeZone: 'UTC' };
  if (chance.isOneIn(6))
    return { trigger: { kind: 'balance_above', asset: USDC, floorUnits: '1000', cooldownMinutes: 1, perDayMax: 5 } };
  if (chance.isOneIn(6))
    return { trigger: { kind: 'deposit_received', asset: USDC, minUnits: '1', cooldownMinutes: 1, perDayMax: 5 } };
  return {
    recurrence: chance.isOneIn(8) ? { kind: 'hours', every: 1 } : everyMinute,
    ...(chance.isOneIn(6) ? { startAt: inMinutes(world, 2) } : {}),
  };
}

const underMandate =
  (kind: Kind): Act =>
  (world, chance) => {
    const mandate = recordOf(world, chance, 'mandates', ['active', 'active', 'granted']);
    return (
      mandate &&
      post(chance.pick(OPERATORS), '/v1/orders', {
        kind,
        mandateId: mandate.id,
        asset: asset(chance),
        ...howMuch(kind, chance),
        ...when(world, chance),
      })
    );
  };

const onRecord =
  (
    table: string,
    path: string,
    statuses: readonly string[],
    step: string,
    by: (record: Record, chance: Random) => string,
    body?: object,
  ): Act =>
  (world, chance) => {
    const record = recordOf(world, chance, table, statuses);
    return record && post(by(record, chance), `/v1/${path}/${record.id}/${step}`, body);
  };

const owner = ({ subject }: Record): string => subject;
const operator = (_: Record, chance: Random): string => chance.pick(OPERATORS);
const reason = { reason: 'Looked odd.' };

function halt(world: World, chance: Random): Asked {
  const mandate = recordOf(world, chance, 'mandates', ['active']);
  switch (chance.below(4)) {
    case 0:
      return post(chance.pick(['compliance-1', 'operator-1']), '/v1/halts', { level: 'all', ...reason });
    case 1:
      return post(chance.pick(['client-1', 'client-2']), '/v1/halts', { level: 'account', accountId: 'me', ...reason });
    default:
      return (
        mandate &&
        post(chance.pick([mandate.subject, 'operator-2']), '/v1/halts', {
          level: 'mandate',
          mandateId: mandate.id,
          ...reason,
        })
      );
  }
}

function lift(world: World, chance: Random): Asked {
  const halts = world.product.all<{ id: string; made_by: string }>(
    `SELECT id, made_by FROM halts WHERE status = 'active' ORDER BY id`,
  );
  if (halts.length === 0) return undefined;
  const { id, made_by: maker } = chance.pick(halts);
  const another = maker.endsWith('compliance-1') ? 'admin-1' : 'compliance-1';
  const anybody = ['compliance-1', 'admin-1', 'operator-1', 'operator-2', 'client-1', 'client-2'];
  return post(chance.isOneIn(4) ? chance.pick(anybody) : another, `/v1/halts/${id}/lift`, reason);
}

function resolve(world: World, chance: Random): Asked {
  const open = world.product.all<{ id: string; external_id: string }>(
    `SELECT id, external_id FROM transfers WHERE status = 'needs_review' ORDER BY id`,
  );
  if (open.length === 0) return undefined;
  const { id, external_id: externalId } = chance.pick(open);
  const shown = world.custodyState.first<{ status: string; body: string }>(
    'SELECT status, body FROM transfers WHERE external_id = ?',
    externalId,
  );
  const hash: unknown = shown && JSON.parse(shown.body).txHash;
  const honest = hash === undefined ? { outcome: 'failed' } : { outcome: 'confirmed', transactionHash: hash };
  const verdict = chance.isOneIn(5) ? { outcome: chance.pick(['failed', 'rejected']) } : honest;
  return post(chance.pick([...OPERATORS, 'compliance-1', 'admin-1']), `/v1/transfers/${id}/resolve`, {
    ...verdict,
    note: 'Looked at the explorer.',
  });
}

/** Best an address to which money is about to leave: that is when it matters. */
function suspend(world: World, chance: Random): Asked {
  const aboutToLeave = world.product.all<{ id: string; subject: string }>(
    `SELECT DISTINCT d.id, c.subject FROM destinations d JOIN clients c ON c.account_id = d.account_id
     JOIN orders o ON o.destination_id = d.id WHERE d.status = 'approved' AND o.status = 'released' ORDER BY d.id`,
  );
  const any = recordOf(world, chance, 'destinations', ['approved']);
  const to = aboutToLeave.length > 0 ? chance.pick(aboutToLeave) : any;
  return to && post(chance.pick([to.subject, 'compliance-1']), `/v1/destinations/${to.id}/suspend`, reason);
}

function editSchedule(world: World, chance: Random): Asked {
  const schedule = recordOf(world, chance, 'schedules', ['active', 'paused']);
  if (schedule === undefined) return undefined;
  const known = world.product.first<{ version: number; kind: Kind }>(
    'SELECT version, kind FROM schedules WHERE id = ?',
    schedule.id,
  );
  return (
    known && {
      as: chance.pick(OPERATORS),
      method: 'PATCH',
      path: `/v1/schedules/${schedule.id}`,
      body: {
        version: known.version,
        ...howMuch(known.kind, chance),
        catchUp: chance.pick(['skip', 'latest', 'all']),
      },
    }
  );
}

function read(_: World, chance: Random): Asked {
  const paths = [
    ...['/v1/accounts/me', '/v1/accounts/me/restrictions', '/v1/accounts/me/activity', '/v1/accounts/me/balances'],
    ...['/v1/accounts/me/destinations', '/v1/accounts/me/mandates', '/v1/orders', '/v1/halts'],
  ];
  return chance.isOneIn(3)
    ? { as: 'operator-1', method: 'GET', path: chance.pick(['/v1/orders', '/v1/transfers', '/v1/halts']) }
    : { as: chance.pick(CLIENTS), method: 'GET', path: chance.pick(paths) };
}

/** What the runbook has an administrator do after the database was set back under a new epoch. */
export function beginRestore(world: World): Asked {
  const kept = world.product.first<{ epoch: string }>('SELECT epoch FROM epochs')?.epoch;
  const restoredTo = new Date(world.restoredTo).toISOString();
  return kept === world.epoch ? undefined : post('admin-1', '/v1/restores', { epoch: world.epoch, restoredTo });
}

export const acts = {
  beginRestore,
  fundTrade: underMandate('trade_funding'),
  sweep: underMandate('sweep'),
  withdraw: (world, chance) => {
    const to = recordOf(world, chance, 'destinations', [
      'approved',
      'approved',
      'approved',
      'suspended',
      'in_review',
      'removing',
    ]);
    return (
      to &&
      post(to.subject, '/v1/orders', {
        kind: 'withdrawal',
        destinationId: to.id,
        asset: asset(chance),
        amount: amount(chance),
        ...when(world, chance),
      })
    );
  },
  cancelOrder: onRecord('orders', 'orders', ['scheduled', 'released', 'executing'], 'cancel', operator),
  schedule: (world, chance) => {
    const mandate = recordOf(world, chance, 'mandates', ['active']);
    const kind = chance.pick(['trade_funding', 'trade_funding', 'sweep'] as const);
    return (
      mandate &&
      post(chance.pick(OPERATORS), '/v1/schedules', {
        ...{
          kind,
          mandateId: mandate.id,
          asset: USDC,
          ...howMuch(kind, chance),
          catchUp: chance.pick(['skip', 'latest', 'all']),
        },
        ...(chance.isOneIn(2) ? { runsMax: 1 + chance.below(5) } : {}),
        ...recurrence(world, chance),
      })
    );
  },
  pauseSchedule: onRecord('schedules', 'schedules', ['active'], 'pause', operator),
  resumeSchedule: onRecord('schedules', 'schedules', ['paused'], 'resume', operator),
  endSchedule: onRecord('schedules', 'schedules', ['active', 'paused'], 'end', operator),
  skipNext: onRecord('schedules', 'schedules', ['active'], 'skip-next', operator),
  editSchedule,
  askAddress: (_, chance) =>
    post(chance.pick(CLIENTS), '/v1/accounts/me/destinations', {
      network: 'EthereumSepolia',
      address: chance.pick(ADDRESSES),
      label: 'Exchange',
      kind: 'exchange',
    }),
  removeAddress: onRecord('destinations', 'destinations', ['approved', 'suspended'], 'remove', owner),
  withdrawRequest: onRecord('destinations', 'destinations', ['requested', 'in_review'], 'withdraw', owner),
  suspendAddress: suspend,
  resumeAddress: onRecord('destinations', 'destinations', ['suspended'], 'resume', ({ subject }, chance) =>
    chance.pick([subject, 'compliance-1']),
  ),
  grant: (world, chance) => {
    const to = recordOf(world, chance, 'destinations', ['approved', 'in_review', 'requested']);
    const limits = [{ asset: USDC, perOrder: '5000000', perDay: chance.pick(['8000000', '80000000']) }];
    return (
      to &&
      post(to.subject, '/v1/accounts/me/mandates', {
        venue: 'Kraken',
        destinationId: to.id,
        limits,
        validUntil: inMinutes(world, chance.pick([10, 5000])),
      })
    );
  },
  revoke: onRecord('mandates', 'mandates', ['active', 'granted'], 'revoke', owner),
  halt,
  lift,
  resolve,
  openAccount: (_, chance) =>
    post(chance.pick(['client-3', 'client-4']), '/v1/accounts', { networks: ['EthereumSepolia'] }),
  read,
  pry,
  ...payoutActs,
} satisfies { readonly [name: string]: Act };
