// A request with a read-only key: who that is, whether the key opens what is asked for, and the entry that says so.
import { whyClosed } from '../domain/account-key.ts';
import type { Actor } from '../domain/actor.ts';
import { sha256 } from '../domain/digest.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import { judgeKey } from '../kit/account-key.ts';
import { findAccountKeyByHash, keyUse } from '../store/account-keys.ts';
import { commit } from '../store/commit.ts';
import { databaseFor } from '../store/database.ts';
import { type App, begin } from './app.ts';

export async function authenticateKey(app: App, text: string): Promise<Result<Actor>> {
  const key = await findAccountKeyByHash(app.database, await sha256(text));
  const reason = key === undefined ? 'unknown key' : whyClosed(key, app.clock.now());
  if (key === undefined || reason !== undefined) return refuse({ code: 'token_invalid', reason: reason ?? '' });
  return accept({ kind: 'key', subject: key.id, accountId: key.accountId, reports: key.reports });
}

/** Nothing is read by a key without an entry that says so: when it cannot be written, the reading fails. */
export async function admitKey(
  app: App,
  actor: Extract<Actor, { kind: 'key' }>,
  request: { readonly method: string; readonly path: string; readonly requestId: string },
): Promise<Result<void>> {
  const judged = judgeKey(actor, request);
  if ('code' in judged) return refuse(judged);
  const { accountId, subject: keyId } = actor;
  const bulk = keyUse({ accountId, keyId, report: judged.report, path: request.path, requestId: request.requestId });
  return commit(databaseFor(app, accountId), { by: begin(app, actor, request.requestId), changes: [], bulk });
}
