// One step of a simulation: one choice of the scheduler, made from one number. The same number in the same state is the same
// step, so a run is its list of numbers.
import { acts } from './acts.ts';
import { USDC_CONTRACT } from './assets.ts';
import { decide, pendingApprovals } from './beginning.ts';
import { CHECKER_CRONS, fireCheckerCron } from './checker-world.ts';
import type { Climate } from './climate.ts';
import {
  type Call,
  crash,
  deliverMessages,
  deliverWebhook,
  dropWebhook,
  fireCron,
  type Remembered,
  request,
  restore,
  showCall,
} from './deliver.ts';
import { Faults } from './faults.ts';
import { isUpload } from './payout-acts.ts';
import { Random } from './random.ts';
import { askSomething } from './seasons.ts';
import type { Task } from './tasks.ts';
import type { World } from './world.ts';

const TASKS_MAX = 7;
const CALLS_KEPT = 20;
const MONEY_QUEUE = 'fiducia-money';
/** How likely a task reads on at one go. */
const READS_ON = 0.75;
const REMEMBER_ONE_IN = 6;
const RESTORE_ONE_IN = 30;
const IMAGES_MAX = 12;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const CRONS = [
  ['* * * * *', MINUTE],
  ['*/5 * * * *', 5 * MINUTE],
  ['*/15 * * * *', 15 * MINUTE],
] as const;
/** Longer than a call that got no answer waits before it is made again, unless the way to custody is shut. */
const PATIENCE = 3 * MINUTE;

export class Steps {
  readonly #world: World;
  readonly #climate: Climate;
  readonly #faults: Faults;
  readonly #images: Remembered[] = [];
  readonly #calls: Call[] = [];
  #keys = 0;

  constructor(world: World, climate: Climate) {
    this.#world = world;
    this.#climate = climate;
    this.#faults = new Faults(world, climate.weather);
  }

  /** Makes the step of this number; says in a line what it was. */
  async make(number: number): Promise<string> {
    const world = this.#world;
    const chance = new Random(number);
    world.time += chance.below(40);
    const { parked, living } = world.tasks;
    const goesOn = parked.length > 0 && (living.size >= TASKS_MAX || chance.happens(0.86));
    const line = goesOn ? await this.#goOn(chance) : await this.#begin(chance);
    await world.tasks.settle();
    return line;
  }

  async #goOn(chance: Random): Promise<string> {
    const world = this.#world;
    const parked = world.tasks.take(this.#next(chance));
    world.current = parked.task;
    const fate = this.#faults.meet(parked, chance);
    const what = `${parked.task.name} [${parked.task.id}] > ${parked.kind} ${parked.show()}`;
    if (fate !== undefined) return `${what} : ${fate}`;
    parked.goOn();
    return [what, ...(this.#isClose ? [] : await this.#readOn(parked.task, chance))].join(', ');
  }

  /** What a task reads one after another often happens at one go: a step is worth more, and each read may still be the last for now. */
  async #readOn(task: Task, chance: Random): Promise<string[]> {
    const { tasks } = this.#world;
    const read: string[] = [];
    while (chance.happens(READS_ON)) {
      await tasks.settle();
      const index = tasks.parked.findIndex((parked) => parked.task === task && parked.kind === 'D1 read');
      if (index < 0) break;
      const parked = tasks.take(index);
      read.push(parked.show());
      parked.goOn();
    }
    return read;
  }

  /** Where people stop what moves, it matters who comes first between any two effects. */
  get #isClose(): boolean {
    return this.#climate.season === 'stops';
  }

  /** Half of the time what moves money goes on before all else: most of what may go wrong with it is far down its way. */
  #next(chance: Random): number {
    const { parked } = this.#world.tasks;
    if (this.#isClose) return chance.below(parked.length);
    const money = parked.flatMap(({ task }, index) => (task.name.startsWith(MONEY_QUEUE) ? [index] : []));
    return money.length > 0 && chance.isOneIn(2) ? chance.pick(money) : chance.below(parked.length);
  }

