import { ed25519 } from '@noble/curves/ed25519';
import { secp256k1 } from '@noble/curves/secp256k1';
import {
  hexToBytes,
  keccak256,
  parseTransaction,
  recoverAddress,
  recoverTransactionAddress,
  serializeTransaction,
  toHex,
  verifyMessage,
  verifyTypedData,
} from 'viem';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  account,
  advance,
  approvalBy,
  decide,
  EXCHANGE,
  failure,
  hold,
  kinds,
  openWallet,
  reset,
  sdk,
  settings,
  userIds,
  whitelist,
} from './support.ts';

beforeEach(reset);

type Hex = `0x${string}`;
const hex = (text: string | undefined) => (text ?? '0x') as Hex;
const ECDSA = { scheme: 'ECDSA', curve: 'secp256k1' } as const;
const EDDSA = { scheme: 'EdDSA', curve: 'ed25519' } as const;
const HASH = keccak256('0x01');

async function openKey() {
  const admin = await sdk('admin-1');
  const key = await admin.keys.createKey({ body: { ...ECDSA, name: 'gate' } });
  return { admin, key, keyId: key.id };
}

describe('a key', () => {
  it('is made, read, renamed and listed, newest first', async () => {
    await hold();
    const { admin, key, keyId } = await openKey();
    const other = await admin.keys.createKey({ body: EDDSA });
    expect(key).toMatchObject({ ...ECDSA, name: 'gate', status: 'Active', custodial: true });
    expect(key.publicKey).toMatch(/^0[23][0-9a-f]{64}$/);
    expect(other.publicKey).toMatch(/^[0-9a-f]{64}$/);
    expect(await admin.keys.updateKey({ keyId, body: { name: 'door' } })).toEqual({ ...key, name: 'door' });
    expect(await admin.keys.getKey({ keyId })).toMatchObject({ id: keyId, name: 'door', wallets: [], store: {} });
    expect((await admin.keys.listKeys()).items.map(({ id }) => id)).toEqual([other.id, keyId]);
    expect(await kinds()).toEqual(['key.created', 'key.created']);
  });

  it('is shared by wallets of networks that have its curve, once on each', async () => {
    const { admin, keyId } = await openKey();
    const open = (network: 'Base' | 'Bitcoin' | 'Ethereum' | 'Solana') =>
      admin.wallets.createWallet({ body: { network, signingKey: { id: keyId } } });
    const [ether, base, bitcoin] = [await open('Ethereum'), await open('Base'), await open('Bitcoin')];
    expect(ether.address).toBe(base.address);
    expect(bitcoin.signingKey).toEqual(ether.signingKey);
    expect((await admin.keys.getKey({ keyId })).wallets).toEqual(
      [ether, base, bitcoin].map(({ id, network }) => ({ id, network })),
    );
    expect((await failure(open('Solana'))).httpStatus).toBe(400);
    expect((await failure(open('Base'))).httpStatus).toBe(409);
    const maker = await sdk('maker');
    const body = { network: 'Polygon', signingKey: { id: keyId } } as const;
    expect((await failure(maker.wallets.createWallet({ body }))).httpStatus).toBe(403);
  });

  it('takes its wallets with it when it is deleted, or is kept by them where the setting says so', async () => {
    const { maker, wallet } = await openWallet();
    const admin = await sdk('admin-1');
    const keyId = wallet.signingKey.id;
    await settings({ deletedKeyWallets: 'refuse' });
    expect((await failure(admin.keys.deleteKey({ keyId }))).httpStatus).toBe(422);
    await settings({ deletedKeyWallets: 'archive' });
    expect(await admin.keys.deleteKey({ keyId })).toMatchObject({
      status: 'Archived',
      dateDeleted: expect.any(String),
    });
    expect(await maker.wallets.getWallet({ walletId: wallet.id })).toMatchObject({ status: 'Archived' });
    const body = { kind: 'Native', to: EXCHANGE, amount: '1' } as const;
    expect((await failure(maker.wallets.transferAsset({ walletId: wallet.id, body }))).httpStatus).toBe(422);
    expect(
      (await failure(admin.keys.generateSignature({ keyId, body: { kind: 'Hash', hash: HASH } }))).httpStatus,
    ).toBe(422);
  });

  it.each([
    ['a curve this sandbox lacks', { scheme: 'Schnorr', curve: 'secp256k1' } as const],
    ['a curve of another scheme', { scheme: 'EdDSA', curve: 'secp256k1' } as const],
    ['a store', { ...ECDSA, storeId: 'ks-1' }],
  ])('is refused with %s', async (_case, body) => {
    const admin = await sdk('admin-1');
    expect((await failure(admin.keys.createKey({ body }))).httpStatus).toBe(400);
    expect((await admin.keys.listKeys()).items).toEqual([]);
  });
});

