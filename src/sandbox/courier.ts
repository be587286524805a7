/**
 * Owns the sending of queued deliveries, beside the requests of the API and never in their way: a dead receiver costs a
 * lane of the courier its waiting time and nobody else anything.
 */
import { finishDelivery, type Outcome } from './deliveries.ts';
import type { Delivery } from './entities.ts';
import type { Settings } from './settings.ts';
import type { Store } from './store.ts';
import { readSettings, type World } from './world.ts';

const LANES = 6;

export async function post(
  { url, headers, body }: Pick<Delivery, 'url' | 'headers' | 'body'>,
  { webhookTimeoutMilliseconds }: Pick<Settings, 'webhookTimeoutMilliseconds'>,
): Promise<Outcome> {
  try {
    const signal = AbortSignal.timeout(webhookTimeoutMilliseconds);
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    await response.body?.cancel();
    return { status: response.status };
  } catch (fault) {
    return { error: fault instanceof Error ? fault.message : 'no answer' };
  }
}

export class Courier {
  readonly #store: Store;
  readonly #transaction: <T>(act: (world: World) => T) => T;
  readonly #lanes = new Set<Promise<void>>();
  readonly #inFlight = new Set<string>();
  readonly #done: () => void;
  #reordering = false;

  /** `done` is told after each delivery, since its outcome may have made something due. */
  constructor(store: Store, transaction: <T>(act: (world: World) => T) => T, done: () => void) {
    this.#store = store;
    this.#transaction = transaction;
    this.#done = done;
  }

  /** Starts what is queued and returns at once. */
  start(): void {
    while (this.#lanes.size < LANES) {
      const delivery = this.#take();
      if (!delivery) return;
      const report = (fault: unknown) => console.error(`sandbox: delivery ${delivery.id} was not recorded`, fault);
      const lane = this.#run(delivery)
        .catch(report)
        .finally(() => {
          this.#lanes.delete(lane);
          this.start();
          this.#done();
        });
      this.#lanes.add(lane);
    }
  }

  /** Resolves when nothing is queued or on its way. */
  async idle(): Promise<void> {
    this.start();
    while (this.#lanes.size > 0) await Promise.all(this.#lanes);
  }

  async #run(delivery: Delivery): Promise<void> {
    const outcome = await post(delivery, readSettings(this.#store));
    this.#inFlight.delete(delivery.id);
    this.#reordering = false;
    this.#transaction((world) => {
      // A reset may have removed it meanwhile.
      if (world.store.find('deliveries', delivery.id)) finishDelivery(world, delivery, outcome);
    });
  }

  /** Reordered deliveries go one at a time, newest first; the others as they come. */
  #take(): Delivery | undefined {
    const select = (rest: string) => this.#store.select('deliveries', rest);
    const [reordered] = this.#reordering ? [] : select(`WHERE status = 'reordered' ORDER BY seq DESC LIMIT 1`);
    const queued = select(`WHERE status = 'queued' ORDER BY seq LIMIT ${LANES + 1}`);
    const delivery = reordered ?? queued.find(({ id }) => !this.#inFlight.has(id));
    if (!delivery) return undefined;
    this.#reordering ||= delivery === reordered;
    this.#inFlight.add(delivery.id);
    return delivery;
  }
}
