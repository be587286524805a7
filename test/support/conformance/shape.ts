/**
 * What a JSON value must look like, as data: closed objects, unions, literals. Shapes live in one table and name each
 * other by index, so that the same type written a thousand times is kept once.
 */

export type ShapeId = number;
export type Shape =
  | { readonly is: 'anything' | 'nothing' | 'string' | 'number' | 'boolean' | 'null' }
  | { readonly is: 'literal'; readonly values: readonly (string | number | boolean)[] }
  | { readonly is: 'list'; readonly of: ShapeId }
  | { readonly is: 'union'; readonly of: readonly ShapeId[] }
  | {
      readonly is: 'object';
      readonly fields: Readonly<Record<string, Field>>;
      /** What a field of any other name holds; without it there may be none. */
      readonly others?: ShapeId;
    };
export type Field = { readonly shape: ShapeId; readonly isOptional: boolean };

/** `path` is `items[].rule.kind`: the same for every item, so that it can be named once. */
export type Issue = { readonly path: string; readonly message: string };

const show = (value: unknown) => (JSON.stringify(value) ?? 'nothing').slice(0, 80);

/** Everything that is wrong with a value; nothing is wrong with one that fits. */
export function issuesOf(shapes: readonly Shape[], id: ShapeId, value: unknown, path = ''): Issue[] {
  const shape = shapeAt(shapes, id);
  const unless = (fits: boolean, expected: string) =>
    fits ? [] : [{ path, message: `expected ${expected}, got ${show(value)}` }];
  switch (shape.is) {
    case 'anything':
      return [];
    case 'nothing':
      return unless(value === undefined, 'no body');
    case 'null':
      return unless(value === null, 'null');
    case 'string':
    case 'boolean':
      return unless(typeof value === shape.is, `a ${shape.is}`);
    case 'number':
      return unless(typeof value === 'number', 'a number');
    case 'literal':
      return unless(
        shape.values.some((literal) => literal === value),
        `one of ${shape.values.map(show).join(' | ').slice(0, 200)}`,
      );
    case 'list':
      if (!Array.isArray(value)) return unless(false, 'a list');
      return value.flatMap((item: unknown) => issuesOf(shapes, shape.of, item, `${path}[]`));
    case 'union':
      return nearest(shapes, shape.of, value, path);
    case 'object':
      return isRecord(value) ? fieldIssues(shapes, shape, value, path) : unless(false, 'an object');
  }
}

function fieldIssues(
  shapes: readonly Shape[],
  { fields, others }: Extract<Shape, { is: 'object' }>,
  value: Record<string, unknown>,
  path: string,
): Issue[] {
  const inside = (name: string) => (path === '' ? name : `${path}.${name}`);
  const missing = Object.entries(fields)
    .filter(([name, { isOptional }]) => !isOptional && !Object.hasOwn(value, name))
    .map(([name]) => ({ path: inside(name), message: 'required, but missing' }));
  const present = Object.entries(value).flatMap(([name, held]) => {
    const shape = (Object.hasOwn(fields, name) ? fields[name]?.shape : undefined) ?? others;
    if (shape === undefined) {
      return [{ path: inside(name), message: `not in the type, but answered: ${show(held)}` }];
    }
    return issuesOf(shapes, shape, held, inside(name));
  });
  return [...missing, ...present];
}

/** The complaints of the member that was most likely meant: one whose literals (`kind`) agree, then the fewest. */
function nearest(shapes: readonly Shape[], members: readonly ShapeId[], value: unknown, path: string): Issue[] {
  let best: { issues: Issue[]; rank: number } | undefined;
  for (const member of members) {
    const issues = issuesOf(shapes, member, value, path);
    if (issues.length === 0) return [];
    const rank = issues.length + 1000 * strayLiterals(shapes, member, value);
    if (best === undefined || rank < best.rank) best = { issues, rank };
  }
  return best?.issues ?? [];
}

function strayLiterals(shapes: readonly Shape[], id: ShapeId, value: unknown): number {
  const shape = shapeAt(shapes, id);
  if (shape.is !== 'object') return isRecord(value) ? 100 : 0;
  if (!isRecord(value)) return 100;
  return Object.entries(shape.fields).filter(([name, field]) => {
    const expected = shapeAt(shapes, field.shape);
    return expected.is === 'literal' && !expected.values.some((literal) => literal === value[name]);
  }).length;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function shapeAt(shapes: readonly Shape[], id: ShapeId): Shape {
  const shape = shapes[id];
  if (shape === undefined) throw new Error(`there is no shape ${id}`);
  return shape;
}