  async #begin(chance: Random): Promise<string> {
    const world = this.#world;
    if (chance.happens(this.#climate.weather.crashes)) {
      crash(world);
      return 'CRASH: every process ends';
    }
    const { restores } = this.#climate;
    if (restores !== 'none' && chance.isOneIn(REMEMBER_ONE_IN)) return this.#remember();
    if (this.#images.length > 0 && chance.isOneIn(RESTORE_ONE_IN)) return this.setBack(chance);
    const { isDeaf } = this.#climate.weather;
    const due = world.queued.filter(({ visibleAt }) => visibleAt <= world.time);
    const what = chance.weighted({
      ask: 22,
      queue: due.length > 0 ? 40 : 0,
      webhook: Math.min(isDeaf ? 1 : 20, world.transits.length * 4),
      cron: isDeaf ? 8 : 4,
      custody: 14,
      officer: 6,
      time: isDeaf ? 20 : 8,
      deposit: 2,
      checker: 3,
      patience: isDeaf && this.#faults.hasUnheard ? 25 : 0,
    });
    switch (what) {
      case 'ask':
        return this.#ask(chance);
      case 'queue': {
        const money = due.filter(({ queue }) => queue === MONEY_QUEUE);
        const first = chance.pick(money.length > 0 && chance.isOneIn(2) ? money : due);
        const more = due.filter((message) => message !== first && message.queue === first.queue && chance.isOneIn(4));
        const isCopied = chance.isOneIn(15);
        const batch = [first, ...more.slice(0, 3)];
        await deliverMessages(world, batch, isCopied);
        return `deliver ${first.queue} ${batch.map(({ id }) => id).join(' ')}${isCopied ? ', and once more later' : ''}`;
      }
      case 'webhook':
        return this.#webhook(chance);
      case 'cron':
        return this.#cron(chance);
      case 'custody':
        world.time += chance.below(2_500);
        await world.wakeCustody();
        return 'custody goes on';
      case 'officer':
        return this.#officer(chance);
      case 'time':
        return this.#jump(chance);
      case 'deposit':
        return this.#deposit(chance);
      case 'checker':
        return this.#lookForApprovals(chance);
      case 'patience':
        return this.#letTimePass();
    }
  }

  /** The database is set back to one of its earlier states, if this episode is one of restores. */
  setBack(chance: Random): string {
    const { restores } = this.#climate;
    if (restores === 'none' || this.#images.length === 0) return 'nothing is set back';
    restore(this.#world, chance.pick(this.#images), restores);
    return `RESTORE ${restores}: the database is as it was`;
  }

  /** Keeps what the database is now: it may be set back to this. */
  #remember(): string {
    this.#images.push({ at: this.#world.time, image: this.#world.product.image() });
    if (this.#images.length > IMAGES_MAX) this.#images.shift();
    return 'the database is remembered';
  }

  async #ask(chance: Random): Promise<string> {
    const world = this.#world;
    const isRepeat = this.#calls.length > 0 && chance.isOneIn(8);
    const call = isRepeat ? chance.pick(this.#calls) : this.#newCall(chance);
    if (call === undefined) return 'nothing to ask for';
    await request(world, call, () => {});
    // Pressed twice.
    if (call.method === 'POST' && chance.isOneIn(8)) await request(world, call, () => {});
    return `${isRepeat ? 'repeat' : 'ask'} ${showCall(call)}`;
  }

  #newCall(chance: Random): Call | undefined {
    // Who hears nothing of his money stops it.
    const act = this.#faults.hasUnheard && chance.isOneIn(4) ? acts.halt : askSomething(this.#climate.season);
    const asked = act(this.#world, chance);
    if (asked === undefined) return undefined;
    this.#keys += 1;
    const call = { ...asked, key: `key-${this.#keys}` };
    if (call.method === 'POST') this.#calls.push(call);
    if (isUpload(call)) this.#world.uploads.push(call);
    if (this.#calls.length > CALLS_KEPT) this.#calls.shift();
    return call;
  }

  async #webhook(chance: Random): Promise<string> {
    const world = this.#world;
    const transit = chance.pick(world.transits);
    const { kind } = JSON.parse(String(transit.init.body));
    if (chance.isOneIn(this.#climate.weather.isDeaf ? 2 : 12)) {
      dropWebhook(world, transit);
      return `lose webhook ${kind}`;
    }
    const isCopy = chance.isOneIn(12);
    await deliverWebhook(world, transit, isCopy);
    return `deliver webhook ${kind}${isCopy ? ', and once more later' : ''}`;
  }

  async #cron(chance: Random): Promise<string> {
    const [cron, every] = chance.isOneIn(6) ? chance.pick(CRONS) : CRONS[0];
    const slot = Math.floor(this.#world.time / every) * every - (chance.isOneIn(8) ? every : 0);
    await fireCron(this.#world, cron, slot);
    // Two fires of one slot that overlap matter most where slots are many.
    if (chance.isOneIn(this.#climate.season === 'schedules' ? 2 : 5)) await fireCron(this.#world, cron, slot);
    return `fire ${cron} of ${new Date(slot).toISOString()}`;
  }

  async #lookForApprovals(chance: Random): Promise<string> {
    const [cron] = chance.isOneIn(6) ? chance.pick(CHECKER_CRONS) : CHECKER_CRONS[0];
    await fireCheckerCron(this.#world, cron);
    if (chance.isOneIn(5)) await fireCheckerCron(this.#world, cron);
    return `fire ${cron} of the checker`;
  }

  /** What got no answer comes again after a while. */
  async #letTimePass(): Promise<string> {
    const world = this.#world;
    world.time += PATIENCE;
    const slot = Math.floor(world.time / MINUTE) * MINUTE;
    await fireCron(world, CRONS[0][0], slot);
    return `minutes pass without a word, fire cron of ${new Date(slot).toISOString()}`;
  }

  async #officer(chance: Random): Promise<string> {
    const pending = pendingApprovals(this.#world);
    if (pending.length === 0) return 'nothing to decide';
    const [approvalId, value] = [chance.pick(pending), chance.isOneIn(5) ? 'Denied' : 'Approved'] as const;
    const { status } = await decide(this.#world, approvalId, value, chance.pick(['compliance-1', 'compliance-2']));
    return `officer: ${value} ${approvalId} (${status})`;
  }

  async #jump(chance: Random): Promise<string> {
    const how = chance.weighted({ seconds: 60, minute: 30, minutes: 12, hour: 1.5, day: 0.2 });
    const milliseconds = {
      seconds: 1000 * (1 + chance.below(30)),
      minute: MINUTE,
      minutes: MINUTE * (2 + chance.below(5)),
      hour: HOUR,
      day: 24 * HOUR,
    }[how];
    this.#world.time += milliseconds;
    await this.#world.wakeCustody();
    return `${milliseconds / 1000} seconds pass, now ${new Date(this.#world.time).toISOString()}`;
  }

  async #deposit(chance: Random): Promise<string> {
    const wallets = this.#world.custodyState.all<{ id: string }>('SELECT id FROM wallets ORDER BY seq');
    const kind = chance.isOneIn(2) ? { kind: 'Native' } : { kind: 'Erc20', contract: USDC_CONTRACT };
    const { id } = chance.pick(wallets);
    await this.#world.control('POST', `/wallets/${id}/fund`, {
      ...kind,
      amount: String(1_000_000 + chance.below(9_000_000)),
    });
    return `deposit on ${id}`;
  }
}
