// One request to a host of somebody else: no redirects, an end in time, and no more of the answer than is asked for.

/** What came back. Silence has its reason in words that may be shown. */
export type Outside =
  | { readonly kind: 'answered'; readonly status: number; readonly text: string }
  | { readonly kind: 'silent'; readonly problem: string };

const TIMEOUT_MILLISECONDS = 10_000;
const BYTES_MAX = 4_096;

export async function askOutside(
  url: string,
  init: { readonly method: 'GET' | 'POST'; readonly headers?: Record<string, string>; readonly body?: string },
  timeoutMilliseconds = TIMEOUT_MILLISECONDS,
): Promise<Outside> {
  const signal = AbortSignal.timeout(timeoutMilliseconds);
  try {
    // The answer of a redirect is the answer: what it points to was never judged.
    const response = await fetch(url, { ...init, redirect: 'manual', signal });
    return { kind: 'answered', status: response.status, text: await readStart(response.body, BYTES_MAX) };
  } catch {
    // Whatever went wrong on the way, nobody has said that it arrived.
    return { kind: 'silent', problem: signal.aborted ? `no answer within ${timeoutMilliseconds} ms` : 'not reachable' };
  }
}

/** The rest is refused, so that a stream without an end holds nothing. */
async function readStart(stream: ReadableStream<Uint8Array> | null, bytesMax: number): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  // Leaving the loop cancels the stream.
  for await (const chunk of stream ?? []) {
    text += decoder.decode(chunk.subarray(0, bytesMax - bytes), { stream: true });
    bytes += chunk.byteLength;
    if (bytes >= bytesMax) break;
  }
  return text;
}
