/** Owns the history of all wallets together, in the flat form that Dfns gives it, between two instants. */
import * as z from 'zod';
import type { HistoryItem } from './entities.ts';
import { parse, Refused } from './errors.ts';
import { type Answer, type ApiCall, pageAnswer, pageRequest, type Route } from './http.ts';
import { startOf } from './store.ts';
import type { World } from './world.ts';

const instant = z.iso.datetime({ offset: true }).or(z.iso.date()).transform(Date.parse);
const Range = z
  .object({ startTime: instant, endTime: instant })
  .refine(({ startTime, endTime }) => startTime <= endTime, 'endTime: must not be before startTime');

export const orgHistoryRoutes: readonly Route<ApiCall>[] = [
  { method: 'GET', path: '/wallets/all/history', operation: 'Wallets:Read', serve: listOrgHistory },
];

type Row = { seq: number; body: string };

/** In the order of lists, by time and within one instant by number. */
function listOrgHistory(world: World, call: ApiCall): Answer {
  const { startTime, endTime } = parse(Range, Object.fromEntries(call.url.searchParams), 'query');
  const page = pageRequest(call);
  const { from, beyond, direction } = startOf('history', page);
  const [at, seq] = page.token === undefined ? [from, from] : placeOf(world, from);
  const rows = world.store.sql.exec<Row>(
    `SELECT seq, body FROM history WHERE at >= ? AND at <= ? AND (at, seq) ${beyond} (?, ?)
     ORDER BY at ${direction}, seq ${direction} LIMIT ?`,
    ...[startTime, endTime, at, seq, page.limit + 1],
  );
  const found = world.store.pageOf('history', rows.toArray(), page.limit);
  return pageAnswer(found, view, { orgId: world.organization.orgId });
}

function placeOf({ store }: World, seq: number): [at: number, seq: number] {
  const [row] = store.sql.exec<{ at: number }>('SELECT at FROM history WHERE seq = ?', seq).toArray();
  if (!row) throw new Refused(400, 'Invalid query: paginationToken: not a page token');
  return [row.at, seq];
}

/** Dfns types the decimals as text here, and leaves open what `amount` counts: minimum units, as everywhere else. */
function view({ metadata, from, to, froms, tos, ...item }: HistoryItem) {
  const { timestamp, walletId, network, direction, value, tokenId, contract, mint, fee, txHash } = item;
  const sender = from ?? froms?.[0];
  const receiver = to ?? tos?.[0];
  const asset = contract ?? mint;
  const { symbol, decimals } = metadata.asset;
  return {
    ...{ timestamp, walletId, network, direction, amount: value, txHash },
    ...(sender !== undefined && { from: sender }),
    ...(receiver !== undefined && { to: receiver }),
    ...(tokenId !== undefined && { tokenId }),
    ...(asset !== undefined && { asset }),
    ...(symbol !== undefined && { symbol }),
    ...(decimals !== undefined && { decimals: String(decimals) }),
    ...(fee !== undefined && { fee, ...feeIn(metadata.fee) }),
  };
}

const feeIn = ({ symbol, decimals }: HistoryItem['metadata']['asset'] = {}) => ({
  ...(symbol !== undefined && { feeSymbol: symbol }),
  ...(decimals !== undefined && { feeDecimals: String(decimals) }),
});
