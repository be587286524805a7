// A person says what became of a transfer that nobody knows about. What is said must agree with what custody shows; a large
// one takes two persons who say the same.

import type { App } from '../../app/app.ts';
import { nameOf } from '../../domain/actor.ts';
import { assetIdOf, findAsset } from '../../domain/asset.ts';
import type { CustodyTransfer } from '../../domain/custody.ts';
import type { TransferId } from '../../domain/id.ts';
import { amend, inStatus } from '../../domain/machine.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import type { Transfer, Verdict } from '../../domain/transfer.ts';
import { resolve } from '../../domain/transfer-resolution.ts';
import { commit, type Once, type Requirement } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import type { Provenance } from '../../store/journal.ts';
import { findTransfer, hashIsOfNoOther, transferChange } from '../../store/transfers.ts';
import { originOf } from './origins.ts';
import { bookOutcome } from './outcome.ts';

/** A wallet's history is read up to here; what is older is not looked for. */
const HISTORY_PAGES_MAX = 20;

interface Resolved {
  readonly transfer: Transfer;
  /** Said by one person; another one has to say the same. */
  readonly isProposed: boolean;
}
type Keep = (resolved: Resolved) => readonly Once[];

export async function resolveTransfer(
  app: App,
  by: Provenance,
  id: TransferId,
  verdict: Verdict,
  keep: Keep,
): Promise<Result<Resolved>> {
  const found = await findTransfer(app.database, 'staff', id);
  if (found === undefined) return refuse({ code: 'not_found' });
  const open = inStatus('transfer', found, 'needs_review');
  if (!open.ok) return open;
  const transfer = open.value;
  const { custodyWalletId, custodyId, externalId, createdAt } = transfer;
  const atCustody =
    custodyId === null
      ? await app.custody.findTransferByExternalId(custodyWalletId, externalId, createdAt)
      : await app.custody.findTransfer(custodyWalletId, custodyId);
  const isShown = await isShownByHistory(app, transfer, atCustody, verdict);
  const person = nameOf(by.actor);
  const resolved = resolve(transfer, { ...verdict, by: person }, { atCustody, isShown }, by.at);
  if (!resolved.ok) return resolved;
  if (needsTwo(app, transfer) && !isSeconded(transfer, verdict)) return propose(app, by, transfer, verdict, keep);
  if (needsTwo(app, transfer) && transfer.proposal?.by === person) {
    return refuse({ code: 'resolution_needs_another_person' });
  }
  const once = keep({ transfer: resolved.value, isProposed: false });
  const requires = evidenceOf(transfer, verdict);
  const booked = await bookOutcome(app, by, transfer, resolved.value, { once, requires });
  return booked.ok ? accept({ transfer: resolved.value, isProposed: false }) : booked;
}

/** A transaction of custody carries one transfer: that of another payment of the same sum is not the proof of this one. */
const evidenceOf = (transfer: Transfer, verdict: Verdict): Requirement[] =>
  verdict.outcome !== 'confirmed'
    ? []
    : [
        {
          holds: hashIsOfNoOther(transfer, verdict.transactionHash),
          refusal: { code: 'resolution_contradicted', found: 'another transfer of this transaction' },
        },
      ];

/** Whether the network shows this transaction paying what was wanted to whom it was wanted. */
async function isShownByHistory(
  app: App,
  transfer: Transfer,
  atCustody: CustodyTransfer | undefined,
  verdict: Verdict,
): Promise<boolean> {
  if (verdict.outcome !== 'confirmed') return false;
  const hash = verdict.transactionHash;
  if (atCustody?.status === 'confirmed' && atCustody.transactionHash === hash) return true;
  const recipient = await originOf(transfer).recipientOf(app, transfer);
  const asset = findAsset(transfer.asset);
  let after: string | undefined;
  for (let pages = 0; pages < HISTORY_PAGES_MAX; pages += 1) {
    const page = await app.custody.listMovements(transfer.custodyWalletId, after);
    const isThere = page.items.some(
      ({ direction, transactionHash, to, units, contract }) =>
        direction === 'out' &&
        transactionHash === hash &&
        to === recipient &&
        units === transfer.units &&
        asset !== undefined &&
        assetIdOf(asset.network, contract) === asset.id,
    );
    if (isThere || page.next === undefined) return isThere;
    after = page.next;
  }
  return false;
}

/** Above the sum of its asset two persons resolve; an asset without one always takes two. */
const needsTwo = (app: App, { asset, units }: Transfer): boolean =>
  units > (app.config.resolveAloneUpTo.get(asset) ?? 0n);

const isSeconded = ({ proposal }: Transfer<'needs_review'>, verdict: Verdict): boolean =>
  proposal !== undefined &&
  proposal.outcome === verdict.outcome &&
  (verdict.outcome !== 'confirmed' || proposal.transactionHash === verdict.transactionHash);

async function propose(
  app: App,
  by: Provenance,
  transfer: Transfer<'needs_review'>,
  verdict: Verdict,
  keep: Keep,
): Promise<Result<Resolved>> {
  const { outcome, note } = verdict;
  const transactionHash = verdict.outcome === 'confirmed' ? verdict.transactionHash : null;
  const proposal = { outcome, transactionHash, note, by: nameOf(by.actor), at: by.at };
  const proposed = amend(transfer, { proposal });
  const committed = await commit(databaseFor(app, transfer.accountId), {
    by,
    changes: [transferChange(transfer, proposed, 'transfer.resolution_proposed')],
    requires: evidenceOf(transfer, verdict),
    once: keep({ transfer: proposed, isProposed: true }),
  });
  return committed.ok ? accept({ transfer: proposed, isProposed: true }) : committed;
}
