// Sends a dead letter again by the normal path: the message goes into the outbox by the commit that records who wanted it.
import type { App } from '../../app/app.ts';
import { nameOf } from '../../domain/actor.ts';
import { type DeadLetter, replay } from '../../domain/dead-letter.ts';
import type { DeadLetterId } from '../../domain/id.ts';
import { inStatus } from '../../domain/machine.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { commit, type Once } from '../../store/commit.ts';
import { deadLetterChange, findDeadLetter, sentAgain } from '../../store/dead-letters.ts';
import type { Provenance } from '../../store/journal.ts';

export async function replayDeadLetter(
  app: App,
  by: Provenance,
  id: DeadLetterId,
  reason: string,
  keep: (letter: DeadLetter) => readonly Once[],
): Promise<Result<DeadLetter>> {
  const found = await findDeadLetter(app.database, id);
  if (found === undefined) return refuse({ code: 'not_found' });
  const waiting = inStatus('dead_letter', found, 'waiting');
  if (!waiting.ok) return waiting;
  const next = replay(waiting.value, { by: nameOf(by.actor), at: by.at, reason });
  if (!next.ok) return next;
  const letter = next.value;
  const isSent = letter.status === 'replayed';
  const committed = await commit(app.database, {
    by,
    changes: [deadLetterChange(found, letter, isSent ? undefined : 'dead_letter.replay_proposed')],
    messages: isSent ? [sentAgain(letter)] : [],
    once: keep(letter),
  });
  return committed.ok ? accept(letter) : committed;
}
