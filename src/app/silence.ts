// Custody's silence as an answer: whoever reads much goes on with what was read.
import { CustodyUnavailable } from '../dfns/custody.ts';

/** Undefined where custody did not answer; anything else that goes wrong goes up. */
export const orSilence = <T>(reading: Promise<T>): Promise<T | undefined> =>
  reading.catch((fault: unknown) => {
    if (!(fault instanceof CustodyUnavailable)) throw fault;
    return undefined;
  });
