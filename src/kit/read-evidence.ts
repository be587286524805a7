// The shape of an evidence bundle, from text: what has another one is refused before anything in it is believed.
import { EVIDENCE_FORMAT, type Evidence } from '../domain/evidence.ts';
import { hasOnly, isObject, parseJson, type Refused, refused } from './signed.ts';

const CHARACTERS_MAX = 60_000_000;

const isText = (value: unknown): boolean => typeof value === 'string';
const isTextOrNull = (value: unknown): boolean => value === null || isText(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
type Shape = Readonly<Record<string, (value: unknown) => boolean>>;

/** Exactly these members, each of its kind. */
const has = (shape: Shape) => (value: unknown) =>
  isObject(value) &&
  hasOnly(value, Object.keys(shape)) &&
  Object.entries(shape).every(([name, isRight]) => isRight(value[name]));
const listOf = (isRight: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(isRight);
const orNull = (isRight: (value: unknown) => boolean) => (value: unknown) => value === null || isRight(value);
const texts = (...names: readonly string[]): Shape => Object.fromEntries(names.map((name) => [name, isText]));

/** Canonical JSON of an object: the entries' own texts are read again to derive the records. */
const isData = (value: unknown): boolean => {
  const data = isText(value) ? parseJson(String(value)) : undefined;
  return isObject(data) && (data.after === undefined || isObject(data.after));
};

const isEntry = has({
  ...texts('id', 'subjectId', 'kind', 'actor', 'actorRole', 'requestId', 'at', 'hash'),
  ...{ accountId: isTextOrNull, walletId: isTextOrNull, policyId: isTextOrNull },
  ...{ place: isCount, version: isCount, data: isData, proof: orNull(listOf(isText)) },
});
const isRecord = has({ id: isText, firstVersion: isCount, lastVersion: isCount, facts: isObject });
const isRecords = has({
  ...{ transfers: listOf(isRecord), policyVersions: listOf(isRecord) },
  ...{ destinations: listOf(isRecord), limits: listOf(isRecord) },
});
const isAction = has({
  ...texts('id', 'action', 'userId', 'username', 'performedAt', 'credentialId', 'credentialKind'),
  publicKey: isTextOrNull,
  assertion: orNull(has({ authenticatorData: isTextOrNull, ...texts('clientData', 'signature') })),
});
const isCustody = has({
  approvals: listOf(
    has({
      ...texts('approvalId', 'about', 'status'),
      decisions: listOf(has({ ...texts('userId', 'value'), reason: isTextOrNull })),
    }),
  ),
  auditLog: has({
    ...texts('status', 'says'),
    lines: listOf(has(texts('performedAt', 'id', 'userId', 'username', 'credentialId', 'path', 'summary'))),
    actions: listOf(isAction),
  }),
});
const isEvidence = has({
  format: (value) => value === EVIDENCE_FORMAT,
  ...texts('issuer', 'madeAt'),
  account: has({ ...texts('id', 'tag'), policyId: isTextOrNull }),
  period: has(texts('from', 'to')),
  cannotProve: listOf(isText),
  checkpoints: listOf(isText),
  entries: listOf(isEntry),
  attestations: listOf(isText),
  records: isRecords,
  custody: isCustody,
  seal: isText,
});

export function readEvidence(text: string): { readonly ok: true; readonly evidence: Evidence } | Refused {
  if (text.length > CHARACTERS_MAX) return refused('The file is too large.');
  const value = parseJson(text);
  return isEvidence(value)
    ? { ok: true, evidence: asEvidence(value) }
    : refused('This is not an evidence bundle: it is not JSON, or it has other members than a bundle has.');
}

// Every member was looked at by the shapes above.
const asEvidence = (value: unknown): Evidence => value as Evidence;
