/**
 * Watches every answer of the sandbox that a test receives, whoever asked: the SDK, the product or the test itself. They
 * all use the global fetch. The test during which a wrong answer came fails, whatever it made of that answer.
 */
import { afterEach, vi } from 'vitest';
import { complaintsAbout, complaintsAboutEvent } from './compare.ts';

const SANDBOX = 'sandbox.test';
const FAULT_HEADER = 'x-sandbox-fault';
let complaints: string[] = [];

/** The complaints so far, which are then forgotten. */
export function takeComplaints(): string[] {
  const taken = complaints;
  complaints = [];
  return taken;
}

/** The same fetch, with an eye on what the sandbox answers. */
export const watch =
  (ask: typeof fetch): typeof fetch =>
  async (input: RequestInfo | URL, init?: RequestInit) => {
    const answer = await ask(input, init);
    const { hostname, pathname } = new URL(input instanceof Request ? input.url : input);
    if (hostname !== SANDBOX) return answer;
    const method = init?.method ?? (input instanceof Request ? input.method : 'GET');
    complaints.push(...(await complaintsOf(method, pathname, answer)));
    return answer;
  };

async function complaintsOf(method: string, path: string, answer: Response): Promise<string[]> {
  const isControl = /^\/_sandbox(\/|$)/.test(path);
  // The controls are not Dfns, but this one shows what was sent to webhooks.
  const showsEvents = method === 'GET' && path === '/_sandbox/deliveries' && answer.ok;
  if (isControl && !showsEvents) return [];
  if (answer.headers.has(FAULT_HEADER)) return []; // Put in the place of an answer on purpose.
  const text = await answer
    .clone()
    .text()
    .catch(() => undefined);
  if (text === undefined) return []; // An answer that was lost on purpose; the caller meets the same.
  if (!showsEvents) return complaintsAbout({ method, path, status: answer.status, text });
  const { items }: { items: { body: string }[] } = JSON.parse(text);
  return items.flatMap(({ body }) => complaintsAboutEvent(body));
}

const watched = watch(globalThis.fetch);

/** For the set-up of every test file. */
export function watchTheSandbox(): void {
  takeComplaints();
  globalThis.fetch = watched;
  afterEach(() => {
    if (globalThis.fetch !== watched && !vi.isMockFunction(globalThis.fetch)) {
      throw new Error('the fetch that watches the answers of the sandbox was replaced');
    }
    complain();
  });
}

/** Throws what was wrong since the last look. */
export function complain(): void {
  const found = [...new Set(takeComplaints())];
  if (found.length > 0) throw new Error(`not as the SDK's types say:\n${found.join('\n')}`);
}
