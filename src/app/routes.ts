// The typed router: handlers see App as `c.env`, and what was found out about the caller as `c.var`.
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Actor } from '../domain/actor.ts';
import type { AccountId } from '../domain/id.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import { problem } from '../kit/problem.ts';
import { findClient } from '../store/clients.ts';
import type { Once, Requirement } from '../store/commit.ts';
import type { Scope } from '../store/database.ts';
import type { Provenance } from '../store/journal.ts';
import { type App, begin } from './app.ts';

/** The answer to keep under the request's Idempotency-Key, as a row of the commit that has the effect. */
export type Keep = (status: number, body: object) => readonly Once[];

export interface Variables {
  requestId: string;
  actor: Actor;
  keep: Keep;
  /** What a commit before that one requires. */
  unanswered: Requirement;
}

export const routes = () =>
  new OpenAPIHono<{ Bindings: App; Variables: Variables }>({
    defaultHook: (result, c) => {
      if (result.success) return undefined;
      const fields = result.error.issues.flatMap((issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) => ({ field: [...issue.path, key].join('.'), problem: 'unknown field' }))
          : [{ field: issue.path.join('.'), problem: issue.message }],
      );
      return problem(c, { code: 'input_invalid', fields });
    },
  });

interface Asked {
  readonly env: App;
  readonly var: Variables;
}

export const by = (c: Asked): Provenance => begin(c.env, c.var.actor, c.var.requestId);

/** The account of a client that has none: no record is in it, so lists are empty and records not found. */
const NO_ACCOUNT: AccountId = `acc_${'0'.repeat(26)}`;

/** On whose behalf the caller reads: staff all, a client its own account. */
export async function scopeOf(c: Asked): Promise<Scope> {
  const { actor } = c.var;
  if (actor.kind === 'key') return { accountId: actor.accountId };
  if (actor.kind !== 'client') return 'staff';
  const client = await findClient(c.env.database, actor);
  return { accountId: client?.accountId ?? NO_ACCOUNT };
}

/** The account named in the path. Another client's is not found, exactly as one that does not exist. */
export async function accountIn(
  c: Asked,
  id: AccountId | 'me',
): Promise<Result<{ accountId: AccountId; scope: Scope }>> {
  const scope = await scopeOf(c);
  if (scope === 'staff') return id === 'me' ? refuse({ code: 'not_found' }) : accept({ accountId: id, scope });
  const { accountId } = scope;
  return id === 'me' || id === accountId ? accept({ accountId, scope }) : refuse({ code: 'not_found' });
}
