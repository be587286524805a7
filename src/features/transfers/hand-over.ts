// The call to custody itself, for whatever is committed as `submitting`, and what its answer means.

import type { App } from '../../app/app.ts';
import type { Outcome } from '../../app/consumer.ts';
import type { Transfer } from '../../domain/transfer.ts';
import { adopt, type Hearing, hear } from '../../domain/transfer-answer.ts';
import type { Provenance } from '../../store/journal.ts';
import { findTransfer } from '../../store/transfers.ts';
import { noteAnswer, type Trouble } from './lane.ts';
import { recordOutcome } from './outcome.ts';

export async function handOver(app: App, by: Provenance, transfer: Transfer<'submitting'>): Promise<Outcome> {
  const answer = await app.custody.transfer(transfer.custodyWalletId, transfer.requestBody);
  // The call may have taken long: what it brought is dated by its end.
  const at = app.clock.now();
  const trouble = await noteAnswer(app, answer);
  if (answer.kind === 'conflict') {
    const duplicate =
      answer.duplicateId === undefined
        ? undefined
        : await app.custody.findTransfer(transfer.custodyWalletId, answer.duplicateId);
    return recordOutcome(app, { ...by, at }, transfer, adopt(transfer, duplicate, at));
  }
  if (answer.kind === 'taken') {
    const found = await app.custody.findTransferByExternalId(
      transfer.custodyWalletId,
      transfer.externalId,
      transfer.createdAt,
    );
    return found === undefined
      ? recordAnswer(app, { ...by, at }, transfer, UNSEEN, trouble)
      : recordOutcome(app, { ...by, at }, transfer, adopt(transfer, found, at));
  }
  return recordAnswer(app, { ...by, at }, transfer, answer, trouble);
}

const UNSEEN: Hearing = { kind: 'unknown', reason: 'custody has it and does not show it yet' };
const HEARINGS_MAX = 3;

/** Marked by a stop during the call, it is heard on what it is now: an answer that is not kept counts as none. */
async function recordAnswer(
  app: App,
  by: Provenance,
  transfer: Transfer<'submitting'>,
  answer: Hearing,
  trouble: Trouble | undefined,
): Promise<Outcome> {
  let asked = transfer;
  for (let hearings = 1; ; hearings += 1) {
    const outcome = await recordOutcome(app, by, asked, hear(asked, answer, by.at, app.random()), trouble);
    if (outcome === 'done' || hearings === HEARINGS_MAX) return outcome;
    const now = await findTransfer(app.database, 'staff', transfer.id);
    if (now?.status !== 'submitting' || now.attempts !== transfer.attempts) return outcome;
    asked = now;
  }
}