describe('a signature', () => {
  const typed = {
    domain: { name: 'Fence', version: '1', chainId: 1, verifyingContract: EXCHANGE as Hex },
    types: { Person: [{ name: 'wallet', type: 'address' }], Mail: [{ name: 'to', type: 'Person[]' }] },
    message: { to: [{ wallet: EXCHANGE as Hex }] },
  } as const;

  it('of a wallet verifies against its address, whatever was signed', async () => {
    await hold();
    const { wallet } = await openWallet();
    const admin = await sdk('admin-1');
    const address = hex(wallet.address);
    const sign = (body: Parameters<typeof admin.wallets.generateSignature>[0]['body']) =>
      admin.wallets.generateSignature({ walletId: wallet.id, body });

    const hashed = await sign({ kind: 'Hash', hash: HASH });
    expect(hashed).toMatchObject({
      status: 'Signed',
      walletId: wallet.id,
      network: wallet.network,
      keyId: wallet.signingKey.id,
    });
    expect(
      await recoverAddress({ hash: HASH, signature: hex(hashed.signature?.encoded) }).then((at) => at.toLowerCase()),
    ).toBe(address);

    const { signature: said } = await sign({ kind: 'Message', message: toHex('hello') });
    expect(await verifyMessage({ address, message: 'hello', signature: hex(said?.encoded) })).toBe(true);

    const { domain, message } = typed;
    const types = { Person: [...typed.types.Person], Mail: [...typed.types.Mail] };
    const { signature: agreed } = await sign({ kind: 'Eip712', types, domain, message });
    const signature = hex(agreed?.encoded);
    expect(await verifyTypedData({ ...typed, primaryType: 'Mail', address, signature })).toBe(true);

    const transaction = serializeTransaction({ chainId: 11155111, to: EXCHANGE, value: 5n, type: 'eip1559' });
    const { signedData } = await sign({ kind: 'Transaction', transaction });
    const serializedTransaction = hex(signedData) as `0x02${string}`;
    expect(parseTransaction(serializedTransaction)).toMatchObject({ to: EXCHANGE, value: 5n });
    expect((await recoverTransactionAddress({ serializedTransaction })).toLowerCase()).toBe(address);

    expect((await kinds()).filter((kind) => String(kind).startsWith('wallet.signature'))).toHaveLength(8);
    const { items } = await admin.wallets.listSignatures({ walletId: wallet.id });
    expect(items).toHaveLength(4);
    const { walletId: _once, ...later } = hashed;
    expect(items[3]).toEqual(later);
    expect(await admin.wallets.getSignature({ walletId: wallet.id, signatureId: hashed.id })).toEqual(later);
    expect((await admin.keys.listSignatures({ keyId: wallet.signingKey.id })).items).toHaveLength(4);
  });

  it('of a key verifies against its public key', async () => {
    const { admin, key, keyId } = await openKey();
    const { signature } = await admin.keys.generateSignature({ keyId, body: { kind: 'Hash', hash: HASH } });
    const compact = `${signature?.r.slice(2)}${signature?.s.slice(2)}`;
    expect(secp256k1.verify(compact, HASH.slice(2), key.publicKey)).toBe(true);

    const other = await admin.keys.createKey({ body: EDDSA });
    const message = toHex('any length at all');
    const made = await admin.keys.generateSignature({ keyId: other.id, body: { kind: 'Message', message } });
    expect(ed25519.verify(hexToBytes(hex(made.signature?.encoded)), hexToBytes(message), other.publicKey)).toBe(true);
    expect(await admin.keys.getSignature({ keyId: other.id, signatureId: made.id })).toEqual(made);
    expect((await failure(admin.keys.getSignature({ keyId, signatureId: made.id }))).httpStatus).toBe(404);
  });

  it('waits for the approval of a policy of any wallet of the key, as no rule can read it', async () => {
    const approval = approvalBy(await userIds('compliance-1'));
    const { maker, wallet } = await openWallet();
    await maker.policies.createPolicy({ body: whitelist([EXCHANGE], 'client:1', approval) });
    const admin = await sdk('admin-1');
    const keyId = wallet.signingKey.id;
    const ask = () => admin.keys.generateSignature({ keyId, body: { kind: 'Hash', hash: HASH } });
    const asked = await ask();
    expect(asked).toMatchObject({ status: 'Pending', approvalId: expect.stringMatching(/^ap-/) });
    expect(asked.signature).toBeUndefined();
    const decided = await decide('compliance-1', asked.approvalId ?? '', 'Approved');
    expect(decided.activity).toMatchObject({
      kind: 'Wallets:Sign',
      signatureRequest: { id: asked.id, status: 'Signed' },
    });
    const signed = await admin.keys.getSignature({ keyId, signatureId: asked.id });
    expect(signed).toMatchObject({
      status: 'Signed',
      datePolicyResolved: expect.any(String),
      dateSigned: expect.any(String),
    });

    const second = await ask();
    await decide('compliance-1', second.approvalId ?? '', 'Denied');
    const denied = await admin.keys.getSignature({ keyId, signatureId: second.id });
    expect(denied).toMatchObject({ status: 'Rejected', reason: expect.stringContaining('Denied') });
    expect(denied.signature).toBeUndefined();
  });

  it('is rejected at once by a policy that blocks', async () => {
    await hold();
    const { maker, wallet } = await openWallet();
    await maker.policies.createPolicy({ body: whitelist([EXCHANGE]) });
    const admin = await sdk('admin-1');
    const body = { kind: 'Message', message: '0x00' } as const;
    const blocked = await admin.wallets.generateSignature({ walletId: wallet.id, body });
    expect(blocked).toMatchObject({ status: 'Rejected', reason: expect.stringContaining('Whitelist') });
    expect(await kinds()).toContain('wallet.signature.rejected');
  });

  it('is made later where the setting says so', async () => {
    await settings({ signatureSignedMilliseconds: 5000 });
    const { admin, keyId } = await openKey();
    const asked = await admin.keys.generateSignature({ keyId, body: { kind: 'Hash', hash: HASH } });
    expect(asked.status).toBe('Pending');
    await advance(6);
    expect((await admin.keys.getSignature({ keyId, signatureId: asked.id })).status).toBe('Signed');
  });

  it('is the first one again for the same external id, and a conflict for another body', async () => {
    const { admin, keyId } = await openKey();
    const body = { kind: 'Hash', hash: HASH, externalId: 'one' } as const;
    const first = await admin.keys.generateSignature({ keyId, body });
    expect(await admin.keys.generateSignature({ keyId, body })).toEqual(first);
    const fault = await failure(admin.keys.generateSignature({ keyId, body: { ...body, hash: keccak256('0x02') } }));
    expect(fault).toMatchObject({ httpStatus: 409, message: 'Conflicting signature with same externalId' });
    expect(fault.context.body.error).toMatchObject({ details: { duplicate: { id: first.id, externalId: 'one' } } });
  });

  it.each([
    ['a short hash', { kind: 'Hash', hash: '0x01' }, 'hash'],
    ['a message that is no hex', { kind: 'Message', message: 'hello', network: 'Base' }, 'message'],
    ['a message for no network', { kind: 'Message', message: '0x00' }, 'without a network'],
    ['a message for Bitcoin', { kind: 'Message', message: '0x00', network: 'Bitcoin' }, 'Bitcoin'],
    ['an unknown network', { kind: 'Message', message: '0x00', network: 'Atlantis' }, 'network'],
    ['typed data of no type', { kind: 'Eip712', types: {}, domain: {}, message: {} }, 'EIP-712'],
    [
      'typed data of an unknown type',
      { kind: 'Eip712', types: { A: [{ name: 'b', type: 'C' }] }, domain: {}, message: { b: 1 } },
      'EIP-712',
    ],
    [
      'a tip above the fee',
      {
        kind: 'Transaction',
        network: 'Base',
        // Type 2, chain 1, nonce 0, tip 9, fee 1, gas 0x5208, to nobody, no value, no data, no access list.
        transaction: '0x02cb01800901825208808080c0',
      },
      'transaction',
    ],
    ['a transaction of noise', { kind: 'Transaction', transaction: '0x02ff', network: 'Base' }, 'transaction'],
  ])('is refused with %s, and leaves nothing', async (_case, body, field) => {
    const { admin, keyId } = await openKey();
    const fault = await failure(admin.keys.generateSignature({ keyId, body: body as { kind: 'Hash'; hash: string } }));
    expect(fault).toMatchObject({ httpStatus: 400, message: expect.stringContaining(field) });
    expect((await admin.keys.listSignatures({ keyId })).items).toEqual([]);
  });

  it('is not for an account without the operation', async () => {
    const { maker, wallet } = await openWallet();
    const body = { kind: 'Hash', hash: HASH } as const;
    const fault = await failure(maker.wallets.generateSignature({ walletId: wallet.id, body }));
    expect(fault).toMatchObject({ httpStatus: 403, message: expect.stringContaining('Keys:Signatures:Create') });
    expect(await account('maker')).toBeDefined();
  });
});
