// Applies webhook events, as many as a batch brings: kept raw, recognized once, turned into readings of what they speak of.
// However many there are, it is two reads of D1 and one commit.
import type * as z from 'zod';
import type { App } from '../../app/app.ts';
import { buryMessage } from '../../app/bury.ts';
import { groupConsumer, type Outcome } from '../../app/consumer.ts';
import { sha256 } from '../../domain/digest.ts';
import { addSeconds, secondsBetween, type Timestamp, timestamp, utcDay } from '../../domain/time.ts';
import { WebhookReceived } from '../../kit/messages.ts';
import { commit } from '../../store/commit.ts';
import { type EventFacts, findEventFacts } from '../../store/event-facts.ts';
import { countEvents, deliveryRows, type EventDay, type InboxRow, inboxOnce, listRoots } from '../../store/inbox.ts';
import type { Provenance } from '../../store/journal.ts';
import { wakeRow, wakeRows } from '../../store/outbox.ts';
import { keyOf, parseJson, subjectOf, WebhookEvent } from './event.ts';
import { findHinted, hintDone } from './hints.ts';
import { ORPHAN_FIRST_LOOK_SECONDS } from './orphans.ts';
import { namedBy, type Wake, wakesOf } from './wakes.ts';

/** Of two that apply the same fact at once one loses; it then finds the fact known. */
const ATTEMPTS = 3;

interface Received {
  readonly event: WebhookEvent;
  readonly body: string;
  readonly receivedAt: Timestamp;
  readonly via: 'webhook' | 'backfill';
}
interface Chained extends Received {
  readonly rootId: string;
  readonly key: string;
}
interface Judged extends Chained {
  readonly outcome: InboxRow['outcome'] | 'duplicate';
  readonly isLate: boolean;
  readonly wakes: readonly Wake[];
}

export const applyWebhooks = groupConsumer('events', WebhookReceived, async (app, messages, by) => {
  const [received, strange] = sort(messages);
  for (const one of strange) await keepStrange(app, by, one);
  for (let attempt = 0; attempt < ATTEMPTS && received.length > 0; attempt += 1) {
    if ((await apply(app, by, received)) === 'done') return 'done';
  }
  return received.length === 0 ? 'done' : 'again';
});

type Message = z.infer<typeof WebhookReceived>;

function sort(messages: readonly Message[]): [Received[], Message[]] {
  const received: Received[] = [];
  const strange: Message[] = [];
  for (const message of messages) {
    const event = WebhookEvent.safeParse(parseJson(message.body)).data;
    if (event === undefined) strange.push(message);
    else received.push({ ...message, event });
  }
  return [received, strange];
}

/** Signed by custody and no event as we know them: a person looks at it, once for each body. */
async function keepStrange(app: App, by: Provenance, message: Message): Promise<void> {
  // One that was sent again and is strange still is another letter.
  const origin = await sha256(`${message.body}${message.id ?? ''}`);
  const { type, id: outboxId } = message;
  const cause = 'custody sent what is no event as it is known here';
  await buryMessage(app, { origin, queue: 'events', type, cause, body: message, outboxId });
  const counts = { ...countsOf(app, by, []), received: 1, strange: 1 };
  await commit(app.database, { by, changes: [], once: [countEvents(counts)] });
}

async function apply(app: App, by: Provenance, received: readonly Received[]): Promise<Outcome> {
  const chained = await followChains(app, received);
  const hinted = await findHinted(
    app,
    chained.map(({ key }) => key),
  );
  const open = chained.filter(({ key }) => !hinted.has(key));
  const facts = await findEventFacts(
    app.database,
    namedBy(
      open.map(({ event }) => event),
      open.map(({ key }) => key),
    ),
  );
  const judged = judge(chained, hinted, facts, by.at);
  const fresh = judged.filter(({ outcome }) => outcome !== 'duplicate');
  const rows = await Promise.all(fresh.map((one) => keepRaw(app, by, one)));
  const wakes = fresh.flatMap((one) => one.wakes);
  const committed = await commit(app.database, {
    by,
    changes: [],
    once: [
      inboxOnce(rows),
      deliveryRows(judged.map(({ event, rootId, receivedAt }) => ({ eventId: event.id, rootId, receivedAt }))),
      countEvents(countsOf(app, by, judged)),
      // Ten events of one transfer cause one reading of it.
      wakeRows(wakes.map(({ queue, make }) => wakeRow(by, queue, make))),
    ],
  });
  if (!committed.ok) return 'again';
  for (const { event, outcome } of judged) {
    app.log.info('webhook.applied', { eventId: event.id, kind: event.kind, outcome });
  }
  await hintDone(
    app,
    chained.filter(({ key }) => !hinted.has(key)).map(({ key }) => key),
  );
  return 'done';
}

