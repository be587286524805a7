// How things reach the product: messages from its queues, webhooks from custody, the fires of cron, requests of people. Each
// starts a task; what becomes of an acknowledgement, a retry or a lost connection is the platform's part, and is here.
import { askChecker, CHECKER, openChecker, REVIEWS } from './checker-world.ts';
import { type Message, typeOf } from './platform/stores.ts';
import { type Answer, type Arrived, PRODUCT, type Transit } from './shapes.ts';
import type { World } from './world.ts';

/** As wrangler.toml has it; after so many tries a message goes to the dead letters. */
const RETRIES_MAX = 20;

export interface Call {
  readonly as: string;
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  /** Text is a file of CSV. */
  readonly body?: object | string | undefined;
  readonly key: string;
}

export const showCall = ({ as, method, path, body }: Call): string =>
  `${as} ${method} ${path}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`;

const textOf = (body: object | string): string => (typeof body === 'string' ? body : JSON.stringify(body));

/** A person's request; `done` hears of the answer. */
export async function request(world: World, call: Call, done: (answer: Answer) => void): Promise<void> {
  const headers = new Headers({ authorization: `Bearer ${await world.tokenOf(call.as)}` });
  if (call.method !== 'GET') headers.set('idempotency-key', call.key);
  const isText = typeof call.body === 'string';
  if (call.body !== undefined) headers.set('content-type', isText ? 'text/csv' : 'application/json');
  const body = call.body === undefined ? null : textOf(call.body);
  const sent = new Request(`${PRODUCT}${call.path}`, { method: call.method, headers, body });
  await world.request(showCall(call), sent, (response) => {
    response.text().then((text) => {
      world.onAnswer(call, { status: response.status, text });
      const isJson = /json/.test(response.headers.get('content-type') ?? '');
      done({ status: response.status, body: isJson && text !== '' ? JSON.parse(text) : text });
    });
  });
}

/** Hands messages of one queue to the consumer. A copy that stays behind is a duplicate. */
export async function deliverMessages(world: World, messages: readonly Message[], keepCopies: boolean): Promise<void> {
  const [first] = messages;
  if (first === undefined) return;
  for (const message of messages) world.queued.splice(world.queued.indexOf(message), 1);
  if (keepCopies) world.queued.push(...messages.map((message) => ({ ...message, visibleAt: world.time + 1000 })));
  const open = new Set(messages);
  // What was not acknowledged when its consumer ended, by a throw or by death, comes again.
  const again = (message: Message, delaySeconds: number) => {
    if (!open.delete(message)) return;
    const isDead = message.attempts > RETRIES_MAX && !message.queue.endsWith('-dead');
    const [queue, attempts] = isDead ? [`${message.queue}-dead`, 1] : [message.queue, message.attempts + 1];
    world.queued.push({ ...message, queue, attempts, visibleAt: world.time + delaySeconds * 1000 });
  };
  const batch = {
    queue: first.queue,
    messages: messages.map((message) => ({
      id: message.id,
      timestamp: new Date(world.time),
      attempts: message.attempts,
      body: message.body,
      ack: () => void open.delete(message),
      retry: ({ delaySeconds = 0 }: { delaySeconds?: number } = {}) => again(message, delaySeconds),
    })),
  };
  const isReviews = first.queue.startsWith(REVIEWS);
  const name = `${first.queue} ${messages.map(({ body, attempts }) => `${typeOf(body)}#${attempts}`).join(' ')}`;
  await world.work(name, async (task) => {
    world.onDeath.set(task, () => {
      for (const message of [...open]) again(message, 1);
    });
    try {
      if (isReviews) await world.code.consumeReviews(asBatch(batch), openChecker(world, task));
      else await world.code.consume(asBatch(batch), world.open(task));
    } finally {
      for (const message of [...open]) again(message, 0);
    }
  });
}

// The consumer door reads these members of a batch and of its messages.
const asBatch = (batch: object) => batch as MessageBatch<unknown>;

/** Lets a webhook reach the door; custody hears the answer of it, or that the connection broke. */
export async function deliverWebhook(world: World, transit: Transit, isCopy: boolean): Promise<void> {
  if (!isCopy) world.transits.splice(world.transits.indexOf(transit), 1);
  const { headers, body = null } = transit.init;
  const sent = new Request(transit.url, { method: 'POST', body, ...(headers ? { headers } : {}) });
  const event: Arrived = JSON.parse(String(body));
  world.onArrived(event);
  const isChecker = transit.url.startsWith(CHECKER);
  const done = (response: Response) => {
    if (response.status === 200 && !isChecker) world.onAccepted(event);
    if (!isCopy) transit.arrive(new Response(null, { status: response.status }));
  };
  const name = `webhook ${event.kind}`;
  const task = isChecker ? askChecker(world, name, sent, done) : world.request(name, sent, done);
  const { current } = world;
  if (current !== undefined && !isCopy) world.onDeath.set(current, () => transit.lose());
  await task;
}

export function dropWebhook(world: World, transit: Transit): void {
  world.transits.splice(world.transits.indexOf(transit), 1);
  transit.lose();
}

export const fireCron = (world: World, cron: string, scheduledTime: number): Promise<void> =>
  world.run(`cron ${cron} ${new Date(scheduledTime).toISOString().slice(5, 16)}`, (app) =>
    world.code.runJobs({ cron, scheduledTime }, app),
  );

/** The database as it was at an instant. */
export interface Remembered {
  readonly at: number;
  readonly image: Uint8Array;
}

/** The database goes back to how it was; queues, custody and what clients remember do not. */
export function restore(world: World, kept: Remembered, how: 'with a new epoch' | 'silently'): void {
  crash(world);
  if (how === 'with a new epoch') world.epoch = `after-${world.time}`;
  world.restored = how;
  world.restoredTo = kept.at;
  world.product.load(kept.image);
  world.onRestored();
}

/** Every process ends now. What they had taken comes back to where it came from. */
export function crash(world: World): void {
  for (const task of world.tasks.kill()) {
    world.onDeath.get(task)?.();
  }
  world.onDeath.clear();
}
