// Which URLs may be sent to; and for every kind of notice, who hears of it and what is written.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { audiencesOf, isAlways, type Notice, noticeKinds, noticeOf, noticeRules } from '../../src/domain/notice.ts';
import { judgeUrl } from '../../src/domain/outside-url.ts';
import { shorten, write, writeForChat } from '../../src/features/notices/texts.ts';
import { AT, idOf, USDC } from '../support/build.ts';

const outside = { isLocal: false, ownHosts: ['fiducia.bank.com', 'zone.bank.com'] };

describe('a URL to send to', () => {
  it.each([
    ['https://hooks.example.com/x?y=1', 'accepted'],
    ['https://xn--bcher-kva.com/', 'accepted'],
    ['not a url', 'not a URL'],
    ['', 'not a URL'],
    ['//hooks.example.com/', 'not a URL'],
    [`https://hooks.example.com/${'x'.repeat(500)}`, 'a URL has at most 500 characters'],
    ['http://hooks.example.com/', 'only https'],
    ['ftp://hooks.example.com/', 'only https'],
    ['file:///etc/passwd', 'only https'],
    ['data:text/plain,x', 'only https'],
    ['https://user@hooks.example.com/', 'no user name and no password'],
    ['https://:secret@hooks.example.com/', 'no user name and no password'],
    ['https://hooks.example.com/#part', 'no fragment'],
    ['https://hooks.example.com:8443/', 'only the port of https'],
    ['https://hooks.example.com:22/', 'only the port of https'],
    ['https://127.0.0.1/', 'an IP address: name a host'],
    ['https://10.1.2.3/', 'an IP address: name a host'],
    ['https://169.254.169.254/latest/meta-data', 'an IP address: name a host'],
    ['https://8.8.8.8/', 'an IP address: name a host'],
    ['https://2130706433/', 'an IP address: name a host'],
    ['https://0x7f000001/', 'an IP address: name a host'],
    ['https://0177.0.0.1/', 'an IP address: name a host'],
    ['https://127.1/', 'an IP address: name a host'],
    ['https://１２７.０.０.１/', 'an IP address: name a host'],
    ['https://[::1]/', 'an IP address: name a host'],
    ['https://[fe80::1]/', 'an IP address: name a host'],
    ['https://[::ffff:10.0.0.1]/', 'an IP address: name a host'],
    ['https://localhost/', 'not a name of the public Internet'],
    ['https://intranet/', 'not a name of the public Internet'],
    ['https://a.localhost/', 'not a name of the public Internet'],
    ['https://printer.local/', 'not a name of the public Internet'],
    ['https://metadata.google.internal/', 'not a name of the public Internet'],
    ['https://router.home.arpa/', 'not a name of the public Internet'],
    ['https://hooks.example.com./', 'no dot at the end of the host'],
    ['https://fiducia.bank.com/', 'a host of this deployment'],
    ['https://FIDUCIA.bank.com/', 'a host of this deployment'],
    ['https://a.zone.bank.com/', 'a host of this deployment'],
    ['https://notzone.bank.com/', 'accepted'],
  ])('%s: %s', (url, wanted) => {
    const judged = judgeUrl(url, outside);
    expect(judged.ok ? 'accepted' : 'reason' in judged.refusal && judged.refusal.reason).toBe(wanted);
  });

  it('may be on loopback and without TLS on a developer’s machine alone', () => {
    expect(judgeUrl('http://127.0.0.1:9000/x', { ...outside, isLocal: true }).ok).toBe(true);
    expect(judgeUrl('ftp://127.0.0.1/x', { ...outside, isLocal: true }).ok).toBe(false);
  });
});

const notice = (over: Partial<Notice>): Notice => ({
  id: idOf('ntc'),
  kind: 'halt.active',
  entryId: idOf('jnl'),
  subjectId: idOf('hlt'),
  accountId: idOf('acc'),
  at: AT,
  after: {},
  ...over,
});

/** Facts that any kind may meet, with a text of somebody in each place for words. */
const factsWith = (words: string) => ({
  reason: words,
  detail: words,
  liftReason: words,
  kind: 'fence_broken',
  level: 'account',
  asset: USDC,
  units: '1500000',
});

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'.split('');
const BECH32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'.split('');
const HEX = '0123456789abcdefABCDEF'.split('');
const text = (alphabet: readonly string[], minLength: number, maxLength = minLength) =>
  fc.array(fc.constantFrom(...alphabet), { minLength, maxLength }).map((characters) => characters.join(''));
