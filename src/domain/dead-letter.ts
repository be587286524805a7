// A message that could not be carried out. A person sends it again by the way of every other message; one that may move money
// takes two persons.
import type { DeadLetterId } from './id.ts';
import { amend, type InStatus, machine, transitions } from './machine.ts';
import { accept, type Result, refuse } from './result.ts';
import type { Timestamp } from './time.ts';

export const deadLetterMachine = machine({ waiting: ['replayed'], replayed: [] });

interface Proposal {
  readonly by: string;
  readonly at: Timestamp;
  readonly reason: string;
}

interface DeadLetterCore {
  readonly id: DeadLetterId;
  readonly version: number;
  /** What of ours it came from, so that the same message is kept once. */
  readonly origin: string;
  readonly queue: string;
  readonly type: string;
  readonly cause: string;
  readonly body: string;
  readonly receivedAt: Timestamp;
}

interface DeadLetterFacts {
  waiting: { readonly proposal?: Proposal };
  replayed: { readonly proposal?: Proposal; readonly replayedAt: Timestamp; readonly replayedBy: string };
}

export type DeadLetterStatus = keyof typeof deadLetterMachine;
export type DeadLetter<S extends DeadLetterStatus = DeadLetterStatus> = InStatus<DeadLetterCore, DeadLetterFacts, S>;

const become = transitions<typeof deadLetterMachine, DeadLetterCore, DeadLetterFacts>();

/** What waits here for its replay may move money: its queue is the one lane toward custody. */
export const isOfMoney = ({ queue }: Pick<DeadLetterCore, 'queue'>): boolean => /(^|-)money(-|$)/.test(queue);

/** The first person only proposes what is of money; another one than that replays it. */
export function replay(letter: DeadLetter<'waiting'>, by: Proposal): Result<DeadLetter> {
  if (isOfMoney(letter)) {
    if (letter.proposal === undefined) return accept(amend(letter, { proposal: by }));
    if (letter.proposal.by === by.by) return refuse({ code: 'dead_letter_needs_another_person' });
  }
  return accept(become(letter, 'replayed', { replayedAt: by.at, replayedBy: by.by }));
}
