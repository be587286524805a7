import { beforeEach, describe, expect, it } from 'vitest';
import { memberWith } from './members.ts';
import { account, advance, control, openWallet, raw, reset, SANDBOX, sdk, settings } from './support.ts';

beforeEach(reset);

const HEADER = 'Date Performed,Audit Log ID,User ID,Username,Primary Credential ID,Action Path,Summary';
const DAY = 86_400;
const dayFrom = (start: string, days: number) => new Date(Date.parse(start) + days * DAY * 1000).toISOString();

/** Not by the SDK, whose method for it expects JSON. */
async function logs(query: Record<string, string>, name = 'auditor-1') {
  const { authToken } = await account(name);
  const answer = await fetch(`${SANDBOX}/auth/action/logs?${new URLSearchParams(query)}`, {
    headers: { authorization: `Bearer ${authToken}` },
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, lines: text.trimEnd().split('\n') };
}

async function lastWeek() {
  const { now } = await control<{ now: string }>('GET', '/time');
  return { startTime: dayFrom(now, -6), endTime: dayFrom(now, 1) };
}

describe('the audit log', () => {
  it('is a CSV of signed actions with its header, newest first', async () => {
    expect(await logs(await lastWeek())).toMatchObject({ status: 200, text: `${HEADER}\n` });
    const { maker, wallet } = await openWallet();
    await maker.wallets.tagWallet({ walletId: wallet.id, body: { tags: ['a'] } });
    await maker.wallets.listWallets();
    const { lines, headers } = await logs(await lastWeek());
    expect(headers.get('content-type')).toMatch(/^text\/csv/);
    expect(lines[0]).toBe(HEADER);
    const rows = lines.slice(1).map((line) => line.split(','));
    const { userId, credentialId } = await account('maker');
    const uj = expect.stringMatching(/^uj-/);
    const row = (method: string, path: string) => [
      expect.any(String),
      uj,
      userId,
      'maker',
      credentialId,
      path,
      `${method} ${path}`,
    ];
    expect(rows).toEqual([row('PUT', `/wallets/${wallet.id}/tags`), row('POST', '/wallets')]);
  });

  it('is read for one user, and for a range of time', async () => {
    await openWallet();
    const range = await lastWeek();
    await advance(DAY * 3);
    await (await memberWith('Wallets:Create')).client.wallets.createWallet({ body: { network: 'EthereumSepolia' } });
    const { userId } = await account('maker');
    const count = async (query: Record<string, string>) => (await logs(query)).lines.length - 1;
    expect(await count(range)).toBe(1);
    expect(await count(await lastWeek())).toBe(4);
    expect(await count({ ...(await lastWeek()), userId })).toBe(1);
    expect(await count({ ...(await lastWeek()), userId: 'us-none' })).toBe(0);
  });

  it('is refused for more than seven days, unless the setting says otherwise', async () => {
    const startTime = '2026-01-01T00:00:00Z';
    expect((await logs({ startTime, endTime: dayFrom(startTime, 7) })).status).toBe(200);
    const long = { startTime, endTime: dayFrom(startTime, 7.01) };
    expect(await logs(long)).toMatchObject({ status: 400, text: expect.stringContaining('7 days') });
    await settings({ auditLogDaysMax: null });
    expect((await logs(long)).status).toBe(200);
  });

  it.each([
    ['no range', {}],
    ['no end', { startTime: '2026-01-01T00:00:00Z' }],
    ['a time that is none', { startTime: 'yesterday', endTime: '2026-01-01' }],
    ['an end before its start', { startTime: '2026-01-02', endTime: '2026-01-01' }],
  ])('is refused for %s', async (_case, query) => {
    expect((await logs(query)).status).toBe(400);
  });

  it('says so when it has more rows than it gives', async () => {
    await settings({ auditLogRowsMax: 1 });
    await openWallet();
    expect((await logs(await lastWeek())).headers.get('x-dfns-result-truncated')).toBeNull();
    await openWallet();
    const { lines, headers } = await logs(await lastWeek());
    expect(headers.get('x-dfns-result-truncated')).toBe('true');
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/^# TRUNCATED/);
  });

  it('quotes what a client signed where a comma would break the row', async () => {
    const { authToken: token, credentialId, privateKey } = await account('maker');
    const { AsymmetricKeySigner } = await import('@dfns/sdk-keysigner');
    const wanted = { userActionPayload: '', userActionHttpMethod: 'PUT', userActionHttpPath: '/a,"b"\n=c' };
    const { body } = await raw('POST', '/auth/action/init', { token, text: JSON.stringify(wanted) });
    const signer = new AsymmetricKeySigner({ credId: credentialId, privateKey });
    const firstFactor = await signer.sign(body as unknown as Parameters<typeof signer.sign>[0]);
    const text = JSON.stringify({ challengeIdentifier: body.challengeIdentifier, firstFactor });
    expect((await raw('POST', '/auth/action', { token, text })).status).toBe(200);
    expect((await logs(await lastWeek())).text).toContain(',"/a,""b""\n=c","PUT /a,""b""\n=c"');
  });

  it('gives an entry in full, with the client data as they were signed', async () => {
    await openWallet();
    const { lines } = await logs(await lastWeek());
    const [, id = ''] = lines[1]?.split(',') ?? [];
    const auditor = await sdk('auditor-1');
    const { userId, credentialId } = await account('maker');
    const entry = await auditor.auth.getAuditLog({ id });
    expect(entry).toMatchObject({ id, userId, username: 'maker', action: 'POST /wallets' });
    const { assertion, ...credential } = entry.firstFactorCredential;
    expect(credential).toMatchObject({
      id: credentialId,
      kind: 'Key',
      publicKey: expect.stringContaining('PUBLIC KEY'),
    });
    const clientData = JSON.parse(Buffer.from(assertion?.clientData ?? '', 'base64url').toString());
    expect(clientData).toEqual({ type: 'key.get', challenge: expect.any(String) });
    expect(assertion).toMatchObject({ authenticatorData: null, signature: expect.any(String) });
    await expect(auditor.auth.getAuditLog({ id: 'uj-none' })).rejects.toMatchObject({ httpStatus: 404 });
  });
});