/** Addresses of every family, hashes, keys. */
const secretive = fc.oneof(
  text(HEX, 40).map((hex) => `0x${hex}`),
  text(HEX, 64).map((hex) => `0x${hex}`),
  text(BECH32, 38, 58).map((body) => `bc1${body}`),
  text(BASE58, 26, 44),
  text(HEX, 32).map((hex) => `whsec_${hex}`),
);

describe('every kind of notice', () => {
  it('has somebody to hear of it, a title and a sentence', () => {
    expect(noticeKinds.length).toBeGreaterThan(35);
    for (const kind of noticeKinds) {
      const after = factsWith('A reason.');
      expect(audiencesOf(kind, after).length, kind).toBeGreaterThan(0);
      const { title, text: says } = write(notice({ kind, after }));
      expect(title, kind).toMatch(/^[A-Z][^.\n]{3,60}$/);
      expect(says, kind).toMatch(/^\S.*[.!)]$/);
      expect(says, kind).not.toContain('undefined');
    }
  });

  it('stands in the table of docs/notices.md with who hears of it', () => {
    const [page = ''] = Object.values(
      import.meta.glob('../../docs/notices.md', { eager: true, query: '?raw', import: 'default' }),
    );
    for (const kind of noticeKinds) {
      const { to }: { to: readonly string[] | ((after: Record<string, unknown>) => readonly string[]) } =
        noticeRules[kind];
      const told = typeof to === 'function' ? 'its owner, admin' : to.join(', ');
      expect(page).toContain(`| \`${kind}\` | ${told} | ${isAlways(kind) ? 'no' : 'yes'} |`);
    }
  });

  it('is written for chat without any whole address, hash or key, whatever people wrote', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...noticeKinds),
        secretive,
        fc.string(),
        fc.string(),
        (kind, secret, before, after) => {
          const said = writeForChat(notice({ kind, after: factsWith(`${before}${secret}${after}`) }));
          expect(said).not.toContain(secret);
          expect(said).not.toContain(secret.slice(6, 26));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('keeps our own ids whole in chat, and takes nothing else for one', () => {
    const id = idOf('acc', 7);
    expect(shorten(`A halt stops ${id}.`)).toBe(`A halt stops ${id}.`);
    expect(shorten(`x${id}`)).not.toContain(id);
    expect(shorten('0x52908400098527886e0f7030069857d2e4169ee7')).toBe('0x5290…9ee7');
  });

  it('comes from the entry that its rule names, and halts and broken fences cannot be switched off', () => {
    for (const kind of noticeKinds) {
      const { on } = noticeRules[kind];
      const after = { ...factsWith('x'), result: kind === 'fence.intact' ? 'intact' : 'broken' };
      const before = { result: kind === 'fence.intact' ? 'broken' : 'intact' };
      const severity = kind === 'incident.open' ? 'transfer_slow' : 'guard_unsound';
      expect(noticeOf({ kind: on, data: { before, after: { ...after, kind: severity } } }), kind).toBe(kind);
    }
    expect((['halt.active', 'halt.lifted', 'fence.broken', 'incident.critical'] as const).every(isAlways)).toBe(true);
  });

  it('is not raised by what is none: a check that changes nothing, dust, a token that nobody knows, a sweep of nothing', () => {
    const of = (kind: string, before: object, after: object) => noticeOf({ kind, data: { before, after } });
    expect(of('fence.checked', {}, { result: 'intact' })).toBeUndefined();
    expect(of('fence.checked', { result: 'degraded' }, { result: 'intact' })).toBeUndefined();
    expect(of('fence.checked', {}, { checkedAt: AT })).toBeUndefined();
    expect(of('movement.received', {}, { asset: USDC, units: '0' })).toBeUndefined();
    expect(of('movement.received', {}, { asset: `EthereumSepolia/0x${'ab'.repeat(20)}`, units: '5' })).toBeUndefined();
    expect(of('movement.received', {}, { asset: USDC, units: '5' })).toBe('deposit.received');
    expect(of('incident.open', {}, { kind: 'schedule_paused' })).toBeUndefined();
    expect(of('order.released', {}, {})).toBeUndefined();
    expect(of('order.skipped', {}, { reason: 'x', rule: 'nothing_available' })).toBeUndefined();
    expect(of('order.skipped', {}, { reason: 'x', rule: 'order_too_late' })).toBe('order.skipped');
  });
});
