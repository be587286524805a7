// Evidence bundles for tests that have no world: a small sound one, and two dozen ways in which one may be corrupted.
import { exportJWK, generateKeyPair } from 'jose';
import { attest } from '../../src/domain/attestation.ts';
import { canonicalJson } from '../../src/domain/canonical.ts';
import { cannotProve, EVIDENCE_FORMAT, type Evidence, hashForSeal, recordsIn } from '../../src/domain/evidence.ts';
import { summarize } from '../../src/domain/fence.ts';
import { hashOfEntry, type PlacedEntry } from '../../src/domain/journal.ts';
import { proofsOf, rootOf } from '../../src/domain/merkle.ts';
import { addSeconds } from '../../src/domain/time.ts';
import { openAttestor, publishedKeys } from '../../src/kit/attestation-keys.ts';
import { CHECKPOINT } from '../../src/kit/checkpoint.ts';
import { EVIDENCE } from '../../src/kit/verify-evidence.ts';
import { ATTESTATION_KEY } from './attestation-key.ts';
import { AT, custodyWallet, fence, foundFence, idOf, openingAccount, wantedFence } from './build.ts';

// biome-ignore lint/suspicious/noExplicitAny: bundles are taken apart and altered here
type Json = any;

const ISSUER = 'https://fiducia.example.com';
const settings = { key: ATTESTATION_KEY, publicKeys: [] };
const ACCOUNT = idOf('acc');

/** Subjects of the entries, place by place; those of another account lie between. */
const story: readonly [subjectId: string, version: number, after: object, accountId?: string][] = [
  [ACCOUNT, 1, { status: 'opening' }],
  [`fence:${ACCOUNT}`, 1, { result: 'intact' }],
  ['other', 1, {}, idOf('acc', 2)],
  [idOf('chg'), 1, { status: 'queued', operation: 'add', address: '0x1', policyId: 'plc-1' }],
  [idOf('chg'), 2, { status: 'submitted', addressesBefore: [], addressesWanted: ['0x1'], approvalId: 'ap-1' }],
  [`fence:${ACCOUNT}`, 2, { result: 'intact' }],
  [idOf('chg'), 3, { status: 'applied', addressesRead: ['0x1'] }],
  ['other', 2, {}, idOf('acc', 2)],
  [idOf('xfr'), 1, { status: 'prepared', asset: 'EthereumSepolia/native', units: '7', externalId: 'f1-x' }],
  [idOf('xfr'), 2, { status: 'confirmed', transactionHash: '0xabc', custodyId: 'xfr-1' }],
  [`fence:${ACCOUNT}`, 3, { result: 'intact' }],
];
/** How many places each checkpoint covers. */
const sizes = [4, 4, 3] as const;

async function placed(): Promise<PlacedEntry[]> {
  return Promise.all(
    story.map(async ([subjectId, version, after, accountId = ACCOUNT], index) => {
      const entry = {
        ...{ id: idOf('jnl', index + 1), subjectId, version, kind: 'x', accountId, walletId: null, policyId: null },
        ...{ actor: 'a', actorRole: 'system', requestId: 'r', at: addSeconds(AT, index) },
        data: canonicalJson({ before: {}, after }),
      };
      return { ...entry, place: index + 1, hash: await hashOfEntry(entry) };
    }),
  );
}

