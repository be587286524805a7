// Posts to an address that an operator configured. It is https (the settings refuse anything else), no redirect is followed,
// the answer is not read, and it may not take long.

const TIMEOUT_MILLISECONDS = 10_000;

export interface Receiver {
  readonly url: string;
  /** Sent as a bearer token. */
  readonly token: string | undefined;
}
type Taken = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export async function postTo({ url, token }: Receiver, contentType: string, body: string): Promise<Taken> {
  const headers = {
    'content-type': contentType,
    'user-agent': 'fiducia/1',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MILLISECONDS);
  try {
    const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: abort.signal });
    await answer.body?.cancel();
    return answer.status >= 200 && answer.status < 300
      ? { ok: true }
      : { ok: false, reason: `status ${answer.status}` };
  } catch (fault) {
    // No answer is one that did not take it: it is sent again.
    return { ok: false, reason: fault instanceof Error ? fault.name : 'no answer' };
  } finally {
    clearTimeout(timer);
  }
}