/** The first attempt of each delivery chain: `retryOf` names the attempt before or the first one, so the chain is followed. */
async function followChains(app: App, received: readonly Received[]): Promise<Chained[]> {
  const ids = received.flatMap(({ event: { id, retryOf } }) => (retryOf === undefined ? [id] : [id, retryOf]));
  const roots = await listRoots(app.database, ids);
  // Earlier attempts first: a later one of the same batch may name them.
  const inOrder = received.toSorted((one, other) => one.event.deliveryAttempt - other.event.deliveryAttempt);
  return inOrder.map((one) => {
    const { id, retryOf } = one.event;
    const rootId = roots.get(id) ?? (retryOf === undefined ? id : (roots.get(retryOf) ?? retryOf));
    roots.set(id, rootId);
    return { ...one, rootId, key: keyOf(one.event, rootId) };
  });
}

function judge(
  chained: readonly Chained[],
  hinted: ReadonlySet<string>,
  facts: EventFacts,
  at: Timestamp,
): readonly Judged[] {
  const here = new Set<string>([...hinted, ...facts.known]);
  const lastDates = new Map(facts.lastDates);
  return chained.map((one): Judged => {
    if (here.has(one.key)) return { ...one, outcome: 'duplicate', isLate: false, wakes: [] };
    here.add(one.key);
    const { event } = one;
    const subject = subjectOf(event) ?? '';
    const last = lastDates.get(subject) ?? '';
    const isLate = event.date !== undefined && event.date < last;
    if (!isLate && event.date !== undefined) lastDates.set(subject, event.date);
    const wakes = wakesOf(event, facts, at);
    if (wakes === 'unknown yet') return { ...one, outcome: 'orphan', isLate, wakes: [] };
    return { ...one, outcome: wakes.length > 0 ? 'applied' : 'kept', isLate, wakes };
  });
}

/** Kept before the commit that names it: a body that no row names is a few bytes too many, the reverse a gap. */
async function keepRaw(app: App, by: Provenance, judged: Judged): Promise<InboxRow> {
  const { event, body, receivedAt, key, outcome } = judged;
  const rawKey = `webhooks/${receivedAt.slice(0, 10)}/${event.id}.json`;
  await app.bindings.ARCHIVE.put(rawKey, body);
  return {
    key,
    eventId: event.id,
    kind: event.kind,
    outcome: outcome === 'duplicate' ? 'kept' : outcome,
    receivedAt,
    rawKey,
    subject: subjectOf(event) ?? null,
    date: event.date ?? null,
    nextLookAt: outcome === 'orphan' ? addSeconds(by.at, ORPHAN_FIRST_LOOK_SECONDS) : null,
    looks: 0,
  };
}

function countsOf(app: App, by: Provenance, judged: readonly Judged[]): EventDay {
  const count = (isCounted: (one: Judged) => boolean): number => judged.filter(isCounted).length;
  const now = timestamp(app.clock.wall());
  const lags = judged.map(({ receivedAt }) => Math.max(0, Math.round(secondsBetween(receivedAt, now))));
  return {
    day: utcDay(by.at),
    received: count(({ via }) => via === 'webhook'),
    duplicates: count(({ outcome }) => outcome === 'duplicate'),
    outOfOrder: count(({ isLate }) => isLate),
    backfilled: count(({ via, outcome }) => via === 'backfill' && outcome !== 'duplicate'),
    orphans: count(({ outcome }) => outcome === 'orphan'),
    strange: 0,
    lagSecondsSum: lags.reduce((sum, seconds) => sum + seconds, 0),
    lagSecondsMax: Math.max(0, ...lags),
  };
}
