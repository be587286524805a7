// Which roles may use an operation. Whose record it is, is decided by the query, not here.
import { createMiddleware } from 'hono/factory';
import { type Actor, type Role, rolesOf } from '../domain/actor.ts';
import { problem } from './problem.ts';

export const authorize = (...allowed: readonly Role[]) =>
  createMiddleware<{ Variables: { actor: Actor } }>(async (c, next) => {
    if (!rolesOf(c.var.actor).some((role) => allowed.includes(role)))
      return problem(c, { code: 'role_not_allowed', allowed });
    return next();
  });
