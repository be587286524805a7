// Which URLs of others we may send to. An address is never taken, only a name, and no name that means a network of somebody's
// own; that the name belongs to whoever gave it is proven by a token served there (features/notices/endpoints.ts).
import { accept, type Result, refuse } from './result.ts';

const CHARACTERS_MAX = 500;

/** Names that are not of the public Internet: RFC 6761, RFC 8375, and what people use for networks of their own. */
const PRIVATE_SUFFIXES = [
  ...['localhost', 'local', 'internal', 'intranet', 'private', 'corp', 'home', 'lan', 'arpa', 'onion'],
  ...['test', 'invalid', 'example'],
] as const;

export interface OutsideRules {
  /** On a developer's machine receivers are on loopback and speak http. */
  readonly isLocal: boolean;
  readonly ownHosts: readonly string[];
}

export function judgeUrl(text: string, { isLocal, ownHosts }: OutsideRules): Result<URL> {
  const no = (reason: string) => refuse({ code: 'endpoint_url_refused', reason });
  if (text.length > CHARACTERS_MAX) return no(`a URL has at most ${CHARACTERS_MAX} characters`);
  if (!URL.canParse(text)) return no('not a URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(isLocal && url.protocol === 'http:')) return no('only https');
  if (url.username !== '' || url.password !== '') return no('no user name and no password');
  if (url.hash !== '') return no('no fragment');
  if (isLocal) return accept(url);
  if (url.port !== '') return no('only the port of https');
  const host = url.hostname;
  const problem = problemOf(host) ?? (isOf(host, ownHosts) ? 'a host of this deployment' : undefined);
  return problem === undefined ? accept(url) : no(problem);
}

/** The parser has turned every spelling of an IPv4 address (decimal, octal, hexadecimal, short) into four numbers. */
function problemOf(host: string): string | undefined {
  if (host.startsWith('[') || /^\d+(\.\d+){3}$/.test(host)) return 'an IP address: name a host';
  if (host.endsWith('.')) return 'no dot at the end of the host';
  if (!host.includes('.')) return 'not a name of the public Internet';
  return PRIVATE_SUFFIXES.some((suffix) => host.endsWith(`.${suffix}`))
    ? 'not a name of the public Internet'
    : undefined;
}

const isOf = (host: string, zones: readonly string[]): boolean =>
  zones.some((zone) => host === zone || host.endsWith(`.${zone}`));
