// Who pays and who is known: hot wallets, which an admin adds, and payees, which an operator proposes and an officer confirms.
import type { App } from '../../app/app.ts';
import { nameOf } from '../../domain/actor.ts';
import { acceptAsDestination, parseAddress } from '../../domain/address.ts';
import { type HotWallet, judgeHotWallet, retire } from '../../domain/hot-wallet.ts';
import type { HotWalletId, PayeeId } from '../../domain/id.ts';
import { ends } from '../../domain/look-alike.ts';
import { inStatus } from '../../domain/machine.ts';
import type { Network } from '../../domain/network.ts';
import { confirmPayee, type Payee, retirePayee } from '../../domain/payee.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { commit, type Once } from '../../store/commit.ts';
import { findHotWallet, hotWalletChange, isNoClientsWallet } from '../../store/hot-wallets.ts';
import type { Provenance } from '../../store/journal.ts';
import { findPayee, findPayeeOf, payeeChange } from '../../store/payees.ts';
import { nothingInFlight } from '../../store/transfers.ts';

/** The wallet was made and tagged at custody; what it is there decides whether it may pay. */
export async function addHotWallet(
  app: App,
  by: Provenance,
  { custodyWalletId, label }: { custodyWalletId: string; label: string },
  keep: (wallet: HotWallet) => readonly Once[],
): Promise<Result<HotWallet>> {
  const fit = judgeHotWallet(await app.custody.findWallet(custodyWalletId));
  if (!fit.ok) return fit;
  const wallet: HotWallet<'active'> = {
    ...fit.value,
    ...{ id: by.newId('hot'), version: 1, status: 'active', label, addedBy: nameOf(by.actor), createdAt: by.at },
  };
  const committed = await commit(app.database, {
    by,
    changes: [hotWalletChange(undefined, wallet)],
    requires: [
      {
        holds: isNoClientsWallet(wallet.custodyId),
        refusal: { code: 'hot_wallet_unfit', reason: "The wallet is a client's." },
      },
    ],
    once: keep(wallet),
  });
  if (committed.ok) return accept(wallet);
  return committed.refusal.code === 'version_conflict' ? refuse({ code: 'hot_wallet_exists' }) : committed;
}

/** It pays nothing from here on. What is under way has to end first: its outcome is still to be heard of this wallet. */
export async function retireHotWallet(
  app: App,
  by: Provenance,
  id: HotWalletId,
  keep: (wallet: HotWallet) => readonly Once[],
): Promise<Result<HotWallet>> {
  const wallet = await findHotWallet(app.database, id);
  if (wallet === undefined) return refuse({ code: 'not_found' });
  const active = inStatus('hot wallet', wallet, 'active');
  if (!active.ok) return active;
  const retired = retire(active.value, nameOf(by.actor), by.at);
  const committed = await commit(app.database, {
    by,
    changes: [hotWalletChange(wallet, retired)],
    requires: [{ holds: nothingInFlight(id), refusal: { code: 'hot_wallet_busy' } }],
    once: keep(retired),
  });
  return committed.ok ? accept(retired) : committed;
}

export async function proposePayee(
  app: App,
  by: Provenance,
  { network, address: text, name }: { network: Network; address: string; name: string },
  keep: (payee: Payee) => readonly Once[],
): Promise<Result<Payee>> {
  const parsed = parseAddress(network, text);
  const address = parsed.ok ? acceptAsDestination(network, parsed.value, []) : parsed;
  if (!address.ok) return address;
  const known = await findPayeeOf(app.database, network, address.value);
  if (known !== undefined) return refuse({ code: 'payee_exists', payeeId: known.id });
  const payee: Payee<'proposed'> = {
    ...{ id: by.newId('pye'), version: 1, status: 'proposed', network, address: address.value, name },
    ...{ ends: ends(address.value), proposedBy: nameOf(by.actor), createdAt: by.at },
  };
  const committed = await commit(app.database, { by, changes: [payeeChange(undefined, payee)], once: keep(payee) });
  return committed.ok ? accept(payee) : committed;
}

export const decidePayee = async (
  app: App,
  by: Provenance,
  { id, decision }: { id: PayeeId; decision: 'confirm' | 'retire' },
  keep: (payee: Payee) => readonly Once[],
): Promise<Result<Payee>> => {
  const payee = await findPayee(app.database, id);
  if (payee === undefined) return refuse({ code: 'not_found' });
  const decided = decide(payee, nameOf(by.actor), by.at, decision);
  if (!decided.ok) return decided;
  const after = decided.value;
  const committed = await commit(app.database, { by, changes: [payeeChange(payee, after)], once: keep(after) });
  return committed.ok ? decided : committed;
};

function decide(payee: Payee, by: string, at: string, decision: 'confirm' | 'retire'): Result<Payee> {
  if (decision === 'confirm') {
    const proposed = inStatus('payee', payee, 'proposed');
    return proposed.ok ? confirmPayee(proposed.value, by, at) : proposed;
  }
  const alive = inStatus('payee', payee, 'proposed', 'confirmed');
  return alive.ok ? accept(retirePayee(alive.value, by, at)) : alive;
}
