// The stream to a SIEM: every entry in the order of places, as NDJSON batches to one address, at least once. How far it has
// come stands in D1 and moves only after the receiver took a batch, so a stop anywhere repeats a batch and leaves none out.
import { type App, begin } from '../../app/app.ts';
import { consumer } from '../../app/consumer.ts';
import type { Job } from '../../app/job.ts';
import { system } from '../../domain/actor.ts';
import { addSeconds } from '../../domain/time.ts';
import { bodies, StreamJournal, streamJournal } from '../../kit/messages.ts';
import { postTo } from '../../kit/post.ts';
import { listEntriesBetween } from '../../store/checkpoints.ts';
import { commit } from '../../store/commit.ts';
import { findCursor, keepCursor } from '../../store/cursors.ts';
import { openIncident } from '../../store/incidents.ts';
import type { JournalRow } from '../../store/journal.ts';
import { toNdjson } from './formats.ts';

const CURSOR = 'journal.stream';
const ENTRIES_PER_BATCH = 500;
const BATCHES_PER_RUN = 20;
/** Behind by more than this, somebody is told. */
const BEHIND_SECONDS = 3600;
const EVERYTHING = Number.MAX_SAFE_INTEGER;

/** Sends a wake-up when there is something behind the last batch. */
export const wakeStream: Job = async (app, { scheduledTime }) => {
  if (app.config.siem.url === undefined) return;
  const [oldest] = await nextEntries(app, 1);
  if (oldest === undefined) return;
  if (oldest.at < addSeconds(scheduledTime, -BEHIND_SECONDS)) await tellBehind(app, oldest);
  await app.bindings.EVENTS.sendBatch(bodies([streamJournal({})(null)]));
};

async function nextEntries(app: App, limit: number): Promise<JournalRow[]> {
  const { place } = (await findCursor<{ place: number }>(app.database, CURSOR)) ?? { place: 0 };
  return listEntriesBetween(app.database, { from: place + 1, to: EVERYTHING }, limit);
}

/** Two at once send a batch twice; the cursor of the slower one falls back, and the same entries go once more. */
export const streamJournalStep = consumer('events', StreamJournal, async (app) => {
  const { url, token } = app.config.siem;
  if (url === undefined) return 'done';
  for (let sent = 0; sent < BATCHES_PER_RUN; sent += 1) {
    const entries = await nextEntries(app, ENTRIES_PER_BATCH);
    const last = entries.at(-1);
    if (last === undefined) return 'done';
    const answer = await postTo({ url, token }, 'application/x-ndjson', entries.map(toNdjson).join(''));
    if (!answer.ok) {
      app.log.error('siem.not_taken', { fromPlace: entries[0]?.place ?? null, reason: answer.reason });
      // The next minute looks at the same place again.
      return 'done';
    }
    await keepCursor(app.database, CURSOR, { place: last.place });
    if (entries.length < ENTRIES_PER_BATCH) return 'done';
  }
  return 'done';
});

async function tellBehind(app: App, oldest: JournalRow): Promise<void> {
  const by = begin(app, system('journal.stream'), app.newId('msg'));
  const detail = `The stream of the journal waits at place ${oldest.place}, an entry of ${oldest.at}: its receiver does not take it.`;
  const of = { kind: 'siem_behind', about: 'stream', accountId: null, detail } as const;
  await commit(app.database, { by, changes: await openIncident(app.database, by, of) });
}
