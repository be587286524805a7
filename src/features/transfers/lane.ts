// Whether money may go toward custody now: its pace, and the circuit breaker in front of it. A transfer that may not is left
// as it is: its time is in D1, and cron brings it again.

import type { App } from '../../app/app.ts';
import { isMoneyHeld } from '../../app/pace.ts';
import { type Heard, hearBreaker, probing, stateOf } from '../../domain/breaker.ts';
import type { TransferAnswer } from '../../domain/custody.ts';
import { findBreaker, replaceBreaker } from '../../store/breaker.ts';

/** Takes the turn: to be asked when all that is left is the commit and the call. False when another went first. */
export type Turn = () => Promise<boolean>;

/** Undefined while nothing may go. */
export async function findTurn(app: App): Promise<Turn | undefined> {
  if (await isMoneyHeld(app)) return undefined;
  const breaker = await findBreaker(app.database);
  const now = Date.parse(app.clock.now());
  switch (stateOf(breaker, now)) {
    case 'go':
      return async () => true;
    case 'wait':
      return undefined;
    case 'probe': {
      // Once: whoever looks again goes on with the turn that it has.
      let taken: Promise<boolean> | undefined;
      return () => {
        taken ??= replaceBreaker(app.database, breaker, probing(breaker, now));
        return taken;
      };
    }
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
