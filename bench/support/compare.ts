// Measures the product and its bare counterpart side by side. A shared machine drifts by more than most changes are worth,
// within seconds; both sides of a pair take turns in short runs, so they drift together, and only their ratio is believed.
import { load, type Prepared, type Run } from './load.ts';

const WARM_UP_MILLISECONDS = 1_500;
const PAIRS = 5;
const TURNS_PER_PAIR = 6;
const TURN_MILLISECONDS = 250;
const MILLISECONDS_PER_SECOND = 1000;

export interface Bench {
  readonly promise: string;
  /** @param script the product as it is deployed */
  measure(script: string): Promise<Comparison>;
}

export interface Measured {
  readonly requestsPerSecond: number;
  readonly p50Milliseconds: number;
}

export interface Comparison {
  readonly product: Measured;
  readonly bare: Measured;
  /** Requests a second of the product for one of the bare Worker: the median pair, then the worst and the best. */
  readonly ratio: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
  /** Something else in the product's place, measured beside the same bare Worker; printed, and promised by nobody. */
  readonly beside?: Comparison & { readonly name: string };
}

export async function compare(product: URL, bare: URL, prepared: readonly Prepared[]): Promise<Comparison> {
  await load(product, prepared, WARM_UP_MILLISECONDS);
  await load(bare, prepared, WARM_UP_MILLISECONDS);
  const pairs: { product: Measured; bare: Measured }[] = [];
  while (pairs.length < PAIRS) pairs.push(await measurePair(product, bare, prepared));
  const ratios = pairs.map((pair) => pair.product.requestsPerSecond / pair.bare.requestsPerSecond);
  return {
    product: middle(pairs.map((pair) => pair.product)),
    bare: middle(pairs.map((pair) => pair.bare)),
    ratio: median(ratios),
    ratioMin: Math.min(...ratios),
    ratioMax: Math.max(...ratios),
  };
}

async function measurePair(product: URL, bare: URL, prepared: readonly Prepared[]) {
  const runs = { product: [] as Run[], bare: [] as Run[] };
  for (let turn = 0; turn < TURNS_PER_PAIR; turn += 1) {
    runs.product.push(await load(product, prepared, TURN_MILLISECONDS));
    runs.bare.push(await load(bare, prepared, TURN_MILLISECONDS));
  }
  return { product: together(runs.product), bare: together(runs.bare) };
}

function together(runs: readonly Run[]): Measured {
  const latencies = runs.flatMap((run) => run.latencies);
  const milliseconds = runs.reduce((sum, run) => sum + run.milliseconds, 0);
  return {
    requestsPerSecond: (latencies.length / milliseconds) * MILLISECONDS_PER_SECOND,
    p50Milliseconds: median(latencies),
  };
}

const middle = (measured: readonly Measured[]): Measured => ({
  requestsPerSecond: median(measured.map(({ requestsPerSecond }) => requestsPerSecond)),
  p50Milliseconds: median(measured.map(({ p50Milliseconds }) => p50Milliseconds)),
});

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const found = sorted[sorted.length >> 1];
  if (found === undefined) throw new Error('there is no median of nothing');
  return found;
}
