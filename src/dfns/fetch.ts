// Stands in for the SDK's fetch library: adds the timeout and the User-Agent that the SDK has no option for, and turns an
// answer that is not JSON into one whose status can be read (the SDK would throw a bare SyntaxError and hide it).

const TIMEOUT_MILLISECONDS = 30_000;
const USER_AGENT = 'fiducia/1';

async function fetchCustody(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('user-agent', USER_AGENT);
  const { method = 'GET', body = null } = init;
  const { response, text } = await inTime((signal) =>
    fetch(input, { method, headers, body, redirect: 'manual', signal }),
  );
  if (isJson(text)) return new Response(text, { status: response.status, headers: response.headers });
  if (response.ok) throw new TypeError(`custody answered ${response.status} without JSON`);
  return Response.json(
    { error: { message: `custody answered ${response.status} without JSON` } },
    { status: statusOf(response), headers: retryAfter(response) },
  );
}

/**
 * The answer and all of its text, or a TimeoutError. The timer is taken back: `AbortSignal.timeout` keeps its own until it
 * fires, and an isolate may hold only so many.
 */
async function inTime(ask: (signal: AbortSignal) => Promise<Response>): Promise<{ response: Response; text: string }> {
  const abort = new AbortController();
  const late = () => abort.abort(new DOMException('no answer in time', 'TimeoutError'));
  const timer = setTimeout(late, TIMEOUT_MILLISECONDS);
  try {
    const response = await ask(abort.signal);
    return { response, text: await response.text() };
  } finally {
    clearTimeout(timer);
  }
}

/** A redirect of an API call is as unreadable as a broken gateway, and is never followed with our credentials. */
const statusOf = ({ status }: Response): number => (status >= 400 ? status : 502);

const retryAfter = (response: Response): Record<string, string> => {
  const value = response.headers.get('retry-after');
  return value === null ? {} : { 'retry-after': value };
};

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Not JSON: the question asked, and its answer.
    return false;
  }
}

export { fetchCustody as fetch };
export default fetchCustody;
const [H, Q, S] = [Headers, Request, Response];

export { H as Headers, Q as Request, S as Response };
