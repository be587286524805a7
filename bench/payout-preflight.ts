// Promise: a file of 50,000 payouts is read, stored and preflighted soon and in little memory, through the door and the queue as
// they are: the file is streamed in, the batch is loaded by the slice, and its check comes as a message.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type App, openApp } from '../src/app/app.ts';
import type { Custody } from '../src/dfns/custody.ts';
import { http } from '../src/doors/http.ts';
import { consume } from '../src/doors/queue.ts';
import type { Bindings } from '../src/env.ts';
import { counted } from './support/database.ts';
import { BYTES_PER_MEGABYTE, openHeap } from './support/memory.ts';
import { migrate, type Running, start } from './support/runtime.ts';
import type { Reading } from './support/sandbox.ts';
import { allBindings, openIssuer, productBindings } from './support/settings.ts';

const ROWS = 50_000;
const SECONDS_MAX = 20;
const MEGABYTES_MAX = 64;
const AT = '2026-03-02T09:00:00.000Z';
/** Rows that are known recipients, and addresses of the sanctions list in force. */
const [PAYEES, LISTED] = [10_000, 10_000];
const WRONG_EVERY = 1_000;
const USDC = 'EthereumSepolia/0x1c7d4b196cb0c7b01d743fbc6116a902379c7238';
const LIMITS = { perRow: '50000000', perBatch: '9000000000000', perHour: '9000000000000', perDay: '9000000000000' };
const MESSAGES_MAX = 1_000;
const TRIPS_PER_LOOK = 8;

export async function payoutPreflight(script: string): Promise<Reading[]> {
  const issuer = await openIssuer();
  const keys = createServer((_, response) => response.end(issuer.jwks)).listen(0, '127.0.0.1');
  await new Promise((resolve) => keys.once('listening', resolve));
  // Of a server that listens on a port.
  const { port } = keys.address() as AddressInfo;
  await using place = await start({ name: 'product', script, bindings: productBindings(), jwks: issuer.jwks });
  try {
    await migrate(place);
    await fill(place);
    const door: Door = {
      jwksUrl: `http://127.0.0.1:${port}/jwks`,
      authorization: `Bearer ${await issuer.tokenFor('operator-1', ['operator'])}`,
    };
    // What is loaded and compiled by the first file is not memory of the second.
    await preflight(asD1(place.database), door, { rows: 100, reference: 'first' });
    const megabytes = await weighed(place, door);
    const seconds = await timed(place, door);
    return [
      {
        promise: `${ROWS} payouts are read, stored and preflighted`,
        limit: `${SECONDS_MAX} s`,
        isKept: seconds <= SECONDS_MAX,
        measured: `${seconds.toFixed(1)} s`,
      },
      {
        promise: 'and in little memory',
        limit: `${MEGABYTES_MAX} MB`,
        isKept: megabytes <= MEGABYTES_MAX,
        measured: `${megabytes.toFixed(0)} MB live at most`,
      },
    ];
  } finally {
    keys.close();
  }
}

interface File {
  readonly rows: number;
  readonly reference: string;
}
interface Door {
  readonly jwksUrl: string;
  readonly authorization: string;
}

// Safe as a cast: the door and its consumers ask of D1 what both kinds of binding have.
const asD1 = (database: Running['database']) => database as unknown as D1Database;

async function timed(place: Running, door: Door): Promise<number> {
  const began = performance.now();
  await preflight(asD1(place.database), door, { rows: ROWS, reference: 'timed' });
  return (performance.now() - began) / 1000;
}

/** What is alive after a full collection at every so many round trips to D1, over what was before. */
async function weighed(place: Running, door: Door): Promise<number> {
  const live = openHeap();
  const before = live();
  let [most, trips] = [before, 0];
  const look = () => {
    trips += 1;
    if (trips % TRIPS_PER_LOOK === 0) most = Math.max(most, live());
  };
  await preflight(counted(place.database, [], look), door, { rows: ROWS, reference: 'weighed' });
  return (most - before) / BYTES_PER_MEGABYTE;
}

/** Uploads one file and carries out what that put on the queue; ends the bench unless the batch is checked as it should be. */
async function preflight(database: D1Database, door: Door, { rows, reference }: File): Promise<void> {
  const queued: unknown[] = [];
  const app = openApp(bindingsOf(database, door, queued), {
    clock: { now: () => AT, wall: () => Date.now() },
    custody,
  });
  const headers = { authorization: door.authorization, 'content-type': 'text/csv', 'idempotency-key': reference };
  const uploaded = await ask(app, 'POST', '/v1/payout-batches', headers, fileOf({ rows, reference }));
  for (let carried = 0; queued.length > 0; carried += 1) {
    if (carried === MESSAGES_MAX) throw new Error('the check does not end');
    await carryOut(app, queued.shift());
  }
  const { authorization } = headers;
  const batch = await ask(app, 'GET', `/v1/payout-batches/${uploaded.id}`, { authorization });
  const invalid = Math.ceil(rows / WRONG_EVERY);
  const ready = rows - invalid;
  if (batch.status !== 'checked' || batch.counts.ready !== ready || batch.counts.invalid !== invalid)
    throw new Error(`not checked as it should be: ${JSON.stringify(batch).slice(0, 500)}`);
}

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly counts: { readonly ready?: number; readonly invalid?: number };
}

