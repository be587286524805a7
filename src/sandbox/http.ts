/** Owns what a request and an answer are inside the sandbox, and how a path finds its route. */
import type { Account } from './derive.ts';
import { Refused } from './errors.ts';
import type { Order, Page, PageRequest } from './store.ts';
import type { World } from './world.ts';

/** A request whose body has been read: everything after that is synchronous, hence one transaction. */
export type Call = {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly text: string;
  readonly params: Readonly<Record<string, string>>;
};
export type ApiCall = Call & {
  readonly caller: Account;
  /** Of the settings: in which order the caller gets a list. */
  readonly listOrder: Order;
  /** A transfer that an exchange made of a deposit. */
  readonly isDeposit?: true;
};

export type Answer = {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
  /** Instead of the JSON body. */
  html?: string;
  csv?: string;
  /** Instead of the JSON body, and called JSON all the same. */
  text?: string;
  /** The caller must not get this answer, or any. */
  isLost?: true;
  /** What has to wait for the network, after the transaction; its answer replaces this one. */
  later?: (machine: Machine) => Promise<Answer>;
};

/** What an answer may still do once its own transaction is over. */
export type Machine = {
  transaction: <T>(act: (world: World) => T) => T;
  /** Moves the clock and fires what becomes due, each at its own instant; the new time. */
  advance: (milliseconds: number) => Promise<number>;
};

export const ok = (body: unknown): Answer => ({ status: 200, body });

export type Route<C extends Call> = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  /** The operation a caller must hold; undefined where being known is enough. */
  operation?: string;
  /** Another operation that Dfns lists for the same endpoint; a setting says whether one of the two is enough. */
  otherOperation?: string;
  /** Dfns asks a user action for nearly every mutation; the exceptions say so. */
  withoutUserAction?: true;
  serve: (world: World, call: C) => Answer;
};

export type Match<C extends Call> = { route: Route<C>; params: Record<string, string> };

/** What the Durable Object tells the Worker in front of it about a lost answer. */
export const LOST_HEADER = 'x-sandbox-lost';

export function render({ status, body, headers, html, csv, text: raw, isLost }: Answer): Response {
  const init = { status, headers: { ...headers, ...(isLost && { [LOST_HEADER]: 'yes' }) } };
  const text = (content: string, type: string) =>
    new Response(content, { ...init, headers: { ...init.headers, 'content-type': type } });
  if (html !== undefined) return text(html, 'text/html');
  if (csv !== undefined) return text(csv, 'text/csv');
  if (raw !== undefined) return text(raw, 'application/json');
  // An answer without a body is a 204, which must not have even an empty one.
  return body === undefined ? new Response(null, init) : Response.json(body, init);
}

/** Routes by method and number of segments; `:name` takes one segment. */
export function router<C extends Call>(routes: readonly Route<C>[]) {
  const table = Map.groupBy(routes, ({ method, path }) => `${method} ${path.split('/').length}`);
  return (method: string, path: string): Match<C> | undefined => {
    const segments = path.split('/');
    for (const route of table.get(`${method} ${segments.length}`) ?? []) {
      const params = match(route.path.split('/'), segments);
      if (params) return { route, params };
    }
    return undefined;
  };
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (!part.startsWith(':')) {
      if (part !== segment) return undefined;
    } else {
      if (segment === '') return undefined;
      params[part.slice(1)] = decode(segment);
    }
  }
  return params;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // A broken escape names nothing, so it ends as a 404.
  }
}

export const param = (call: Call, name: string) => call.params[name] ?? '';

export function pageRequest(
  call: Call & { listOrder?: Order },
  { limitDefault = 100, limitMax = 500 } = {},
): PageRequest {
  const text = call.url.searchParams.get('limit');
  const limit = text === null ? limitDefault : /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > limitMax) throw new Refused(400, `Invalid query: limit: must be from 1 to ${limitMax}`);
  return { limit, token: call.url.searchParams.get('paginationToken') ?? undefined, order: call.listOrder ?? 'newest' };
}

/** A query value of a closed set; anything else is refused rather than ignored. */
export function choice<const T extends string>(call: Call, name: string, allowed: readonly T[]): T | undefined {
  const text = call.url.searchParams.get(name);
  if (text === null) return undefined;
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw new Refused(400, `Invalid query: ${name}: expected one of ${allowed.join(', ')}`);
  return found;
}

export const pageAnswer = <T>(page: Page<T>, view: (item: T) => unknown, extra: Record<string, unknown> = {}): Answer =>
  ok({ ...extra, ...page, items: page.items.map(view) });
