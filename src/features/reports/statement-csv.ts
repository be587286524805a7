// A statement as CSV: one table, each line told apart by its first column. Labels are people's words, so every field is text.
import type * as z from 'zod';
import { csvLine } from '../../kit/csv.ts';
import type { StatementView } from './schemas.ts';

type View = z.infer<typeof StatementView>;

const columns = [
  ...['line', 'at', 'asset', 'units', 'formatted', 'fee_asset', 'fee_units', 'from', 'to', 'destination', 'doubt'],
  ...['transaction_hash', 'transfer_id', 'order_id', 'says'],
] as const;
type Cells = Partial<Record<(typeof columns)[number], string | null>>;

const line = (cells: Cells): string => csvLine(columns.map((column) => cells[column] ?? ''));

export function statementCsv(view: View): string {
  const figures = (name: 'opening' | 'received' | 'sent' | 'fees' | 'closing' | 'difference', at: string) =>
    view.assets.map((row) => line({ line: name, at, asset: row.asset, units: row[name] }));
  return [
    csvLine(columns),
    line({ line: 'account', says: view.accountId }),
    line({ line: 'period', at: view.from, says: `until ${view.to}, made at ${view.madeAt}` }),
    ...figures('opening', view.from),
    ...view.lines.map((movement) =>
      line({
        line: movement.direction,
        at: movement.at,
        asset: movement.amount.asset,
        units: movement.amount.units,
        formatted: movement.amount.formatted,
        fee_asset: movement.fee?.asset ?? null,
        fee_units: movement.fee?.units ?? null,
        from: movement.from,
        to: movement.to,
        destination: movement.destination,
        doubt: movement.doubt,
        transaction_hash: movement.transactionHash,
        transfer_id: movement.transferId,
        order_id: movement.orderId,
      }),
    ),
    ...(['received', 'sent', 'fees', 'closing'] as const).flatMap((name) => figures(name, view.to)),
    ...figures('difference', view.reconciliation.checkedAt),
    ...rulesOf(view.rules).map((says) => line({ line: 'rule', at: view.to, says })),
    line({ line: 'digest', says: view.verification.digest }),
    line({ line: 'verification', says: view.verification.code }),
  ].join('');
}

/** The rules in force, in sentences. */
export function rulesOf(rules: View['rules']): string[] {
  if (rules === null) return ['The account was not open yet.'];
  return [
    ...rules.destinations.map(
      ({ label, network, address, status }) => `Destination "${label}" on ${network}, ${status}: ${address}`,
    ),
    ...rules.limits.map(({ says }) => says),
    ...rules.mandates.map(({ venue, status, validUntil }) => `Mandate to ${venue}, ${status}, until ${validUntil}`),
    ...rules.halts.map(({ level, reason, since }) => `Halt (${level}) since ${since}: ${reason}`),
    `Last check of the fence: ${rules.fence.result}${rules.fence.checkedAt === null ? '' : `, ${rules.fence.checkedAt}`}`,
  ];
}
