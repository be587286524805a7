import { beforeEach, describe, expect, it } from 'vitest';
import {
  account,
  control,
  EXCHANGE,
  failure,
  type Json,
  openWallet,
  raw,
  reset,
  SANDBOX,
  sdk,
  userAction,
} from './support.ts';

beforeEach(reset);

const send = async (walletId: string, amount: string, externalId: string) =>
  (await sdk('maker')).wallets.transferAsset({
    walletId,
    body: { kind: 'Native', to: EXCHANGE, amount, externalId },
  });
const fault = (body: Json) => control('POST', '/faults', body);
const TRANSFERS = { method: 'POST', path: '/wallets/*/transfers' };

describe('a fault', () => {
  const asRaw = async (walletId: string, externalId: string) => {
    const path = `/wallets/${walletId}/transfers`;
    const text = JSON.stringify({ kind: 'Native', to: EXCHANGE, amount: '5', externalId });
    const { authToken: token } = await account('maker');
    const action = await userAction('maker', { method: 'POST', path, text });
    const headers = { authorization: `Bearer ${token}`, 'x-dfns-useraction': action };
    return fetch(`${SANDBOX}${path}`, { method: 'POST', headers, body: text });
  };
  const transfersOf = async (walletId: string) =>
    (await (await sdk('maker')).wallets.listTransfers({ walletId })).items.length;

  it('answers with a status, so many times', async () => {
    const {
      wallet: { id },
    } = await openWallet();
    await fault({ ...TRANSFERS, kind: 'status', status: 429, retryAfter: 7, times: 2 });
    for (let count = 0; count < 2; count += 1) {
      const refused = await failure(send(id, '5', 'one'));
      expect(refused.httpStatus).toBe(429);
      expect(refused.context.headers.get('retry-after')).toBe('7');
    }
    expect(await transfersOf(id)).toBe(0);
    expect((await send(id, '5', 'one')).status).toBe('Pending');
    expect(await control('GET', '/faults')).toEqual({ items: [] });
  });

  it('can strike after the effect, with a page instead of JSON', async () => {
    const {
      wallet: { id },
    } = await openWallet();
    await fault({ ...TRANSFERS, kind: 'html', afterEffect: true, times: 1 });
    const answer = await asRaw(id, 'one');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([502, 'text/html']);
    await answer.body?.cancel();
    expect(await transfersOf(id)).toBe(1);
    const again = await send(id, '5', 'one');
    expect(again.externalId).toBe('one');
    expect(await transfersOf(id)).toBe(1);
  });

  it.each([
    ['redirect', 307, ''],
    ['empty', 200, ''],
    ['garbled', 200, '{"id": "xfr-'],
  ])('can answer with what cannot be read: %s', async (kind, status, text) => {
    const {
      wallet: { id },
    } = await openWallet();
    const path = `/wallets/${id}/transfers`;
    for (const [externalId, afterEffect, count] of [
      ['one', false, 0],
      ['two', true, 1],
    ] as const) {
      await fault({ ...TRANSFERS, kind, afterEffect, times: 1 });
      const body = JSON.stringify({ kind: 'Native', to: EXCHANGE, amount: '5', externalId });
      const { authToken: token } = await account('maker');
      const action = await userAction('maker', { method: 'POST', path, text: body });
      const headers = { authorization: `Bearer ${token}`, 'x-dfns-useraction': action };
      const answer = await fetch(`${SANDBOX}${path}`, { method: 'POST', headers, body, redirect: 'manual' });
      expect([answer.status, await answer.text()]).toEqual([status, text]);
      expect(await transfersOf(id)).toBe(count);
    }
  });

  it('can lose the answer before or after the effect', async () => {
    const {
      wallet: { id },
    } = await openWallet();
    for (const [externalId, afterEffect, count] of [
      ['one', false, 0],
      ['two', true, 1],
    ] as const) {
      await fault({ ...TRANSFERS, kind: 'no_response', seconds: 0.01, afterEffect, times: 1 });
      await expect(send(id, '5', externalId)).rejects.toThrow();
      expect(await transfersOf(id)).toBe(count);
    }
  });

  it('can delay', async () => {
    await fault({ method: '*', path: '/wallets', kind: 'latency', seconds: 0.2, times: 1 });
    const { authToken: token } = await account('maker');
    const before = performance.now();
    expect((await raw('GET', '/wallets', { token })).status).toBe(200);
    expect(performance.now() - before).toBeGreaterThan(150);
  });

  it.each([
    ['/wallets', true],
    ['/wallet', false],
    ['/*', true],
    ['/wallets/*', false],
    ['/**', true],
    ['*', true],
    ['/wallets/**', true],
  ])('for %s concerns GET /wallets: %s', async (path, hits) => {
    await fault({ method: 'GET', path, kind: 'status', status: 503 });
    const { authToken: token } = await account('maker');
    expect((await raw('GET', '/wallets', { token })).status).toBe(hits ? 503 : 200);
    expect((await raw('POST', '/wallets', { token })).status).toBe(403);
    expect(await control('DELETE', '/faults')).toEqual({ deleted: 1 });
    expect((await raw('GET', '/wallets', { token })).status).toBe(200);
  });

  it.each([
    {},
    { ...TRANSFERS, kind: 'meteor' },
    { ...TRANSFERS, kind: 'status', status: 200 },
    { ...TRANSFERS, kind: 'html', when: 'now' },
  ])('is refused as %j', async (body) => {
    await expect(fault(body)).rejects.toThrow('400');
  });
});
