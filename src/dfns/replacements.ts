// Follows a transfer to what took its place at custody: a transaction, or another after it.
import { DfnsError } from '@dfns/sdk';
import type { CustodyReplacement, CustodyTransfer } from '../domain/custody.ts';
import { CustodyUnavailable } from './custody.ts';

/** One link: a transaction or a transfer that replaced what came before it, and may be replaced itself. */
export type Link = CustodyReplacement & { readonly walletId: string; readonly replacementId?: string | undefined };

/** Somebody sped it up that often: from there on a person looks. */
const LINKS_MAX = 8;

/** With its replacement, where it has one that can be read. A confirmed one was quicker than what was to replace it. */
export async function follow(
  transfer: CustodyTransfer,
  readLink: (id: string) => Promise<Link | undefined>,
): Promise<CustodyTransfer> {
  let id = transfer.status === 'confirmed' ? undefined : transfer.replacementId;
  let kind: Link['kind'] = 'speed_up';
  for (let links = 0; id !== undefined && links < LINKS_MAX; links += 1) {
    const link = await readIfAllowed(id, readLink);
    if (link === undefined || link.walletId !== transfer.walletId) return transfer;
    kind = kind === 'speed_up' ? link.kind : kind === link.kind || link.kind === 'speed_up' ? kind : 'other';
    if (link.status === 'confirmed' || link.replacementId === undefined) {
      const { status, transactionHash } = link;
      return { ...transfer, replacement: { id, kind, status, transactionHash } };
    }
    id = link.replacementId;
  }
  return transfer;
}

/** A role from before transfers were followed may not read transactions: the transfer is worth having all the same. */
async function readIfAllowed(id: string, readLink: (id: string) => Promise<Link | undefined>) {
  try {
    return await readLink(id);
  } catch (fault) {
    const { cause } = fault instanceof CustodyUnavailable ? fault : {};
    if (cause instanceof DfnsError && cause.httpStatus === 403) return undefined;
    throw fault;
  }
}
