// Whether money may go toward custody now: its pace, and the circuit breaker in front of it. A transfer that may not is left
// as it is: its time is in D1, and cron brings it again.

import type { App } from '../../app/app.ts';
import { isMoneyHeld } from '../../app/pace.ts';
import { type Heard, hearBreaker, probing, stateOf } from '../../domain/breaker.ts';
import type { TransferAnswer } from '../../domain/custody.ts';
import { findBreaker, replaceBreaker } from '../../store/breaker.ts';

export async function mayGo(app: App): Promise<boolean> {
  if (await isMoneyHeld(app)) return false;
  const breaker = await findBreaker(app.database);
  const now = Date.parse(app.clock.now());
  switch (stateOf(breaker, now)) {
    case 'go':
      return true;
    case 'wait':
      return false;
    case 'probe':
      return replaceBreaker(app.database, breaker, probing(breaker, now));
  }
}

export interface Trouble {
  readonly kind: 'custody_barred' | 'custody_silent';
  readonly detail: string;
}

/** Tells the breaker what came; the trouble that people have to know of. */
export async function noteAnswer(app: App, answer: TransferAnswer): Promise<Trouble | undefined> {
  const heard = heardIn(answer);
  if (heard === undefined) return undefined;
  const before = await findBreaker(app.database);
  if (heard === 'answered' && before.failures === 0 && before.openUntil === null) return undefined;
  const after = hearBreaker(before, heard, Date.parse(app.clock.now()));
  await replaceBreaker(app.database, before, after);
  if (answer.kind === 'barred') {
    return {
      kind: 'custody_barred',
      detail: `Custody does not accept our credential (${answer.status}): ${answer.message}`,
    };
  }
  if (answer.kind !== 'unknown' || after.openUntil === null) return undefined;
  return {
    kind: 'custody_silent',
    detail: `Custody gave no answer that can be read, ${after.failures} times in a row (${answer.reason}). Transfers wait.`,
  };
}

function heardIn({ kind }: TransferAnswer): Heard | undefined {
  switch (kind) {
    case 'accepted':
    case 'conflict':
    case 'taken':
    case 'refused':
      return 'answered';
    case 'barred':
    case 'unknown':
      return kind;
    case 'limited':
      return undefined; // the pace has heard of it
  }
}
