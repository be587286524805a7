// Stands in for KV, which may show what was there a while ago, for R2, and for queues, which deliver at least once.
import type { Effect } from '../tasks.ts';

/** What a read of KV may show besides what was written last. */
export interface Kept {
  readonly value: string | null;
  readonly before: string | null;
}

export interface Message {
  readonly id: string;
  readonly queue: string;
  readonly body: unknown;
  attempts: number;
  /** Milliseconds; it is not delivered before. */
  visibleAt: number;
}

export interface Stores {
  readonly kv: Map<string, Kept>;
  readonly archive: Map<string, string>;
  readonly queued: Message[];
  now(): number;
  /** Whether a read shows the value from before the last write. */
  isStale(): boolean;
}

export function localKv(stores: Stores, effect: Effect): KVNamespace {
  return asNamespace({
    get: (key: string) =>
      effect(
        'KV',
        () => `get ${key}`,
        () => {
          const kept = stores.kv.get(key);
          return (stores.isStale() ? kept?.before : kept?.value) ?? null;
        },
      ),
    put: (key: string, value: string) =>
      effect(
        'KV',
        () => `put ${key}`,
        () => {
          stores.kv.set(key, { value, before: stores.kv.get(key)?.value ?? null });
        },
      ),
  });
}

export function localArchive(stores: Stores, effect: Effect): R2Bucket {
  return asBucket({
    put: (key: string, body: string, { onlyIf }: R2PutOptions = {}) =>
      effect(
        'R2',
        () => `put ${key}`,
        () => {
          // The one condition that is ever asked for: that nothing is there.
          if (onlyIf !== undefined && stores.archive.has(key)) return null;
          stores.archive.set(key, body);
          return {};
        },
      ),
    get: (key: string) =>
      effect(
        'R2',
        () => `get ${key}`,
        () => {
          const body = stores.archive.get(key);
          return body === undefined ? null : { text: async () => body };
        },
      ),
    list: ({ prefix = '', startAfter = '', limit = 1000 }: R2ListOptions) =>
      effect(
        'R2',
        () => `list ${prefix}`,
        () => {
          const keys = [...stores.archive.keys()].filter((key) => key.startsWith(prefix) && key > startAfter).sort();
          return { objects: keys.slice(0, limit).map((key) => ({ key })) };
        },
      ),
    delete: (keys: readonly string[]) =>
      effect(
        'R2',
        () => `delete ${keys.length}`,
        () => {
          for (const key of keys) stores.archive.delete(key);
        },
      ),
  });
}

let messages = 0;
/** Ids are counted anew for each episode. */
export const countMessagesAnew = (): void => {
  messages = 0;
};

export function localQueue(stores: Stores, queue: string, effect: Effect): Queue {
  const take = (body: unknown, delaySeconds = 0) => {
    messages += 1;
    const visibleAt = stores.now() + delaySeconds * 1000;
    stores.queued.push({ id: `queued-${messages}`, queue, body: structuredClone(body), attempts: 1, visibleAt });
  };
  return asQueue({
    send: (body: unknown, { delaySeconds = 0 }: { delaySeconds?: number } = {}) =>
      effect(
        'queue',
        () => `send ${typeOf(body)}`,
        () => take(body, delaySeconds),
      ),
    sendBatch: (sent: Iterable<{ body: unknown }>) => {
      const bodies = [...sent].map(({ body }) => body);
      return effect(
        'queue',
        () => `send ${bodies.map(typeOf).join(' ')}`,
        () => {
          for (const body of bodies) take(body);
        },
      );
    },
  });
}

export const typeOf = (body: unknown): string => String(Object(body).type);

// The product calls the members that are here, and no others.
const asNamespace = (namespace: object) => namespace as KVNamespace;
const asBucket = (bucket: object) => bucket as R2Bucket;
const asQueue = (queue: object) => queue as Queue;
