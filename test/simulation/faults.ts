// What goes wrong with what a task asks of the world outside: by the weather of the episode, and worst where money moves.
import type { Weather } from './climate.ts';
import { failFetch, LOST, refuse } from './outage.ts';
import type { Random } from './random.ts';
import type { Parked } from './tasks.ts';
import type { World } from './world.ts';

/** What moves money, and what lets it go. */
const MONEY_CALL = /^POST .*\/transfers$/;
const VOTE_CALL = /^POST .*\/decisions$/;

export class Faults {
  readonly #world: World;
  readonly #weather: Weather;
  /** Calls that moved money and whose answer was lost. */
  readonly #unheard = new Set<string>();

  constructor(world: World, weather: Weather) {
    this.#world = world;
    this.#weather = weather;
  }

  get hasUnheard(): boolean {
    return this.#unheard.size > 0;
  }

  /** A fault as the platform or the network have them, if this one meets one; says which. */
  meet(parked: Parked, chance: Random): string | undefined {
    const fate = this.#loseOrRefuse(parked, chance);
    if (fate !== undefined) return fate;
    return chance.happens(this.#badLuckOf(parked)) ? this.#fail(parked, chance) : undefined;
  }

  /** A wallet's call whose answer was lost is mostly refused when repeated: the worst that custody may say without a lie. */
  #loseOrRefuse(parked: Parked, chance: Random): string | undefined {
    const call = parked.show();
    if (parked.kind !== 'fetch' || !MONEY_CALL.test(call)) return undefined;
    if (this.#unheard.has(call) && !chance.isOneIn(3)) {
      this.#unheard.delete(call);
      return refuse(parked);
    }
    if (!chance.happens(this.#weather.lostAnswers)) return undefined;
    this.#unheard.add(call);
    parked.fail(new TypeError('connection lost'), true);
    return LOST;
  }

  /** The call that moves money meets more than its share: what follows from its lost answer is what matters most. */
  #badLuckOf({ kind, show }: Parked): number {
    const { faults, outages } = this.#weather;
    if (kind !== 'fetch') return faults;
    const call = show();
    if (call.startsWith('POST /auth/')) return outages / 3;
    return MONEY_CALL.test(call) || VOTE_CALL.test(call) ? Math.min(0.7, outages * 2.5) : outages;
  }

  #fail(parked: Parked, chance: Random): string | undefined {
    const isDone = chance.isOneIn(2);
    const lost = isDone ? LOST : 'never arrived';
    switch (parked.kind) {
      case 'D1 read':
      case 'D1 write':
        parked.fail(new Error('D1_ERROR: Network connection lost.'), isDone);
        return lost;
      case 'queue':
      case 'R2':
      case 'binding':
        parked.fail(new Error('internal error'), isDone);
        return lost;
      case 'KV':
        this.#world.staleReads = isDone;
        if (isDone) parked.goOn();
        else parked.fail(new Error('KV is not to be had'), false);
        this.#world.staleReads = false;
        return isDone ? 'stale' : 'failed';
      case 'fetch':
        return this.#failCall(parked, chance, isDone);
      case 'wait':
        return undefined;
    }
  }

  #failCall(parked: Parked, chance: Random, isDone: boolean): string {
    const fate = failFetch(parked, chance, isDone);
    const call = parked.show();
    if (fate === LOST && MONEY_CALL.test(call)) this.#unheard.add(call);
    return fate;
  }
}
