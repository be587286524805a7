// Dfns' audit log of signed user actions. The list is CSV, which the SDK cannot read, so it is asked for by plain fetch; the
// single entry, with the signature, is JSON. Shapes: Dfns API reference, audit logs.
import * as z from 'zod';
import type { SignedAction, SignedActionLine, SignedActions } from '../domain/custody.ts';
import { CustodyUnavailable } from './custody.ts';

const TIMEOUT_MILLISECONDS = 30_000;
const HEADER = [
  'Date Performed',
  'Audit Log ID',
  'User ID',
  'Username',
  'Primary Credential ID',
  'Action Path',
  'Summary',
];

export interface AuditLogAccess {
  readonly apiUrl: string;
  readonly authToken: string;
}

const Listed = z.object({ status: z.number(), isTruncated: z.boolean(), text: z.string() });

/** One range, of at most seven days, as it is answered. */
export async function askForSignedActions(
  { apiUrl, authToken }: AuditLogAccess,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<z.infer<typeof Listed>> {
  const url = new URL('/auth/action/logs', apiUrl);
  url.searchParams.set('startTime', from);
  url.searchParams.set('endTime', to);
  const answer = await fetch(url, {
    headers: { authorization: `Bearer ${authToken}`, 'user-agent': 'fiducia/1' },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
  });
  const text = await answer.text();
  const isTruncated = answer.headers.get('x-dfns-result-truncated') === 'true' || /^# TRUNCATED/m.test(text);
  return { status: answer.status, isTruncated, text };
}

export function toSignedActions(answer: unknown): SignedActions {
  const { status, isTruncated, text } = Listed.parse(answer);
  if (status === 401 || status === 403) return { kind: 'not_permitted' };
  const [header, ...rows] = status === 200 ? readCsv(text.replace(/^# .*$/gm, '')) : [];
  if (header?.join() !== HEADER.join()) throw new CustodyUnavailable(`status ${status}`);
  return { kind: 'read', lines: rows.map(toLine), isTruncated };
}

const toLine = ([
  performedAt = '',
  id = '',
  userId = '',
  username = '',
  credentialId = '',
  path = '',
  summary = '',
]: readonly string[]): SignedActionLine => ({
  ...{ performedAt, id, userId, username, credentialId, path, summary },
});

/** RFC 4180: a path is whatever a client signed, so it may be quoted. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end !== ',') rows.push([]);
  }
  return rows.filter((row) => row.some((field) => field !== ''));
}

const Action = z.object({
  id: z.string(),
  action: z.string(),
  userId: z.string(),
  username: z.string(),
  datePerformed: z.string(),
  firstFactorCredential: z.object({
    id: z.string(),
    kind: z.string(),
    publicKey: z.string().nullish(),
    assertion: z
      .object({ authenticatorData: z.string().nullish(), clientData: z.string(), signature: z.string() })
      .nullish(),
  }),
});

export function toSignedAction(answer: unknown): SignedAction {
  const { id, action, userId, username, datePerformed, firstFactorCredential: credential } = Action.parse(answer);
  const { assertion } = credential;
  return {
    ...{ id, action, userId, username, performedAt: datePerformed },
    credentialId: credential.id,
    credentialKind: credential.kind,
    publicKey: credential.publicKey ?? null,
    assertion:
      assertion == null
        ? null
        : {
            authenticatorData: assertion.authenticatorData ?? null,
            clientData: assertion.clientData,
            signature: assertion.signature,
          },
  };
}
