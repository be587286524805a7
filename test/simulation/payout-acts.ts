// What the office asks for: files of payouts, right and wrong, and everything that people do with a batch.
import { NATIVE, USDC } from './assets.ts';
import type { Call } from './deliver.ts';
import { Random } from './random.ts';
import type { World } from './world.ts';

type Asked = Omit<Call, 'key'> | undefined;
type Act = (world: World, chance: Random) => Asked;

const OPERATORS = ['operator-1', 'operator-2'] as const;
const OFFICE = [...OPERATORS, 'compliance-1', 'admin-1'] as const;
const RECIPIENTS = [
  '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa10000001',
  '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa10000002',
  '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa10000003',
] as const;
/** Files are few, so that the same one comes again. */
const FILES = 60;
const ROWS_MAX = 4;

interface Row {
  readonly asset: string;
  readonly address: string;
  readonly units: number;
}
const rowOf = (chance: Random): Row => ({
  asset: chance.isOneIn(5) ? NATIVE : USDC,
  address: chance.isOneIn(12) ? '0xnobody' : chance.pick(RECIPIENTS),
  units: chance.isOneIn(15) ? 90_000_000 : 1_000_000 + chance.below(chance.isOneIn(3) ? 19_000_000 : 4_000_000),
});

/** A file that is meant once: asked for again, it is the same batch. */
export const isUpload = ({ method, path }: Call): boolean => method === 'POST' && path === '/v1/payout-batches';

const decimal = ({ asset, units }: Row): string =>
  asset === NATIVE
    ? `0.${String(units).padStart(18, '0')}`
    : `${Math.floor(units / 1e6)}.${String(units % 1e6).padStart(6, '0')}`;

function upload(_: World, chance: Random): Asked {
  const file = new Random(chance.below(FILES));
  const rows = Array.from({ length: 1 + file.below(ROWS_MAX) }, () => rowOf(file));
  const isCsv = file.isOneIn(2);
  const lines = rows.map((row) => `EthereumSepolia,${row.asset},${row.address},${decimal(row)},`);
  return {
    as: chance.pick(OPERATORS),
    method: 'POST',
    path: `/v1/payout-batches${chance.isOneIn(3) ? '?again=true' : ''}`,
    body: isCsv
      ? `network,asset,address,amount,reference\n${lines.join('\n')}\n`
      : { rows: rows.map(({ units, ...row }) => ({ ...row, units: String(units) })) },
  };
}

interface Batch {
  readonly id: string;
  readonly facts: string;
}
const batchIn = (world: World, chance: Random, statuses: readonly string[]): Batch | undefined => {
  const found = world.product.all<Batch>(
    `SELECT id, facts FROM payout_batches WHERE status IN (${statuses.map(() => '?').join(', ')}) ORDER BY id`,
    ...statuses,
  );
  return found.length === 0 ? undefined : chance.pick(found);
};

/** Mostly what is wrong, now and then what is right. */
function putRight(world: World, chance: Random): Asked {
  const found = world.product.all<{ batch_id: string; line: number; status: string }>(
    `SELECT p.batch_id, p.line, p.status FROM payouts p JOIN payout_batches b ON b.id = p.batch_id
     WHERE b.status IN ('draft', 'checked') ORDER BY p.id`,
  );
  const wrong = found.filter(({ status }) => status === 'invalid');
  const [from] = [wrong.length > 0 && !chance.isOneIn(5) ? wrong : found];
  if (from.length === 0) return undefined;
  const { batch_id: id, line } = chance.pick(from);
  const body = { asset: USDC, address: chance.pick(RECIPIENTS), amount: `${1 + chance.below(9)}.5` };
  return { as: chance.pick(OPERATORS), method: 'PATCH', path: `/v1/payout-batches/${id}/payouts/${line}`, body };
}

function release(world: World, chance: Random): Asked {
  const batch = batchIn(world, chance, ['checked']);
  if (batch === undefined) return undefined;
  const { rowsHash } = JSON.parse(batch.facts).check;
  return {
    as: chance.pick(OFFICE),
    method: 'POST',
    path: `/v1/payout-batches/${batch.id}/release`,
    body: { rowsHash },
  };
}

const onBatch =
  (verb: string, statuses: readonly string[], by: readonly string[], body?: object): Act =>
  (world, chance) => {
    const batch = batchIn(world, chance, statuses);
    return batch && { as: chance.pick(by), method: 'POST', path: `/v1/payout-batches/${batch.id}/${verb}`, body };
  };

export const payoutActs = {
  upload,
  putRight,
  checkBatch: onBatch('check', ['draft', 'checked'], OPERATORS),
  release,
  pauseBatch: onBatch('pause', ['running'], OFFICE),
  resumeBatch: onBatch('resume', ['paused'], OFFICE),
  cancelBatch: onBatch('cancel', ['draft', 'checked', 'released', 'running', 'paused'], OFFICE, {
    reason: 'Wrong file.',
  }),
  retryBatch: onBatch('retry', ['finished', 'canceled'], OPERATORS),
} satisfies { readonly [name: string]: Act };