/** A sound bundle and the keys to verify it with, as texts. */
export async function soundEvidence(bound: number = sizes.length): Promise<{ text: string; keys: string }> {
  const attestor = await openAttestor(settings);
  const all = await placed();
  const checkpoints: { jws: string; hash: string }[] = [];
  const entries: Json[] = [];
  let from = 1;
  for (const size of sizes) {
    const hashes = all.slice(from - 1, from - 1 + size).map(({ hash }) => hash);
    const claims = {
      ...{ issuer: ISSUER, keyId: attestor.keyId, epoch: '1', sequence: checkpoints.length + 1, at: AT },
      ...{ previousHash: checkpoints.at(-1)?.hash ?? null, from, to: from + size - 1, root: await rootOf(hashes) },
    };
    const isBound = checkpoints.length < bound;
    if (isBound) checkpoints.push(await attestor.signAs(CHECKPOINT, claims));
    const proofOf = await proofsOf(hashes);
    const slice = all.slice(from - 1, from - 1 + size);
    entries.push(...slice.map((entry, index) => ({ ...entry, proof: isBound ? proofOf(index) : null })));
    from += size;
  }
  const ours = entries.filter(({ accountId }) => accountId === ACCOUNT);
  const actions = [await signedAction('uj-1'), await signedAction('uj-2')];
  const evidence: Omit<Evidence, 'seal'> = {
    ...{ format: EVIDENCE_FORMAT, issuer: ISSUER, madeAt: addSeconds(AT, 100), cannotProve },
    account: { id: ACCOUNT, tag: 'client:1', policyId: 'plc-1' },
    period: { from: AT, to: addSeconds(AT, 60) },
    checkpoints: checkpoints.map(({ jws }) => jws),
    entries: ours,
    attestations: await attested(),
    records: recordsIn(ours),
    custody: {
      approvals: [{ approvalId: 'ap-1', about: idOf('chg'), status: 'approved', decisions: [] }],
      auditLog: {
        ...{ status: 'read', says: 'As custody listed them.' },
        lines: actions.map(({ id, action, userId, username, performedAt, credentialId }) => ({
          ...{ id, userId, username, performedAt, credentialId, path: '/wallets', summary: action },
        })),
        actions,
      },
    },
  };
  const { issuer, madeAt } = evidence;
  const claims = { issuer, keyId: attestor.keyId, madeAt, hash: await hashForSeal(evidence) };
  const seal = (await attestor.signAs(EVIDENCE, claims)).jws;
  return { text: JSON.stringify({ ...evidence, seal }), keys: JSON.stringify(await publishedKeys(settings)) };
}

async function attested(): Promise<string[]> {
  const attestor = await openAttestor(settings);
  const made: { jws: string; hash: string }[] = [];
  for (const sequence of [1, 2, 3]) {
    const claims = attest({
      ...{ issuer: ISSUER, keyId: attestor.keyId, account: openingAccount({ id: ACCOUNT }), destinations: [] },
      fence: fence({ version: sequence, found: summarize(wantedFence(), foundFence()) }),
      ...{ wallets: [custodyWallet()], previousHash: made.at(-1)?.hash ?? null, permissionProofAt: null },
    });
    made.push(await attestor.sign(claims));
  }
  return made.map(({ jws }) => jws);
}

async function signedAction(id: string) {
  const pair = (await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])) as CryptoKeyPair;
  const clientData = new TextEncoder().encode(JSON.stringify({ type: 'key.get', challenge: id }));
  const base64 = (bytes: ArrayBuffer | Uint8Array) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
  const base64url = (bytes: ArrayBuffer | Uint8Array) =>
    base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const spki = (await crypto.subtle.exportKey('spki', pair.publicKey)) as ArrayBuffer;
  return {
    ...{ id, action: 'POST /wallets', userId: 'us-1', username: 'maker', performedAt: AT },
    ...{ credentialId: 'cr-1', credentialKind: 'Key' },
    publicKey: `-----BEGIN PUBLIC KEY-----\n${base64(spki)}\n-----END PUBLIC KEY-----\n`,
    assertion: {
      authenticatorData: null,
      clientData: base64url(clientData),
      signature: base64url(await crypto.subtle.sign({ name: 'Ed25519' }, pair.privateKey, clientData)),
    },
  };
}

const claimsIn = (jws: string): Json =>
  JSON.parse(atob(jws.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? ''));
const mine = (evidence: Json, n: number): Json => evidence.entries[n];

