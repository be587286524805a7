// What must hold at the very moment at which an order's money is handed over.
import { Broken } from './broken.ts';
import type { TransferRow } from './rows.ts';
import type { World } from './world.ts';

export function checkOrderRules({ product }: World, transfer: TransferRow): void {
  const { account_id: account, mandate_id: mandate, destination_id: destination } = transfer;
  const halt = product.first<{ id: string }>(
    `SELECT id FROM halts WHERE status = 'active' AND (level = 'all' OR (level = 'account' AND account_id = ?)
     OR (level = 'mandate' AND mandate_id = ?))`,
    account,
    mandate,
  );
  if (halt !== undefined) throw new Broken('nothing is handed over under a halt', `${transfer.id} under ${halt.id}`);
  const statusOf = (table: string, id: string | null) =>
    product.first<{ status: string }>(`SELECT status FROM ${table} WHERE id = ?`, id)?.status;
  if (mandate !== null && statusOf('mandates', mandate) !== 'active')
    throw new Broken('nothing is handed over without its mandate', `${transfer.id}, ${mandate}`);
  if (statusOf('destinations', destination) !== 'approved')
    throw new Broken('nothing is handed over to an address that is not approved', `${transfer.id}, ${destination}`);
  const fence = product.first<{ result: string }>('SELECT result FROM fences WHERE account_id = ?', account)?.result;
  if (fence !== 'intact' && fence !== 'degraded')
    throw new Broken('nothing is handed over while the fence is in doubt', `${transfer.id}, ${fence}`);
}
