/**
 * Everything an answer can be compared with: the SDK's response types, and what follows from them. The SDK has no type
 * for a call that waits for approval, for an error or for the content of a webhook event; these are put together from
 * parts that it has.
 */
import { addWhatIsNewer } from './additions.ts';
import { type Operation, type ResponseTypes, readResponseTypes } from './sdk-types.ts';
import type { Shape, ShapeId } from './shape.ts';

export type Contract = {
  readonly shapes: readonly Shape[];
  readonly operations: readonly Operation[];
  /** The change request of a 202, by operation. Elsewhere a 202 is what a 200 would be. */
  readonly changeRequests: Readonly<Record<string, ShapeId>>;
  readonly error: ShapeId;
  /** By kind: what a webhook is sent, and the `data` in it. */
  readonly events: Readonly<Record<string, { readonly body: ShapeId; readonly data: ShapeId }>>;
};

export function readContract(): Contract {
  const types = readResponseTypes();
  addWhatIsNewer(types.shapes);
  return {
    shapes: types.shapes.table,
    operations: types.operations,
    changeRequests: changeRequestsOf(types),
    error: errorOf(types),
    events: eventsOf(types),
  };
}

const answerOf = ({ shapes, operations }: ResponseTypes, name: string, ...path: string[]): ShapeId => {
  const operation = operations.find((known) => known.name === name);
  if (operation === undefined) throw new Error(`the SDK has no ${name}`);
  return shapes.within(operation.answer, ...path);
};

function changeRequestsOf(types: ResponseTypes): Contract['changeRequests'] {
  const policy = answerOf(types, 'policies.getPolicy', 'pendingChangeRequest');
  const permission = answerOf(types, 'permissions.getPermission', 'pendingChangeRequest');
  const assignment = answerOf(types, 'permissions.listAssignments', 'items', '[]', 'pendingChangeRequest');
  return {
    ...{ 'policies.updatePolicy': policy, 'policies.archivePolicy': policy },
    ...{ 'permissions.updatePermission': permission, 'permissions.archivePermission': permission },
    ...{ 'permissions.createAssignment': assignment, 'permissions.deleteAssignment': assignment },
  };
}

/** `{"error": {"id", "status", "message", "details"?}}`; the SDK reads `error.message` and has no type for it. */
function errorOf({ shapes }: ResponseTypes): ShapeId {
  const [string, number] = [shapes.add({ is: 'string' }), shapes.add({ is: 'number' })];
  const details = shapes.add({ is: 'object', fields: {}, others: shapes.add({ is: 'anything' }) });
  return shapes.object({ error: shapes.object({ id: string, status: number, message: string, 'details?': details }) });
}

/** The SDK types `data` as anything; Dfns documents per kind which entity it holds. */
function eventsOf(types: ResponseTypes): Contract['events'] {
  const { shapes } = types;
  const holds = (name: string, id: ShapeId, kinds: readonly string[]) =>
    kinds.map((kind): [string, ShapeId] => [kind, shapes.object({ [name]: id })]);
  const wallet = answerOf(types, 'wallets.getWallet');
  const approval = answerOf(types, 'policies.getApproval');
  const tags = shapes.within(wallet, 'tags');
  const ends = (subject: string, ...last: string[]) => last.map((end) => `wallet.${subject}.${end}`);
  const life = ['requested', 'broadcasted', 'confirmed', 'failed', 'rejected'];
  const data = [
    ...holds('transferRequest', answerOf(types, 'wallets.getTransfer'), ends('transfer', ...life)),
    ...holds('transactionRequest', answerOf(types, 'wallets.getTransaction'), ends('transaction', ...life)),
    ...holds(
      'signatureRequest',
      answerOf(types, 'wallets.getSignature'),
      ends('signature', 'requested', 'signed', 'failed', 'rejected'),
    ),
    ...holds('wallet', wallet, ['wallet.created', 'wallet.activated', 'wallet.delegated', 'wallet.exported']),
    ...holds('key', answerOf(types, 'keys.createKey'), ['key.created', 'key.delegated', 'key.exported']),
    ...holds('key', answerOf(types, 'keys.deleteKey'), ['key.deleted']),
    ...holds('approval', approval, ['policy.approval.pending', 'policy.approval.resolved']),
    ...holds('blockchainEvent', answerOf(types, 'wallets.getWalletHistory', 'items', '[]'), [
      'wallet.blockchainevent.detected',
    ]),
    ...holds('policyEvaluation', evaluationOf(types, approval), ['policy.triggered']),
    ['wallet.tags.modified', shapes.object({ wallet, tagsAdded: tags, tagsRemoved: tags })] as const,
  ];
  return Object.fromEntries(data.map(([kind, id]) => [kind, { body: envelopeOf(types, kind, id), data: id }]));
}

function evaluationOf(types: ResponseTypes, approval: ShapeId): ShapeId {
  const { shapes } = types;
  const string = shapes.add({ is: 'string' });
  return shapes.object({
    ...{ id: string, triggered: shapes.add({ is: 'boolean' }), reason: string, date: string },
    policy: answerOf(types, 'policies.createPolicy'),
    activity: shapes.within(approval, 'activity'),
    context: shapes.add({ is: 'anything' }),
  });
}

function envelopeOf({ shapes }: ResponseTypes, kind: string, data: ShapeId): ShapeId {
  const [string, number] = [shapes.add({ is: 'string' }), shapes.add({ is: 'number' })];
  const about = { id: string, kind: shapes.add({ is: 'literal', values: [kind] }), date: string, data };
  return shapes.object({ ...about, timestampSent: number, deliveryAttempt: number, 'retryOf?': string });
}
