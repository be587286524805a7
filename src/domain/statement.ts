// Holdings and movements of a period, per asset: opening + in - out - fees = closing, by construction and checked.
import type { AssetId } from './asset.ts';
import { effectOn, type Movement } from './movement.ts';
import type { Timestamp } from './time.ts';

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
 * @param movements all movements of the account before `to`, any order
 * @param period `from` is inside, `to` is the first instant outside
 */
export function makeStatement(movements: readonly Movement[], period: { from: Timestamp; to: Timestamp }): Statement {
  const known = movements.filter(({ at }) => at < period.to);
  const before = known.filter(({ at }) => at < period.from);
  const lines = known
    .filter(({ at }) => at >= period.from)
    .sort((one, other) => (one.at === other.at ? (one.id < other.id ? -1 : 1) : one.at < other.at ? -1 : 1));
  const assets = [
    ...new Set(known.flatMap((movement) => [movement.asset, ...(movement.feeUnits > 0n ? [movement.feeAsset] : [])])),
  ].sort();
  return { ...period, lines, assets: assets.map((asset) => stateAsset(asset, before, lines)) };
}

function stateAsset(asset: AssetId, before: readonly Movement[], lines: readonly Movement[]): AssetStatement {
  const opening = sum(before.map((movement) => effectOn(asset, movement)));
  const ofAsset = lines.filter((line) => line.asset === asset);
  const total = (direction: Movement['direction']) =>
    sum(ofAsset.filter((line) => line.direction === direction).map(({ units }) => units));
  const fees = sum(
    lines.filter((line) => line.direction === 'out' && line.feeAsset === asset).map(({ feeUnits }) => feeUnits),
  );
  const [received, sent] = [total('in'), total('out')];
  return { asset, opening, received, sent, fees, closing: opening + received - sent - fees };
}
