// Takes the place of what a process finds around it: time, chance, network and timers. It belongs to a process that does
// nothing but simulate. What the operating system would do beside us is done at once, so that nothing happens at a moment
// that the scheduler did not choose.
import {
  createHash,
  createHmac,
  createSecretKey,
  KeyObject,
  sign,
  timingSafeEqual,
  verify,
  webcrypto,
} from 'node:crypto';

export interface Surroundings {
  /** Milliseconds. */
  now(): number;
  fill(bytes: Uint8Array): void;
  fetch(url: string, init: RequestInit): Promise<Response>;
  wait(milliseconds: number): Promise<void>;
}

let surroundings: Surroundings | undefined;
/** Of the episode that runs. */
function here(): Surroundings {
  if (surroundings === undefined) throw new Error('no episode runs');
  return surroundings;
}

export function surroundWith(next: Surroundings): void {
  surroundings = next;
}

let underWay = 0;
/** Work that is done beside us, which the scheduler waits for. */
export const isBusy = (): boolean => underWay > 0;

const RealDate = Date;
class SimulatedDate extends RealDate {
  constructor(...of: unknown[]) {
    super(...((of.length === 0 ? [here().now()] : of) as [number])); // the overloads of Date are all of one signature here
  }
  static override now(): number {
    return here().now();
  }
}

const subtle = webcrypto.subtle;
type Bytes = ArrayBuffer | ArrayBufferView;
const bytesOf = (data: Bytes): Uint8Array =>
  ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
type Algorithm = Parameters<typeof subtle.importKey>[2];
const nameOf = (algorithm: string | { name: string }): string =>
  typeof algorithm === 'string' ? algorithm : algorithm.name;
const bufferOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

async function beside<T>(work: Promise<T>): Promise<T> {
  underWay += 1;
  try {
    return await work;
  } finally {
    underWay -= 1;
  }
}

const DIGESTS: Readonly<Record<string, string>> = { 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' };

/** The operations that run for every step are done in place, the others are waited for. */
const simulatedSubtle = {
  digest: async (algorithm: string | { name: string }, data: Bytes) =>
    bufferOf(
      createHash(DIGESTS[nameOf(algorithm)] ?? 'sha256')
        .update(bytesOf(data))
        .digest(),
    ),
  verify: async (algorithm: string | { name: string }, key: webcrypto.CryptoKey, signature: Bytes, data: Bytes) => {
    const object = KeyObject.from(key);
    if (nameOf(algorithm) === 'Ed25519') return verify(null, bytesOf(data), object, bytesOf(signature));
    if (nameOf(algorithm) !== 'HMAC')
      return beside(
        subtle.verify(algorithm as 'HMAC', key, bytesOf(signature) as BufferSource, bytesOf(data) as BufferSource),
      );
    const made = createHmac('sha256', object).update(bytesOf(data)).digest();
    const given = bytesOf(signature);
    return made.length === given.length && timingSafeEqual(made, given);
  },
  sign: async (algorithm: string | { name: string }, key: webcrypto.CryptoKey, data: Bytes) =>
    nameOf(algorithm) === 'Ed25519'
      ? bufferOf(sign(null, bytesOf(data), KeyObject.from(key)))
      : beside(subtle.sign(algorithm as 'HMAC', key, bytesOf(data) as BufferSource)),
  // Extractable, since the operations above look into the key.
  importKey: async (format: string, data: Bytes, algorithm: Algorithm, _: boolean, usages: webcrypto.KeyUsage[]) =>
    format === 'raw'
      ? createSecretKey(bytesOf(data)).toCryptoKey(algorithm, true, usages)
      : beside(subtle.importKey(format as 'pkcs8', data as BufferSource, algorithm, true, usages)),
  exportKey: (...of: Parameters<typeof subtle.exportKey>) => beside(subtle.exportKey(...of)),
};

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

function uuid(): string {
  const bytes = new Uint8Array(16);
  here().fill(bytes);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

const simulatedCrypto = {
  subtle: simulatedSubtle,
  getRandomValues: <T extends ArrayBufferView>(array: T): T => {
    here().fill(bytesOf(array));
    return array;
  },
  randomUUID: uuid,
};

const replace = (name: string, value: unknown): void => {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
};

/** Of the Workers runtime alone: reads on until so many bytes are there, or no more come. */
async function readAtLeast(this: ReadableStreamBYOBReader, least: number, room: Uint8Array) {
  const read: number[] = [];
  for (let view = room; read.length < least; ) {
    const { value, done } = await this.read(view);
    read.push(...(value ?? []));
    if (done || value === undefined) break;
    view = new Uint8Array(value.buffer, 0, value.buffer.byteLength);
  }
  return { value: Uint8Array.from(read), done: read.length < least };
}

/** The platform's own reads its bytes beside us. */
class SimulatedBlob {
  readonly #bytes: Uint8Array;
  constructor(parts: readonly string[]) {
    this.#bytes = new TextEncoder().encode(parts.join(''));
  }
  stream(): ReadableStream<Uint8Array> {
    const bytes = this.#bytes;
    return new ReadableStream({
      start(stream) {
        stream.enqueue(bytes);
        stream.close();
      },
    });
  }
}

export function simulateGlobals(): void {
  Object.defineProperty(ReadableStreamBYOBReader.prototype, 'readAtLeast', { value: readAtLeast, configurable: true });
  replace('Date', SimulatedDate);
  replace('crypto', simulatedCrypto);
  replace('Blob', SimulatedBlob);
  replace('fetch', async (input: string | URL, init: RequestInit = {}) => here().fetch(String(input), init));
  replace('scheduler', { wait: (milliseconds: number) => here().wait(milliseconds) });
  Math.random = () => {
    const bytes = new Uint8Array(4);
    here().fill(bytes);
    return new DataView(bytes.buffer).getUint32(0) / 2 ** 32;
  };
  // A timer would only ever say that an answer is late; a lost answer is a choice of the scheduler, which tells at once.
  replace('setTimeout', () => ({}));
  replace('clearTimeout', () => {});
  AbortSignal.timeout = () => new AbortController().signal;
}
