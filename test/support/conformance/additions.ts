/**
 * What Dfns documents and the types of the installed SDK do not know: where the two differ, the documents are newer. This
 * is the whole list of what the sandbox may answer beyond the types, and it is compared as strictly as they are.
 */
import type { Shape, ShapeId } from './shape.ts';
import type { Shapes } from './shapes.ts';

type ObjectShape = Extract<Shape, { is: 'object' }>;
type Addition = { readonly why: string; readonly source: string; readonly add: (shapes: Shapes) => void };

const additions: readonly Addition[] = [
  {
    why: 'the nominal limit is newer than the SDK',
    source: 'docs.dfns.co: api-reference/policies, October 2026',
    add: (shapes) => {
      const [string, kind] = [shapes.add({ is: 'string' }), literal(shapes, 'TransactionAmountLimitNominal')];
      const assets = shapes.list(shapes.object({ network: string, tid: string, limit: string }));
      const nominal = shapes.object({ kind, configuration: shapes.object({ assets }) });
      const isRule = (id: ShapeId) => isObjectOfKind(shapes, id, 'TransactionAmountVelocity');
      replaceEach(shapes, (shape) =>
        shape.is === 'union' && shape.of.some(isRule) ? { ...shape, of: [...shape.of, nominal] } : undefined,
      );
    },
  },
  {
    why: 'webhooks can ask for kinds of events that are newer than the SDK',
    source: 'docs.dfns.co: webhook-events, October 2026; types of the Python SDK, August 2026',
    add: (shapes) => {
      const newer = [
        ...['policy.activity.resolved', 'swap.completed', 'swap.failed', 'webhook.event.retry.triggered'],
        ...['vault.created', 'vault.updated', 'vault.tags.modified', 'vault.event.created'],
        ...['wallet.blockchain_event.transfer.included', 'wallet.blockchain_event.misc.confirmed'],
        ...['address_watch.blockchain_event.transfer.confirmed', 'address_watch.blockchain_event.misc.confirmed'],
      ];
      replaceEach(shapes, (shape) =>
        shape.is === 'literal' && shape.values.includes('policy.triggered')
          ? { ...shape, values: [...shape.values, ...newer] }
          : undefined,
      );
    },
  },
  {
    why: 'what became of an event; shown under the setting webhookEventDetails',
    source: 'docs.dfns.co: webhook-events and webhook-event-retry, October 2026',
    add: (shapes) => {
      const may = (is: 'boolean' | 'number' | 'string') => ({ shape: shapes.add({ is }), isOptional: true });
      const details = {
        deliveryFailed: may('boolean'),
        deliveryAttempt: may('number'),
        nextAttemptDate: may('string'),
      };
      const isEvent = ({ fields }: ObjectShape) => 'timestampSent' in fields && 'data' in fields;
      replaceEach(shapes, (shape) =>
        shape.is === 'object' && isEvent(shape) ? { ...shape, fields: { ...shape.fields, ...details } } : undefined,
      );
    },
  },
  {
    why: 'policies about vaults are newer than the SDK',
    source: 'docs.dfns.co: api-reference/policies, October 2026',
    add: (shapes) => {
      const texts = shapes.list(shapes.add({ is: 'string' }));
      const tags = shapes.object({ 'hasAny?': texts, 'hasAll?': texts });
      const filters = { shape: shapes.object({ 'vaultTags?': tags }), isOptional: true };
      const isNearest = (id: ShapeId) => isObjectOfKind(shapes, id, 'Registry:ContractSchemas:Modify', 'activityKind');
      const ofVaults = (id: ShapeId): ShapeId[] => {
        const nearest = shapes.at(id);
        if (nearest.is !== 'object' || !isNearest(id)) return [];
        return ['Vaults:ReleaseQuarantine', 'Vaults:CreateLock'].map((kind) => {
          const activityKind = { shape: literal(shapes, kind), isOptional: false };
          return shapes.add({ ...nearest, fields: { ...nearest.fields, activityKind, filters } });
        });
      };
      replaceEach(shapes, (shape) =>
        shape.is === 'union' && shape.of.some(isNearest)
          ? { ...shape, of: [...shape.of, ...shape.of.flatMap(ofVaults)] }
          : undefined,
      );
    },
  },
  {
    why: 'what a change request calls the archiving of a policy is open; "Delete" under the setting archiveOperation',
    source: 'docs.dfns.co: api-reference/policies, which shows a change only',
    add: (shapes) => {
      const shape = shapes.add({ is: 'literal', values: ['Update', 'Delete'] });
      const isChange = ({ fields }: ObjectShape) =>
        fields.operationKind?.shape === literal(shapes, 'Update') && fields.kind?.shape === literal(shapes, 'Policy');
      replaceEach(shapes, (found) =>
        found.is === 'object' && isChange(found)
          ? { ...found, fields: { ...found.fields, operationKind: { shape, isOptional: false } } }
          : undefined,
      );
    },
  },
];

/** To be called once, on the types as the SDK has them. */
export function addWhatIsNewer(shapes: Shapes): void {
  for (const { add } of additions) add(shapes);
}

const literal = (shapes: Shapes, value: string) => shapes.add({ is: 'literal', values: [value] });

function isObjectOfKind(shapes: Shapes, id: ShapeId, kind: string, field = 'kind'): boolean {
  const shape = shapes.at(id);
  return shape.is === 'object' && shape.fields[field]?.shape === literal(shapes, kind);
}

/** An addition that finds no place any more would be a line that says nothing. */
function replaceEach(shapes: Shapes, change: (shape: Shape) => Shape | undefined): void {
  const changes = shapes.table.flatMap((shape, id) => {
    const changed = change(shape);
    return changed === undefined ? [] : [{ id, changed }];
  });
  if (changes.length === 0) throw new Error('the SDK has no place for something newer than it');
  for (const { id, changed } of changes) shapes.table[id] = changed;
}
