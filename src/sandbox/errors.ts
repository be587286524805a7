/**
 * Owns how the sandbox says no: one error, thrown inside the transaction of a request so that everything the request
 * wrote is rolled back with it.
 */
import * as z from 'zod';

export class Refused extends Error {
  readonly status: number;
  readonly details: Record<string, unknown> | undefined;

  constructor(status: number, message: string, details?: Record<string, unknown>) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

/** Dfns: `{"error": {"id", "status", "message", "details"?}}` for every failure. */
export function dfnsError(status: number, message: string, details?: Record<string, unknown>) {
  return { error: { id: crypto.randomUUID(), status, message, ...(details && { details }) } };
}

/** The controls are not Dfns, so their errors are plainer. */
export const controlError = (status: number, message: string) => ({ error: { status, message } });

/** Parses what came from outside; the refusal names every field that is wrong. */
export function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const issues = error.issues.map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message }));
  const text = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  throw new Refused(400, `Invalid ${what}: ${text}`, { issues });
}

/** Deeper than any body of Dfns; without a bound, a walk through a body could exhaust the stack. */
const DEPTH_MAX = 64;

/** Dfns has no bodies that are not objects; an absent body counts as an empty one. */
export function readJson(text: string): unknown {
  if (text === '') return {};
  if (depthOf(text) > DEPTH_MAX) throw new Refused(400, 'The body is nested too deeply.');
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused(400, 'The body is not valid JSON.');
  }
}

/** One pass by hand: a pattern that skips strings would be quadratic in a string that never ends. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"') isString = !isString;
    else if (isString && character === '\\') index += 1;
    else if (!isString && (character === '[' || character === '{')) deepest = Math.max(deepest, ++depth);
    else if (!isString && (character === ']' || character === '}')) depth -= 1;
  }
  return deepest;
}

export const Empty = z.strictObject({});
