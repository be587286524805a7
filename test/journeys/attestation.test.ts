// Attestations through the real doors: each check is signed, named by the next, published keys verify it without us.
import { env, exports } from 'cloudflare:workers';
import { exportJWK, generateKeyPair } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { openApp } from '../../src/app/app.ts';
import { http } from '../../src/doors/http.ts';
import { checkFence } from '../../src/kit/messages.ts';
import { verifyFile } from '../../src/kit/verify-attestation.ts';
import { ATTESTATION_KEY, ATTESTATION_KEY_ID } from '../support/attestation-key.ts';
import { control, sdk } from '../support/outside.ts';
import { EXCHANGE, openWorld, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

const PATH = '/v1/accounts/me/attestation';
const read = async (query = '') => (await world.get('client-1', `${PATH}${query}`)).body;
const keysOf = async () =>
  JSON.stringify((await world.request(undefined, 'GET', '/.well-known/fiducia-attestation-keys.json')).body);
const rowsOf = (accountId: string) =>
  world.rows('SELECT * FROM attestations WHERE account_id = ? ORDER BY sequence', accountId);

async function check(accountId: string): Promise<void> {
  world.queued.push({
    queue: 'fiducia-events',
    body: checkFence({ accountId: accountId as `acc_${string}` })(null),
    attempts: 1,
  });
  await world.settle();
}

/** What a client does with a file on a machine of its own: nothing but the two texts. */
async function verified(text: string): Promise<readonly { verdict: string; sequence: number }[]> {
  const answer = await verifyFile(text, await keysOf());
  if (!answer.ok) throw new Error(answer.problem);
  return answer.attestations.map(({ claims: { verdict, sequence } }) => ({ verdict, sequence }));
}

describe('the attestation of an account', () => {
  it('is there with the account, and says what Dfns returned and what our records hold', async () => {
    const account = await world.openAccount();
    const destination = await world.approved('client-1');
    const answer = await read();

    expect(answer.claims).toMatchObject({
      issuer: 'http://fiducia.test',
      keyId: ATTESTATION_KEY_ID,
      accountId: account.id,
      tag: account.tag,
      verdict: 'intact',
      findings: [],
      wallets: [{ network: 'EthereumSepolia', address: account.wallets[0].address }],
      approvedList: { action: 'block', addresses: [destination.address] },
      destinations: [{ network: 'EthereumSepolia', address: destination.address, status: 'approved' }],
      limits: [
        { rule: 'amount', perWallet: true, numbers: { limit: 250_000 } },
        { rule: 'velocity', perWallet: true, numbers: { limit: 1_000_000, windowMinutes: 1440 } },
        { rule: 'count', perWallet: true, numbers: { limit: 100, windowMinutes: 1440 } },
      ],
      guard: [{ quorum: 1, approvers: 3 }],
      permissionProofAt: expect.stringContaining('2031-03-03T'),
      statement: expect.stringContaining('not of Dfns'),
    });
    expect(await verified(JSON.stringify(answer))).toEqual([{ verdict: 'intact', sequence: answer.claims.sequence }]);
    const { fence } = (await world.get('client-1', '/v1/accounts/me/restrictions')).body;
    expect(fence.attestation).toEqual({
      sequence: answer.claims.sequence,
      hash: answer.hash,
      validUntil: answer.claims.validUntil,
    });
  });

  it('names the one before it, from the first on, so that the client holds a chain', async () => {
    const { id } = await world.openAccount();
    await world.approved('client-1');
    await check(id);
    const rows = await rowsOf(id);
    expect(rows.length).toBeGreaterThan(2);
    const text = rows.map(({ jws }) => jws).join('\n');
    expect((await verified(text)).map(({ sequence }) => sequence)).toEqual(rows.map((_, index) => index + 1));
    expect((await read('?sequence=1')).claims).toMatchObject({ sequence: 1, previousHash: null });
    const second = await read('?sequence=2');
    expect(second.claims.previousHash).toBe((await read('?sequence=1')).hash);
    const without = [rows[0], ...rows.slice(2)].map(({ jws }) => jws).join('\n');
    await expect(verified(without)).rejects.toThrow('one is missing');
    // The version of the check and the sequence are the same number.
    expect(await world.rows('SELECT version FROM fences WHERE account_id = ?', id)).toEqual([
      { version: rows.at(-1)?.sequence },
    ]);
  });

  it('says broken when the tag is gone, and intact again when it is back', async () => {
    const account = await world.openAccount();
    const admin = await sdk('admin-1');
    const tags = { walletId: account.wallets[0].custodyId, body: { tags: [account.tag] } };
    await admin.wallets.untagWallet(tags);
    await world.settle();
    const broken = await read();
    expect(broken.claims).toMatchObject({ verdict: 'broken', findings: [{ code: 'tag_missing' }] });
    await admin.wallets.tagWallet(tags);
    await world.settle();
    const intact = await read();
    expect(intact.claims).toMatchObject({ verdict: 'intact', previousHash: broken.hash });
    await verified(`${broken.jws}\n${intact.jws}`);
  });

  it('is one for each check, also when two checks run at once', async () => {
    const { id } = await world.openAccount();
    const before = await rowsOf(id);
    let isFirst = true;
    // A second check overtakes the first between its reading and its commit.
    world.perturb('findWallet', (call) => async (custodyId) => {
      const wallet = await call(custodyId);
      if (isFirst) {
        isFirst = false;
        await world.carryOut({
          queue: 'fiducia-events',
          body: checkFence({ accountId: id })(null),
          attempts: 1,
        });
      }
      return wallet;
    });
    await check(id);
    const rows = await rowsOf(id);
    expect(rows.map(({ sequence }) => sequence)).toEqual(rows.map((_, index) => index + 1));
    expect(rows.length).toBeGreaterThanOrEqual(before.length + 2);
    await verified(rows.map(({ jws }) => jws).join('\n'));
  });

  it('cannot be rewritten, deleted or replaced in the database', async () => {
    const { id } = await world.openAccount();
    for (const statement of [
      "UPDATE attestations SET jws = 'x'",
      'DELETE FROM attestations',
      `INSERT OR REPLACE INTO attestations VALUES ('${id}', 1, 'x', '${'0'.repeat(64)}', '2031-01-01T00:00:00.000Z')`,
    ]) {
      await expect(env.DB.prepare(statement).run(), statement).rejects.toThrow(
        /attestations( are append-only|: row taken)/,
      );
    }
    expect(await rowsOf(id)).toHaveLength(1);
  });

  it('is the client’s own and the staff’s, and nobody else’s', async () => {
    expect((await world.get('client-1', PATH)).status).toBe(404);
    const { id } = await world.openAccount();
    expect((await world.get('auditor-1', `/v1/accounts/${id}/attestation`)).body.claims.accountId).toBe(id);
    expect((await world.get('client-2', `/v1/accounts/${id}/attestation`)).status).toBe(404);
    expect((await world.get('client-1', `${PATH}?sequence=99`)).status).toBe(404);
    for (const query of ['?sequence=0', '?sequence=-1', '?sequence=x', '?sequence=1.5', '?number=1']) {
      expect((await world.get('client-1', `${PATH}${query}`)).status, query).toBe(400);
    }
  });
});

describe('the key of attestations', () => {
  it('is published without its secret, and may be kept for a while', async () => {
    const answer = await world.request(undefined, 'GET', '/.well-known/fiducia-attestation-keys.json');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    expect(answer.body.keys).toEqual([
      {
        kty: 'OKP',
        crv: 'Ed25519',
        x: JSON.parse(ATTESTATION_KEY).x,
        kid: ATTESTATION_KEY_ID,
        use: 'sig',
        alg: 'EdDSA',
      },
    ]);
  });

  it('is rotated with overlap: what the retired one signed still verifies, in one chain with the new one’s', async () => {
    const { id } = await world.openAccount();
    const before = await read();
    const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const fresh = await exportJWK(privateKey);
    const { d: _, ...retired } = JSON.parse(ATTESTATION_KEY);
    const rotated = {
      ...world.app.bindings,
      ATTESTATION_KEY: JSON.stringify(fresh),
      ATTESTATION_PUBLIC_KEYS: JSON.stringify([retired]),
    };
    const { settings } = openApp(rotated);
    if (!settings.ok) throw new Error('not configured');
    Object.assign(world.app.config.attestation, settings.value.attestation);

    await check(id);
    const after = await read();
    expect(after.claims.keyId).not.toBe(before.claims.keyId);
    expect((await verified(`${before.jws}\n${after.jws}`)).map(({ verdict }) => verdict)).toEqual(['intact', 'intact']);
    await verified(JSON.stringify(before));
  });

  it('is named by /readyz when it is missing or no Ed25519 key, and so is a set of public keys with a secret in it', async () => {
    const { kty, crv, x } = JSON.parse(ATTESTATION_KEY);
    const named = async (settings: object) => {
      const answer = await http.fetch(new Request('http://fiducia.test/readyz'), openApp({ ...env, ...settings }));
      const { checks }: { checks: { missing?: string[] }[] } = await answer.json();
      return checks[0]?.missing;
    };
    expect(await named({ ATTESTATION_KEY: undefined })).toEqual(['ATTESTATION_KEY']);
    for (const wrong of [
      '',
      'secret',
      '{}',
      JSON.stringify({ kty, crv, x }),
      JSON.stringify({ kty: 'EC', crv, x, d: x }),
    ]) {
      expect(await named({ ATTESTATION_KEY: wrong }), wrong).toEqual(['ATTESTATION_KEY']);
    }
    for (const wrong of ['x', '{}', `[${ATTESTATION_KEY}]`, '[{"kty":"OKP"}]']) {
      expect(await named({ ATTESTATION_PUBLIC_KEYS: wrong }), wrong).toEqual(['ATTESTATION_PUBLIC_KEYS']);
    }
    expect(await named({})).toBeUndefined();
    const { body } = await world.request(undefined, 'GET', '/readyz');
    expect(body.checks).toContainEqual({ name: 'attestation key', ok: true });
  });
});

describe('the page at /verify', () => {
  it('loads from here alone and may connect to nowhere', async () => {
    const page = await exports.default.fetch('http://fiducia.test/verify');
    expect(page.status).toBe(200);
    const policy = page.headers.get('content-security-policy') ?? '';
    for (const part of ["default-src 'none'", "script-src 'self'", "connect-src 'none'", "form-action 'none'"]) {
      expect(policy).toContain(part);
    }
    expect(policy).not.toContain('unsafe');
    const html = await page.text();
    expect(html).not.toMatch(/https?:\/\//);
    expect(html).not.toMatch(/<script>|<style|onclick|style=/);
    for (const path of ['/verify/page.js', '/verify/page.css']) {
      expect(html).toContain(path);
      const file = await exports.default.fetch(`http://fiducia.test${path}`);
      expect(file.status).toBe(200);
      expect(await file.text()).not.toMatch(/fetch\(|XMLHttpRequest|innerHTML|https?:\/\//);
    }
  });
});

describe('a destination that is removed', () => {
  it('leaves the attested list only when Dfns dropped it', async () => {
    await world.openAccount();
    const { id, address } = await world.approved('client-1', EXCHANGE);
    await world.must('client-1', `/v1/destinations/${id}/remove`);
    await world.settle();
    const account = await world.get('client-1', '/v1/accounts/me');
    await check(account.body.id);
    expect((await read()).claims).toMatchObject({
      approvedList: { addresses: [address] },
      destinations: [{ address, status: 'removing' }],
    });
    const { pending } = (await world.get('client-1', '/v1/accounts/me/restrictions')).body;
    await control('POST', `/approvals/${pending[0].approvalId}/decide`, { user: 'compliance-1', value: 'Approved' });
    await world.settle();
    expect((await read()).claims).toMatchObject({ approvedList: { addresses: [] }, destinations: [] });
  });
});
