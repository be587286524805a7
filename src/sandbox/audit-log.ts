/** Owns the record of signed user actions and its two readings: a CSV of a range of time, and one entry in full. */
import * as z from 'zod';
import type { Account } from './derive.ts';
import type { AuditEntry } from './directory-types.ts';
import { parse, Refused } from './errors.ts';
import { type Answer, type ApiCall, ok, param, type Route } from './http.ts';
import { directionOf } from './store.ts';
import { iso, newId, type World } from './world.ts';

const DAY_MILLISECONDS = 86_400_000;
const HEADER = 'Date Performed,Audit Log ID,User ID,Username,Primary Credential ID,Action Path,Summary';

const instant = z.iso.datetime({ offset: true }).or(z.iso.date()).transform(Date.parse);
const Range = z
  .object({ startTime: instant, endTime: instant, userId: z.string().optional() })
  .refine(({ startTime, endTime }) => startTime <= endTime, 'endTime: must not be before startTime');

export const auditLogRoutes: readonly Route<ApiCall>[] = [
  { method: 'GET', path: '/auth/action/logs', operation: 'Auth:Logs:Read', serve: listAuditLogs },
  { method: 'GET', path: '/auth/action/logs/:id', operation: 'Auth:Logs:Read', serve: getAuditLog },
];

type Signed = Pick<AuditEntry, 'action' | 'actionToken' | 'credential'>;

/** What was signed is recorded, whatever then becomes of the request. */
export function recordAction(world: World, { userId, name }: Account, signed: Signed): void {
  const entry = { id: newId('uj'), userId, username: name, datePerformed: iso(world.now), ...signed };
  world.store.insert('audit_log', entry.id, entry, { user_id: userId, at: world.now });
}

function listAuditLogs(world: World, { url, listOrder }: ApiCall): Answer {
  const { auditLogDaysMax: days, auditLogRowsMax: rowsMax } = world.settings;
  const { startTime, endTime, userId } = parse(Range, Object.fromEntries(url.searchParams), 'query');
  if (days !== null && endTime - startTime > days * DAY_MILLISECONDS) {
    throw new Refused(400, `Invalid query: endTime: the range must not be longer than ${days} days`);
  }
  const direction = directionOf(listOrder);
  const whose = userId === undefined ? '' : 'user_id = ? AND ';
  const found = world.store.select(
    'audit_log',
    `WHERE ${whose}at >= ? AND at <= ? ORDER BY at ${direction}, seq ${direction} LIMIT ?`,
    ...[...(userId === undefined ? [] : [userId]), startTime, endTime, rowsMax + 1],
  );
  const isTruncated = found.length > rowsMax;
  const lines = [HEADER, ...found.slice(0, rowsMax).map(line)];
  if (isTruncated) lines.push(`# TRUNCATED: more than ${rowsMax} rows`);
  const headers = isTruncated ? { 'X-Dfns-Result-Truncated': 'true' } : {};
  return { status: 200, body: undefined, headers, csv: `${lines.join('\n')}\n` };
}

function line({ datePerformed, id, userId, username, credential, action }: AuditEntry): string {
  const [, path = action] = action.split(' ');
  return [datePerformed, id, userId, username, credential.id, path, action].map(field).join(',');
}

/** The path is whatever a client signed. */
const field = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function getAuditLog({ store }: World, call: ApiCall): Answer {
  const entry = store.find('audit_log', param(call, 'id'));
  if (!entry) throw new Refused(404, 'Audit log not found.', { id: param(call, 'id') });
  const { credential, ...rest } = entry;
  const { clientData, signature, ...firstFactor } = credential;
  const assertion = { authenticatorData: null, clientData, signature };
  return ok({ ...rest, firstFactorCredential: { ...firstFactor, assertion } });
}
