/** Compares one answer of the sandbox, or one event, with the contract. */
import { env } from 'cloudflare:workers';
import type { Contract } from './contract.ts';
import type { Operation } from './sdk-types.ts';
import { type Issue, isRecord, issuesOf, type ShapeId } from './shape.ts';

const { shapes, operations, changeRequests, error, events }: Contract = JSON.parse(env.DFNS_CONTRACT);

export type Seen = { readonly method: string; readonly path: string; readonly status: number; readonly text: string };

/** Names of the operations, and kinds of the events, that were compared in this test file. */
export const compared = new Set<string>();

export function operationOf(method: string, path: string): Operation | undefined {
  const segments = path.split('/');
  const fits = (pattern: string) => {
    const parts = pattern.split('/');
    return parts.length === segments.length && parts.every((part, at) => part.startsWith(':') || part === segments[at]);
  };
  const parameters = ({ path: pattern }: Operation) => pattern.split(':').length;
  const [nearest] = operations
    .filter((operation) => operation.method === method && fits(operation.path))
    .toSorted((one, other) => parameters(one) - parameters(other));
  return nearest;
}

/** What is wrong with an answer, a line for each field. */
export function complaintsAbout(seen: Seen): string[] {
  const { method, path, status, text } = seen;
  const about = (name: string, issues: readonly Issue[]) =>
    issues.map(({ path: at, message }) => `${method} ${path} ${status} (${name}) ${at}: ${message}`);
  if (status >= 400) return isHtml(text) ? [] : about('error', errorIssues(seen));
  const operation = operationOf(method, path);
  if (operation === undefined) return about(`${method} ${path}`, [{ path: '', message: 'the SDK knows no such call' }]);
  const { name } = operation;
  const expected = status === 202 ? (changeRequests[name] ?? operation.answer) : operation.answer;
  compared.add(name);
  const body = parse(text);
  const data = name.endsWith('WebhookEvent') || name.endsWith('WebhookEvents') ? eventsIn(body) : [];
  return [
    ...about(name, issuesOf(shapes, expected, body)),
    ...data.flatMap((event) => about(event.kind, eventIssues(event.kind, 'data', event.data))),
  ];
}

/** What is wrong with the body of a webhook delivery. */
export function complaintsAboutEvent(text: string): string[] {
  const body = parse(text);
  const [event = { kind: 'no kind', data: undefined }] = eventsIn(body);
  compared.add(event.kind);
  return eventIssues(event.kind, 'body', body).map(({ path, message }) => `event ${event.kind} ${path}: ${message}`);
}

type Event = { readonly kind: string; readonly data: unknown };
function eventsIn(body: unknown): Event[] {
  if (!isRecord(body)) return [];
  if (Array.isArray(body.items)) return body.items.flatMap(eventsIn);
  return 'data' in body ? [{ kind: String(body.kind), data: body.data }] : [];
}

function eventIssues(kind: string, part: 'body' | 'data', value: unknown): Issue[] {
  const shape: ShapeId | undefined = events[kind]?.[part];
  return shape === undefined
    ? [{ path: 'kind', message: 'nothing says what this event holds' }]
    : issuesOf(shapes, shape, value, part === 'data' ? 'data' : '');
}

function errorIssues({ status, text }: Seen): Issue[] {
  const body = parse(text);
  const issues = issuesOf(shapes, error, body);
  const told = isRecord(body) && isRecord(body.error) ? body.error.status : undefined;
  return told === status ? issues : [...issues, { path: 'error.status', message: `expected ${status}, got ${told}` }];
}

/** An injected fault may answer with the page of a proxy. */
const isHtml = (text: string) => text.startsWith('<html>');

/** Text that is not JSON (the CSV of the audit log) is a string; no text is nothing. */
function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text; // The shape says whether a string is expected here.
  }
}
