/**
 * Owns injected faults: which request meets one, and what it makes of the answer. Faults concern the emulated API only,
 * never the controls.
 *
 * A path pattern is compared segment by segment: `*` stands for one whole segment, and `**` as the last one for any
 * number of them; `*` alone means every path. The method is one method or `*`. A fault without `times` stays until all
 * faults are deleted.
 */
import * as z from 'zod';
import type { Fault } from './entities.ts';
import { dfnsError, parse, readJson } from './errors.ts';
import { type Answer, type Call, ok, type Route } from './http.ts';
import { newId, type World } from './world.ts';

const SECONDS_MAX = 300;

const FaultBody = z.strictObject({
  method: z
    .string()
    .regex(/^(GET|POST|PUT|DELETE|\*)$/i, 'expected GET, POST, PUT, DELETE or *')
    .transform((method) => method.toUpperCase()),
  path: z.string().min(1).max(500).startsWith('/').or(z.literal('*')),
  kind: z.enum(['latency', 'status', 'html', 'no_response', 'redirect', 'empty', 'garbled']),
  /** For `status` (default 500) and `html` (default 502); `redirect` is a 307, `empty` and `garbled` are a 200. */
  status: z.int().min(400).max(599).optional(),
  /** Seconds, as the Retry-After header. */
  retryAfter: z.int().min(0).optional(),
  /** How long `latency` and `no_response` hold the caller; default 1. */
  seconds: z.number().min(0).max(SECONDS_MAX).optional(),
  /** Apply the call, then lose its answer. */
  afterEffect: z.boolean().optional(),
  times: z.int().min(1).optional(),
});

export const faultRoutes: readonly Route<Call>[] = [
  { method: 'POST', path: '/_sandbox/faults', serve: addFault },
  { method: 'GET', path: '/_sandbox/faults', serve: (world) => ok({ items: listFaults(world) }) },
  { method: 'DELETE', path: '/_sandbox/faults', serve: deleteFaults },
];

function addFault(world: World, { text }: Call): Answer {
  const fault: Fault = { id: newId('flt'), ...parse(FaultBody, readJson(text), 'body') };
  world.store.insert('faults', fault.id, fault);
  return ok(fault);
}

export const listFaults = (world: World): Fault[] => world.store.select('faults', 'ORDER BY seq');

function deleteFaults(world: World): Answer {
  const deleted = world.store.count('faults');
  world.store.sql.exec('DELETE FROM faults');
  return ok({ deleted });
}

/** The first fault that fits, counted down; the older one goes first where several fit. */
export function meetFault(world: World, method: string, path: string): Fault | undefined {
  const fault = listFaults(world).find((item) => fits(item, method, path));
  if (fault?.times === undefined) return fault;
  if (fault.times > 1) world.store.save('faults', fault.id, { ...fault, times: fault.times - 1 });
  else world.store.remove('faults', fault.id);
  return fault;
}

function fits(fault: Fault, method: string, path: string): boolean {
  if (fault.method !== '*' && fault.method !== method) return false;
  if (fault.path === '*') return true;
  const pattern = fault.path.split('/');
  const segments = path.split('/');
  const isOpen = pattern.at(-1) === '**';
  const fixed = isOpen ? pattern.slice(0, -1) : pattern;
  if (isOpen ? segments.length < fixed.length : segments.length !== fixed.length) return false;
  return fixed.every((part, index) => part === '*' || part === segments[index]);
}

/** What the caller gets instead of the answer; the answer is made only where the call is to have its effect. */
export async function applyFault(fault: Fault, serve: () => Answer): Promise<Answer> {
  const seconds = fault.seconds ?? 1;
  if (fault.kind === 'latency') {
    if (!fault.afterEffect) await sleep(seconds);
    const answer = serve();
    if (fault.afterEffect) await sleep(seconds);
    return answer;
  }
  if (fault.afterEffect) serve();
  if (fault.kind === 'no_response') await sleep(seconds);
  return insteadOf(fault, fault.kind);
}

function insteadOf(fault: Fault, kind: Exclude<Fault['kind'], 'latency'>): Answer {
  // So that nobody takes for an answer of Dfns what has no form of its own.
  const marked = { 'x-sandbox-fault': kind };
  switch (kind) {
    case 'status': {
      const status = fault.status ?? 500;
      const headers = fault.retryAfter === undefined ? {} : { 'Retry-After': String(fault.retryAfter) };
      return { status, headers, body: dfnsError(status, 'Injected fault.') };
    }
    case 'html': {
      const html = '<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>';
      return { status: fault.status ?? 502, body: undefined, html };
    }
    case 'no_response':
      return { status: 200, body: {}, isLost: true };
    case 'redirect':
      return { status: 307, body: undefined, headers: { ...marked, Location: '/' } };
    case 'empty':
      return { status: 200, body: undefined, headers: marked, text: '' };
    case 'garbled':
      return { status: 200, body: undefined, headers: marked, text: '{"id": "xfr-' };
  }
}

const sleep = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
