// A statement on paper that somebody asked for: its data is kept when it is asked for, the queue makes the document from it, and
// whoever asked fetches it. What is printed is what was signed, whatever has happened meanwhile. It is kept for a week.

import type { z } from '@hono/zod-openapi';
import type { App } from '../../app/app.ts';
import { consumer } from '../../app/consumer.ts';
import type { Job } from '../../app/job.ts';
import type { AccountId } from '../../domain/id.ts';
import { addSeconds, utcDay } from '../../domain/time.ts';
import { PrintStatement, printStatement } from '../../kit/messages.ts';
import { databaseFor } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { keepWake, wakeRow } from '../../store/outbox.ts';
import { render } from './formats.ts';
import { StatementView } from './schemas.ts';

const FOLDER = 'prints/';
const KEPT_SECONDS = 7 * 86_400;
const FORGOTTEN_PER_RUN = 500;

interface Place {
  readonly accountId: AccountId;
  /** The day it was asked for, and the digest of its data. */
  readonly print: string;
}

// By day first, so that the oldest are listed first.
const keyOf = ({ accountId, print }: Place, format: 'json' | 'pdf'): string =>
  `${FOLDER}${print.slice(0, 10)}/${accountId}/${print}.${format}`;

/** The data comes first: a message never names what is not there. */
export async function askForPrint(
  app: App,
  by: Provenance,
  accountId: AccountId,
  view: z.infer<typeof StatementView>,
): Promise<string> {
  const place = { accountId, print: `${utcDay(by.at)}-${view.verification.digest}` };
  await app.bindings.ARCHIVE.put(keyOf(place, 'json'), JSON.stringify(view));
  await keepWake(databaseFor(app, accountId), wakeRow(by, 'notify', printStatement(place)));
  return place.print;
}

export const printStatementStep = consumer('notify', PrintStatement, async (app, place) => {
  const { ARCHIVE } = app.bindings;
  if ((await ARCHIVE.get(keyOf(place, 'pdf'))) !== null) return 'done';
  const data = await ARCHIVE.get(keyOf(place, 'json'));
  // Forgotten meanwhile: nobody can fetch it any more.
  if (data === null) return 'done';
  await ARCHIVE.put(keyOf(place, 'pdf'), await render(StatementView.parse(await data.json()), 'pdf'));
  return 'done';
});

/** The document; undefined when nobody asked for it in the last week. */
export async function findPrint(app: App, place: Place): Promise<ArrayBuffer | 'not printed yet' | undefined> {
  const { ARCHIVE } = app.bindings;
  const file = await ARCHIVE.get(keyOf(place, 'pdf'));
  if (file !== null) return file.arrayBuffer();
  return (await ARCHIVE.get(keyOf(place, 'json'))) === null ? undefined : 'not printed yet';
}

export const forgetOldPrints: Job = async (app, { scheduledTime }) => {
  const oldest = `${FOLDER}${utcDay(addSeconds(scheduledTime, -KEPT_SECONDS))}/`;
  const { objects } = await app.bindings.ARCHIVE.list({ prefix: FOLDER, limit: FORGOTTEN_PER_RUN });
  const old = objects.map(({ key }) => key).filter((key) => key < oldest);
  if (old.length > 0) await app.bindings.ARCHIVE.delete(old);
};
