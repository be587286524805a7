// Tasks that share one thread. Everything a task asks of the world outside parks it; it goes on when the scheduler says so,
// with the answer, with a fault, or never. Between two parks nothing else runs, so all interleavings are choices.
import { isBusy } from './platform/globals.ts';

export type EffectKind = 'D1 read' | 'D1 write' | 'fetch' | 'queue' | 'KV' | 'R2' | 'binding' | 'wait';
/** Asks the world for something: `act` does it, at the moment that is chosen for it. */
export type Effect = <T>(kind: EffectKind, show: () => string, act: () => T | Promise<T>) => Promise<T>;

export interface Task {
  readonly id: number;
  readonly name: string;
  isDead: boolean;
}

export interface Parked {
  readonly task: Task;
  readonly kind: EffectKind;
  readonly show: () => string;
  /** Does it, and gives the task the answer. */
  readonly goOn: () => void;
  /** The task hears of a fault; what it asked for was done or was not. */
  readonly fail: (fault: Error, isDone: boolean) => void;
  /** The task is answered without it being done. */
  readonly answer: (instead: unknown) => void;
  /** It is done, and the task is answered something else. */
  readonly doAndAnswer: (instead: unknown) => void;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Tasks {
  readonly parked: Parked[] = [];
  readonly living = new Set<Task>();
  onFault: (fault: unknown) => void = () => {};
  #count = 0;

  /** Starts work as a task of its own; `done` hears of its end, unless it died before. */
  start(name: string, work: (task: Task) => Promise<void>): Task {
    this.#count += 1;
    const task: Task = { id: this.#count, name, isDead: false };
    this.living.add(task);
    // An invocation that throws is over; the platform only logs it.
    work(task)
      .catch((fault: unknown) => this.onFault(fault))
      .finally(() => this.living.delete(task));
    return task;
  }

  effectsOf =
    (task: Task): Effect =>
    (kind, show, act) =>
      new Promise((resolve, reject) => {
        if (task.isDead) return;
        const once = async () => act();
        const ignore = () => {}; // its answer is not heard: the task hears of the fault
        this.parked.push({
          task,
          kind,
          show,
          goOn: () => void once().then(resolve, reject),
          fail: (fault, isDone) => (isDone ? void once().then(() => reject(fault), reject) : reject(fault)),
          answer: (instead) => resolve(instead as never), // what stands for an answer has its form
          doAndAnswer: (instead) => void once().then(() => resolve(instead as never), ignore),
        });
      });

  /** Takes one out of those that wait. */
  take(index: number): Parked {
    const [parked] = this.parked.splice(index, 1);
    if (parked === undefined) throw new RangeError('nothing is parked there');
    return parked;
  }

  /** The process ends: nothing of these tasks ever goes on. */
  kill(): Task[] {
    const dead = [...this.living];
    for (const task of dead) task.isDead = true;
    this.living.clear();
    this.parked.length = 0;
    return dead;
  }

  /** Until every task is parked again or at its end. */
  async settle(): Promise<void> {
    do await nextTurn();
    while (isBusy());
  }
}