async function ask(
  app: App,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: ReadableStream<Uint8Array>,
): Promise<Shown> {
  const pending: Promise<unknown>[] = [];
  const sent = body === undefined ? {} : { body, duplex: 'half' as const };
  const request = new Request(`http://product.bench${path}`, { method, headers, ...sent });
  const execution = { waitUntil: (work: Promise<unknown>) => void pending.push(work), passThroughOnException() {} };
  // The one member of a context that the door calls.
  const answer = await http.fetch(request, app, execution as unknown as ExecutionContext);
  const text = await answer.text();
  await Promise.all(pending);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

async function carryOut(app: App, body: unknown): Promise<void> {
  const message = {
    id: 'message',
    timestamp: new Date(AT),
    attempts: 1,
    body,
    ack: () => {},
    // In a deployment it would wait for seconds or minutes, which this clock does not see.
    retry: () => {
      throw new Error(`comes again: ${JSON.stringify(body)}`);
    },
  };
  const batch = { queue: 'fiducia-events', messages: [message] };
  // The members of a batch that a consumer reads.
  await consume(batch as unknown as MessageBatch<unknown>, app);
}

const custody = {
  listBalances: async () => [
    { contract: USDC.split('/')[1], units: 10n ** 15n },
    { contract: undefined, units: 10n ** 18n },
  ],
} as unknown as Custody; // the one question that a preflight asks custody

const unlimited = { limit: async () => ({ success: true }) };

function bindingsOf(database: D1Database, { jwksUrl }: Door, queued: unknown[]): Bindings {
  const queue = {
    sendBatch: async (messages: readonly { readonly body: unknown }[]) =>
      void queued.push(...messages.map(({ body }) => body)),
  };
  const bindings = {
    ...{ ...allBindings(), JWT_JWKS_URL: jwksUrl, PAYOUT_LIMITS: JSON.stringify({ [USDC]: LIMITS }) },
    ...{ DB: database, MONEY: queue, EVENTS: queue, NOTIFY: queue },
    ...{ API_RATE: unlimited, DOOR_RATE: unlimited },
    HINTS: { get: async () => null, put: async () => {} },
  };
  // The bindings that an upload and its check reach for.
  return bindings as unknown as Bindings;
}

const PREFIX = `0x${'b'.repeat(32)}`;
const addressOf = (n: number): string => `${PREFIX}${n.toString(16).padStart(8, '0')}`;

/** Made as it is read: the file is nowhere in this process but where the product keeps it. */
function fileOf({ rows, reference }: File): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const LINES_PER_CHUNK = 500;
  let next = 0;
  return new ReadableStream({
    start: (stream) => stream.enqueue(encoder.encode('network,asset,address,amount,reference\n')),
    pull(stream) {
      if (next === rows) return stream.close();
      const lines = Array.from({ length: Math.min(LINES_PER_CHUNK, rows - next) }, (_, index) => {
        const n = next + index;
        const amount = n % WRONG_EVERY === 0 ? 'one' : `${(n % 40) + 1}.${String(n % 1_000_000).padStart(6, '0')}`;
        return `EthereumSepolia,USDC,${addressOf(n)},${amount},${reference} ${n}\n`;
      });
      next += lines.length;
      stream.enqueue(encoder.encode(lines.join('')));
    },
  });
}

/** Payees, a sanctions list in force, and a wallet of the pool. */
async function fill({ database }: Running): Promise<void> {
  const numbers = (count: number) =>
    `WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${count})`;
  await database.batch([
    database
      .prepare(
        `INSERT INTO payees (id, version, status, facts, created_at, network, address, ends, name, proposed_by)
         ${numbers(PAYEES)} SELECT printf('pye_%026d', n), 1, 'confirmed', '{}', ?1, 'EthereumSepolia',
         printf('${PREFIX}%08x', n * 3), printf('%x', n), 'payee', 'operator' FROM n`,
      )
      .bind(AT),
    database
      .prepare(
        `INSERT INTO screening_lists (id, version, status, facts, created_at, edition, hash, address_count, loaded_by)
         VALUES ('scl_1', 1, 'loading', '{}', ?1, 'bench', 'hash', ${LISTED}, 'admin')`,
      )
      .bind(AT),
    database.prepare(
      `INSERT INTO screening_addresses (list_id, family, address)
       ${numbers(LISTED)} SELECT 'scl_1', 'evm', printf('0x${'c'.repeat(32)}%08x', n) FROM n`,
    ),
    database.prepare("UPDATE screening_lists SET status = 'active', version = 2 WHERE id = 'scl_1'"),
    database
      .prepare(
        `INSERT INTO hot_wallets (id, version, status, facts, created_at, network, custody_id, address, label, preset)
         VALUES ('hot_1', 1, 'active', '{}', ?1, 'EthereumSepolia', 'wa-bench', '0x1', 'Pool', 'standard')`,
      )
      .bind(AT),
  ]);
}