type Row = readonly [name: string, change: (evidence: Json) => unknown, words: string];
const rows: readonly Row[] = [
  ['one byte of an entry', (e) => (mine(e, 3).data = mine(e, 3).data.replace('":', '" :')), 'it was changed: its hash'],
  [
    'an entry exchanged with a hash that fits',
    async (e) => {
      mine(e, 3).actor = 'somebody else';
      mine(e, 3).hash = await hashOfEntry(mine(e, 3));
    },
    'exchanged, swapped or slipped in',
  ],
  [
    'an entry removed',
    (e) => {
      const seen = new Set<string>();
      const again = e.entries.findIndex(({ subjectId, version }: Json, index: number) => {
        const isMiddle =
          seen.has(subjectId) && e.entries.slice(index + 1).some((other: Json) => other.subjectId === subjectId);
        seen.add(subjectId);
        return isMiddle && version > 1;
      });
      e.entries.splice(again, 1);
    },
    'An entry was removed: after version',
  ],
  ['two entries swapped', (e) => e.entries.splice(2, 2, mine(e, 3), mine(e, 2)), 'swapped or repeated'],
  [
    'two entries that changed places',
    (e) => {
      const [one, other] = [mine(e, 2), mine(e, 3)];
      [one.place, other.place] = [other.place, one.place];
      [one.proof, other.proof] = [other.proof, one.proof];
      e.entries.splice(2, 2, other, one);
    },
    'exchanged, swapped or slipped in',
  ],
  [
    'an entry slipped in between',
    async (e) => {
      const at = e.entries.findIndex(({ place }: Json, n: number) => place + 1 < (e.entries[n + 1]?.place ?? 0));
      const forged = {
        ...mine(e, at),
        id: 'jnl_forged',
        subjectId: 'forged',
        version: 1,
        place: mine(e, at).place + 1,
      };
      e.entries.splice(at + 1, 0, { ...forged, hash: await hashOfEntry(forged) });
    },
    'exchanged, swapped or slipped in',
  ],
  ['a proof altered', (e) => (mine(e, 3).proof[0] = '0'.repeat(64)), 'exchanged, swapped or slipped in'],
  ['a proof left out', (e) => (mine(e, 3).proof = null), 'its proof is missing'],
  ['an entry of another account', (e) => (mine(e, 3).accountId = `acc_${'9'.repeat(26)}`), 'of another account'],
  [
    'a checkpoint with a broken signature',
    (e) => (e.checkpoints[1] = `${e.checkpoints[1].slice(0, -6)}AAAAAA`),
    'signature',
  ],
  [
    'a checkpoint of a strange key',
    async (e) => {
      const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
      const stranger = await openAttestor({ key: JSON.stringify(await exportJWK(privateKey)), publicKeys: [] });
      const claims = { ...claimsIn(e.checkpoints[1]), keyId: stranger.keyId };
      e.checkpoints[1] = (await stranger.signAs(CHECKPOINT, claims)).jws;
    },
    'No key of the key file',
  ],
  ['a checkpoint left out', (e) => e.checkpoints.splice(1, 1), 'one is missing'],
  [
    'a forked checkpoint, signed with the right key',
    async (e) => {
      const attestor = await openAttestor({ key: ATTESTATION_KEY, publicKeys: [] });
      const claims = { ...claimsIn(e.checkpoints[1]), at: '2031-03-03T09:00:00.001Z' };
      e.checkpoints[1] = (await attestor.signAs(CHECKPOINT, claims)).jws;
    },
    'the chain was broken',
  ],
  [
    'an attestation in the place of a checkpoint',
    (e) => (e.checkpoints[1] = e.attestations[0]),
    'another kind of document',
  ],
  ['an attestation altered', (e) => (e.attestations[1] = e.attestations[1].replace(/.$/, '')), 'Attestation number 2'],
  ['an attestation left out from between', (e) => e.attestations.splice(1, 1), 'one is missing'],
  ['the last attestation left out', (e) => e.attestations.pop(), 'attestation of the fence check'],
  [
    'a transfer with another hash',
    (e) => (e.records.transfers[0].facts.transactionHash = '0x00'),
    'The records are not',
  ],
  [
    'an approved list with another address',
    (e) => e.records.policyVersions[0].facts.addressesRead.push('0x00'),
    'The records are not',
  ],
  [
    'an approval that nobody asked for',
    (e) => (e.custody.approvals[0].approvalId = 'ap-forged'),
    'not one that an entry',
  ],
  [
    'a signature at custody altered',
    (e) => (e.custody.auditLog.actions[0].assertion.signature = e.custody.auditLog.actions[1].assertion.signature),
    'its signature does not fit',
  ],
  [
    'a line of the audit log altered',
    (e) => (e.custody.auditLog.lines[0].summary = 'POST /nothing'),
    'says something else',
  ],
  ['what it cannot prove left out', (e) => e.cannotProve.pop(), 'cannot prove'],
  ['a period made wider', (e) => (e.period.to = '2031-03-05T00:00:00.000Z'), 'The seal is of another bundle'],
  ['a decision altered', (e) => (e.custody.approvals[0].status = 'denied'), 'The seal is of another bundle'],
  ['an action at custody left out', (e) => e.custody.auditLog.actions.pop(), 'The seal is of another bundle'],
  ['another document for its seal', (e) => (e.seal = e.attestations[0]), 'another kind of document'],
  ['a member that no bundle has', (e) => (e.note = 'trust me'), 'not an evidence bundle'],
];

/** What somebody does to a bundle, and what a verifier then says. */
export const corruptions = rows.map(([name, change, words]) => ({ name, change, words }));
