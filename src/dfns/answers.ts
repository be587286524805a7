// Sorts what came back from a call to custody. Only this file looks at SDK errors.
import { DfnsError, PolicyPendingError } from '@dfns/sdk';
import { CustodyUnavailable } from './custody.ts';
import { TooSoon } from './pace.ts';

export type Hindrance =
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  | { readonly kind: 'barred'; readonly status: number; readonly message: string }
  | { readonly kind: 'limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'unknown'; readonly reason: string };

const RETRY_AFTER_SECONDS = 60;
const MESSAGE_CHARACTERS_MAX = 300;

/** Why a mutation brought no result. What cannot be read is unknown, never refused. */
export function hindranceOf(fault: unknown): Hindrance {
  if (fault instanceof TooSoon) return { kind: 'limited', retryAfterSeconds: fault.retryAfterSeconds };
  if (!(fault instanceof DfnsError) || fault instanceof PolicyPendingError)
    return { kind: 'unknown', reason: nameOf(fault) };
  const { httpStatus: status } = fault;
  const message = String(fault.message).slice(0, MESSAGE_CHARACTERS_MAX);
  if (status === 429) return { kind: 'limited', retryAfterSeconds: retryAfterOf(fault) };
  if (status === 408 || status === 425 || status >= 500) return { kind: 'unknown', reason: `status ${status}` };
  // A policy may block with 403; every other 403 is about our credential, like 401, and is not the request's fault.
  const isBarred =
    status === 401 || status === 402 || (status === 403 && !isBlockedByPolicy(message)) || isFromSigning(fault);
  return isBarred ? { kind: 'barred', status, message } : { kind: 'refused', status, message };
}

/** A permission may have a policy in its name, so what it says of authorization comes first. */
const isBlockedByPolicy = (message: string): boolean => !/not authorized/i.test(message) && /polic/i.test(message);

/** A refusal of the signing calls, or of the signer itself (status -1), says nothing about the request that was signed. */
const isFromSigning = (fault: DfnsError): boolean =>
  fault.httpStatus < 100 || (urlOf(fault.context)?.includes('/auth/action') ?? false);

const urlOf = (context: unknown): string | undefined =>
  typeof context === 'object' && context !== null && 'url' in context && typeof context.url === 'string'
    ? context.url
    : undefined;

/** For how long custody wants no more calls, if that is what it said. */
export const heldBackSeconds = (fault: unknown): number | undefined =>
  fault instanceof DfnsError && fault.httpStatus === 429 ? retryAfterOf(fault) : undefined;

function retryAfterOf({ context }: DfnsError): number {
  const headers = typeof context === 'object' && context !== null && 'headers' in context ? context.headers : undefined;
  const seconds = Number(headers instanceof Headers ? headers.get('retry-after') : Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : RETRY_AFTER_SECONDS;
}

const nameOf = (fault: unknown): string => (fault instanceof Error ? fault.name : 'no answer');

/** A read: undefined for a 404, a fault when custody gave no readable answer. */
export async function read<T>(call: () => Promise<unknown>, map: (answer: unknown) => T): Promise<T | undefined> {
  try {
    return map(await call());
  } catch (fault) {
    if (fault instanceof DfnsError && fault.httpStatus === 404) return undefined;
    throw new CustodyUnavailable(fault instanceof DfnsError ? `status ${fault.httpStatus}` : nameOf(fault), {
      cause: fault,
    });
  }
}

/** Whether this cannot be read, of which the next may be: not where custody, or the pace toward it, wants to be asked later. */
export const isUnreadable = (fault: unknown): fault is CustodyUnavailable =>
  fault instanceof CustodyUnavailable && hindranceOf(fault.cause).kind !== 'limited';
