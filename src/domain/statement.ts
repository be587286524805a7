// Holdings and movements of a period, per asset: opening + in - out - fees = closing, by construction and checked.
import type { AssetId } from './asset.ts';
import type { AccountId, StatementId } from './id.ts';
import { effectOn, type Movement } from './movement.ts';
import { type Timestamp, timestamp } from './time.ts';

export interface AssetStatement {
  readonly asset: AssetId;
  readonly opening: bigint;
  readonly received: bigint;
  readonly sent: bigint;
  readonly fees: bigint;
  readonly closing: bigint;
}

export interface Statement {
  readonly from: Timestamp;
  readonly to: Timestamp;
  readonly assets: readonly AssetStatement[];
  readonly lines: readonly Movement[];
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);

/**
 * @param movements those of the account before `to`, any order
 * @param period `from` is inside, `to` is the first instant outside
 * @param carried what the movements before these left of each asset
 */
export function makeStatement(
  movements: readonly Movement[],
  period: { from: Timestamp; to: Timestamp },
  carried: Holdings = new Map(),
): Statement {
  const known = movements.filter(({ at }) => at < period.to);
  const before = known.filter(({ at }) => at < period.from);
  const lines = known
    .filter(({ at }) => at >= period.from)
    .sort((one, other) => (one.at === other.at ? (one.id < other.id ? -1 : 1) : one.at < other.at ? -1 : 1));
  const assets = [...new Set([...carried.keys(), ...known.flatMap(assetsOf)])].sort();
  const opened = before.reduce(addMovement, carried);
  return { ...period, lines, assets: assets.map((asset) => stateAsset(asset, opened.get(asset) ?? 0n, lines)) };
}

/** What is held of each asset. */
export type Holdings = ReadonlyMap<AssetId, bigint>;

const assetsOf = ({ asset, feeAsset, feeUnits }: Movement): AssetId[] => [asset, ...(feeUnits > 0n ? [feeAsset] : [])];

export const addMovement = (holdings: Holdings, movement: Movement): Holdings =>
  new Map([
    ...holdings,
    ...[...new Set(assetsOf(movement))].map(
      (asset) => [asset, (holdings.get(asset) ?? 0n) + effectOn(asset, movement)] as const,
    ),
  ]);

function stateAsset(asset: AssetId, opening: bigint, lines: readonly Movement[]): AssetStatement {
  const ofAsset = lines.filter((line) => line.asset === asset);
  const total = (direction: Movement['direction']) =>
    sum(ofAsset.filter((line) => line.direction === direction).map(({ units }) => units));
  const fees = sum(
    lines.filter((line) => line.direction === 'out' && line.feeAsset === asset).map(({ feeUnits }) => feeUnits),
  );
  const [received, sent] = [total('in'), total('out')];
  return { asset, opening, received, sent, fees, closing: opening + received - sent - fees };
}

/** A month's statement as it was made once: which data it holds is in its digest. */
export interface MonthStatement {
  readonly id: StatementId;
  readonly version: number;
  readonly accountId: AccountId;
  /** Of UTC, such as `2031-03`. */
  readonly month: string;
  readonly digest: string;
  readonly isReconciled: 'yes' | 'no';
  readonly createdAt: Timestamp;
}

/** @param month such as `2031-03` */
export function periodOf(month: string): { from: Timestamp; to: Timestamp } {
  const first = new Date(`${month}-01T00:00:00.000Z`);
  return { from: timestamp(first.getTime()), to: timestamp(first.setUTCMonth(first.getUTCMonth() + 1)) };
}

/** The last month that was over at this instant. */
export function monthBefore(at: Timestamp): string {
  const first = new Date(`${at.slice(0, 7)}-01T00:00:00.000Z`);
  return timestamp(first.setUTCMonth(first.getUTCMonth() - 1)).slice(0, 7);
}
