// What cannot be carried out is kept for a person, who is told of it once for each kind of message.
import { system } from '../domain/actor.ts';
import type { DeadLetter } from '../domain/dead-letter.ts';
import { commit } from '../store/commit.ts';
import { buried, unsent } from '../store/dead-letters.ts';
import { openIncident } from '../store/incidents.ts';
import type { Provenance } from '../store/journal.ts';
import { type App, begin } from './app.ts';

export interface Dead {
  /** What it came from: the same is kept once. */
  readonly origin: string;
  readonly queue: string;
  readonly type: string;
  readonly cause: string;
  readonly body: unknown;
  readonly outboxId: string | null;
}

export const letterOf = (by: Provenance, { origin, queue, type, cause, body }: Dead): DeadLetter<'waiting'> => ({
  id: by.newId('dlt'),
  // Nothing is decided yet: the first entry is that of a person.
  version: 0,
  status: 'waiting',
  ...{ origin, queue, type, cause },
  body: JSON.stringify(body),
  receivedAt: by.at,
});

export async function buryMessage(app: App, dead: Dead): Promise<void> {
  const by = begin(app, system('queue.dead'), app.newId('msg'));
  const incident = {
    kind: 'message_dead' as const,
    about: dead.type,
    accountId: null,
    detail: `A message "${dead.type}" could not be carried out: ${dead.cause}. GET /v1/dead-letters lists them.`,
  };
  const committed = await commit(app.database, {
    by,
    changes: await openIncident(app.database, by, incident),
    once: [buried([letterOf(by, dead)]), ...(dead.outboxId === null ? [] : [unsent(dead.outboxId)])],
  });
  // Two of a kind died at once: the other one has told of it, and this one comes again.
  if (!committed.ok) throw new Error('not buried: another message of its kind was at the same time');
  app.log.error('queue.dead_letter', { type: dead.type, messageId: dead.outboxId, queue: dead.queue });
}
