// State machine tables and their types: the one place with type machinery. Triggers in D1 are generated from the same
// tables, so an illegal transition neither compiles nor commits.
import { accept, type Result, refuse } from './result.ts';

type Table<M> = { readonly [From in keyof M]: readonly (keyof M)[] };
export const machine = <const M extends Table<M>>(table: M): M => table;
export type Next<M extends Table<M>, From extends keyof M> = M[From][number];

interface Versioned {
  readonly id: string;
  readonly version: number;
}

/** One member per status, each with the facts that the status guarantees. */
export type InStatus<Core, Facts, S extends keyof Facts> = {
  [K in S]: Core & { readonly status: K } & Readonly<Facts[K]>;
}[S];

/** What a transition must bring: the facts of the new status that the old one did not guarantee. */
type Evidence<Facts, From extends keyof Facts, To extends keyof Facts> = Omit<Facts[To], keyof Facts[From]> &
  Partial<Facts[To]>;

/**
 * The transition function of one aggregate. It accepts only a listed next status, raises the version by one and keeps
 * the facts already known.
 */
export function transitions<M extends Table<M>, Core extends Versioned, Facts extends Record<keyof M, object>>() {
  return <From extends keyof M, To extends Next<M, From> & keyof M>(
    record: Core & { readonly status: From },
    status: To,
    evidence: Evidence<Facts, From, To>,
  ): InStatus<Core, Facts, To> =>
    known<InStatus<Core, Facts, To>>({ ...record, ...evidence, status, version: record.version + 1 });
}

// The spread of a record and its evidence holds every member of the new status, which the compiler cannot follow
// through a mapped type.
const known = <T>(value: unknown): T => value as T;

/** The same status with some facts replaced: an attempt counted, a next time set. */
export function amend<R extends Versioned>(record: R, facts: Partial<Omit<R, 'id' | 'version' | 'status'>>): R {
  return { ...record, ...facts, version: record.version + 1 };
}

/** Narrows a loaded record to one status; a wrong status becomes a refusal here and nowhere else. */
export function inStatus<R extends { readonly status: string }, S extends R['status']>(
  subject: string,
  record: R,
  ...allowed: readonly S[]
): Result<Extract<R, { readonly status: S }>> {
  return isIn(record, allowed)
    ? accept(record)
    : refuse({ code: 'wrong_status', subject, found: record.status, needed: allowed.join(' or ') });
}

export function isIn<R extends { readonly status: string }, S extends R['status']>(
  record: R,
  allowed: readonly S[],
): record is Extract<R, { readonly status: S }> {
  return allowed.some((status) => status === record.status);
}
