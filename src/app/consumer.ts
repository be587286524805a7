// A queue consumer: reads a message it knows, looks at the status in D1 first, and may see any message twice.
import type * as z from 'zod';
import { system } from '../domain/actor.ts';
import type { Provenance } from '../store/journal.ts';
import type { QueueName } from '../store/outbox.ts';
import { type App, begin } from './app.ts';

/** `again`: not now; the message comes back after a while. A throw does the same and is logged as a fault. */
export type Outcome = 'done' | 'again';

export interface Consumer {
  readonly queue: QueueName;
  readonly type: string;
  /** `attempts`: how often this message was delivered, from 1. */
  readonly consume: (app: App, body: unknown, attempts: number) => Promise<Outcome>;
}

/** One of many messages of its type at once, which share their reads and their commit. */
export interface GroupConsumer {
  readonly queue: QueueName;
  readonly type: string;
  /** The outcome is that of all of them; one that cannot be carried out is found when each is tried alone. */
  readonly consumeAll: (app: App, bodies: readonly unknown[]) => Promise<Outcome>;
}

type MessageSchema = z.ZodObject<{ type: z.ZodLiteral<string>; v: z.ZodLiteral<1> }>;

export const groupConsumer = <S extends MessageSchema>(
  queue: QueueName,
  schema: S,
  carryOut: (app: App, messages: readonly z.infer<S>[], by: Provenance) => Promise<Outcome>,
): GroupConsumer => {
  const type = schema.shape.type.value;
  return {
    queue,
    type,
    consumeAll: (app, bodies) =>
      carryOut(
        app,
        bodies.map((body) => schema.parse(body)),
        begin(app, system(type), app.newId('msg')),
      ),
  };
};

export const consumer = <S extends MessageSchema>(
  queue: QueueName,
  schema: S,
  carryOut: (app: App, message: z.infer<S>, by: Provenance, attempts: number) => Promise<Outcome>,
): Consumer => {
  const type = schema.shape.type.value;
  return {
    queue,
    type,
    consume: (app, body, attempts) => {
      const message = schema.parse(body);
      return carryOut(app, message, begin(app, system(type), app.newId('msg')), attempts);
    },
  };
};
