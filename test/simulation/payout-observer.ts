// What must hold of payouts, looked at from outside: what was released, and by whom, is remembered here and not taken from what
// the product has made of it since.
import { HOUR_MAX, TWO_RELEASERS_ABOVE } from './assets.ts';
import { Broken } from './broken.ts';
import { asFacts, type CustodyTransfer, type TransferRow } from './rows.ts';
import type { World } from './world.ts';

interface BatchRow {
  readonly id: string;
  readonly status: string;
  readonly uploaded_by: string;
  readonly facts: string;
}
interface Row {
  readonly id: string;
  readonly line: number;
  readonly asset: string;
  readonly address: string;
  readonly units: string;
}
const OPEN = ['loading', 'draft', 'checked'];

/** A person's retry is the same row under another name. */
export const rowOf = (origin: string): string => origin.replace(/\|retry \d+$/, '');
const textOf = ({ asset, address, units }: Omit<Row, 'id' | 'line'>): string => `${asset} ${units} to ${address}`;

export class PayoutObserver {
  readonly #world: World;
  /** Of each batch, the rows as they stood when it was released. */
  readonly #released = new Map<string, ReadonlyMap<string, string>>();

  constructor(world: World) {
    this.#world = world;
  }

  forget(): void {
    this.#released.clear();
  }

  lookAtBatches(): void {
    for (const batch of this.#world.product.all<BatchRow>(
      'SELECT id, status, uploaded_by, facts FROM payout_batches ORDER BY id',
    )) {
      if (OPEN.includes(batch.status) || batch.status === 'canceled') continue;
      if (!this.#released.has(batch.id)) this.#lookAtRelease(batch);
    }
  }

  #lookAtRelease({ id, uploaded_by: uploader, facts }: BatchRow): void {
    const rows = this.#world.product.all<Row>(
      'SELECT id, line, asset, address, units FROM payouts WHERE batch_id = ? ORDER BY line',
      id,
    );
    this.#released.set(id, new Map(rows.map((row) => [row.id, textOf(row)])));
    const releasers: string[] = JSON.parse(facts).releases.map(({ by }: { by: string }) => by);
    const editors = this.#world.product
      .all<{ actor: string }>(`SELECT actor FROM journal WHERE subject_id = ? AND kind = 'payout_batch.edited'`, id)
      .map(({ actor }) => actor);
    const own = releasers.find((by) => by === uploader || editors.includes(by));
    if (own !== undefined) throw new Broken('another person releases than who uploaded or edited', `${id} by ${own}`);
    const sums = new Map<string, bigint>();
    for (const { asset, units } of rows) sums.set(asset, (sums.get(asset) ?? 0n) + BigInt(units));
    const needed = [...sums].some(([asset, sum]) => !asset.endsWith('/native') && sum > TWO_RELEASERS_ABOVE) ? 2 : 1;
    if (new Set(releasers).size < needed)
      throw new Broken(
        'another person releases than who uploaded or edited',
        `${id} by ${releasers.join()} of ${needed}`,
      );
  }

  /** The decision that counts was committed just now. */
  lookAtHandOver({ id, payout_id: payoutId, request_body: body }: TransferRow): void {
    const { product } = this.#world;
    const row = product.first<Row & { batch_id: string }>(
      'SELECT id, line, asset, address, units, batch_id FROM payouts WHERE id = ?',
      payoutId,
    );
    const batch = product.first<{ status: string }>(
      'SELECT status FROM payout_batches WHERE id = ?',
      row?.batch_id ?? '',
    );
    if (row === undefined || batch?.status !== 'running')
      throw new Broken('nothing of a batch is handed over unless it runs', `${id}, the batch is ${batch?.status}`);
    const released = this.#released.get(row.batch_id)?.get(row.id);
    const { amount, to, contract = 'native' } = JSON.parse(body);
    const asked = textOf({ asset: `${row.asset.split('/')[0]}/${contract}`, address: to, units: amount });
    if (released !== asked)
      throw new Broken(
        'what is handed over was released',
        `${id}: ${asked}, and released was ${released ?? 'nothing'}`,
      );
    const halt = product.first<{ id: string }>(`SELECT id FROM halts WHERE status = 'active' AND level = 'all'`);
    if (halt !== undefined) throw new Broken('nothing is handed over under a halt', `${id} under ${halt.id}`);
  }

  lookAtSums(transfers: readonly TransferRow[]): void {
    const sums = new Map<string, bigint>();
    for (const { status, custody_id: custodyId, facts, units } of transfers) {
      const isGivenBack = status === 'rejected' || status === 'canceled' || (status === 'failed' && custodyId === null);
      for (const id of isGivenBack ? [] : (asFacts(facts).capIds ?? []))
        sums.set(id, (sums.get(id) ?? 0n) + BigInt(units));
    }
    for (const { id, period, reserved } of this.#world.product.all<{ id: string; period: string; reserved: string }>(
      'SELECT id, period, reserved FROM payout_sums',
    )) {
      if (BigInt(reserved) !== (sums.get(id) ?? 0n))
        throw new Broken(
          'a cap counts what is under way or done',
          `${id} says ${reserved}, it is ${sums.get(id) ?? 0n}`,
        );
      if (period === 'hour' && (sums.get(id) ?? 0n) > HOUR_MAX)
        throw new Broken('the pool lets out no more than its caps', `${id} is at ${reserved}`);
    }
  }

  /** Another transfer for the same row: only where the one before moved nothing. */
  lookAtAgain(before: string, again: CustodyTransfer, row: string): void {
    const status = this.#world.custodyState.first<{ status: string }>(
      'SELECT status FROM transfers WHERE id = ?',
      before,
    )?.status;
    if (status !== 'Rejected' && status !== 'Failed')
      throw new Broken('a row is paid once', `${before} (${status}) and ${again.id} are both for ${row}`);
  }
}
