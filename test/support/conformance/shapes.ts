/** The table of shapes while it is being written. */
import { type Field, type Shape, type ShapeId, shapeAt } from './shape.ts';

export class Shapes {
  readonly table: Shape[] = [];
  readonly #known = new Map<string, ShapeId>();

  add(shape: Shape): ShapeId {
    const text = JSON.stringify(shape);
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const id = this.table.push(shape) - 1;
    this.#known.set(text, id);
    return id;
  }

  at(id: ShapeId): Shape {
    return shapeAt(this.table, id);
  }

  /** A closed object; a name that ends in `?` may be absent. */
  object(fields: Readonly<Record<string, ShapeId>>): ShapeId {
    const entries = Object.entries(fields).map(([name, shape]): [string, Field] => [
      name.replace('?', ''),
      { shape, isOptional: name.endsWith('?') },
    ]);
    return this.add({ is: 'object', fields: Object.fromEntries(entries) });
  }

  list(of: ShapeId): ShapeId {
    return this.add({ is: 'list', of });
  }

  union(members: readonly ShapeId[]): ShapeId {
    const flat = [...new Set(members.flatMap((id) => this.#members(id)))];
    const literals = flat.flatMap((id) => {
      const shape = this.at(id);
      return shape.is === 'literal' ? shape.values : [];
    });
    const rest = flat.filter((id) => this.at(id).is !== 'literal');
    const all = literals.length === 0 ? rest : [...rest, this.add({ is: 'literal', values: [...new Set(literals)] })];
    const [first] = all;
    return first !== undefined && all.length === 1 ? first : this.add({ is: 'union', of: all });
  }

  /** Of objects and unions of objects, which is all that the SDK intersects. */
  intersection(left: ShapeId, right: ShapeId): ShapeId {
    const [one, other] = [this.at(left), this.at(right)];
    if (one.is === 'union') return this.union(one.of.map((member) => this.intersection(member, right)));
    if (other.is === 'union') return this.union(other.of.map((member) => this.intersection(left, member)));
    if (one.is !== 'object' || other.is !== 'object' || one.others !== undefined || other.others !== undefined) {
      throw new Error(`cannot intersect ${JSON.stringify(one)} with ${JSON.stringify(other)}`);
    }
    const twice = Object.keys(one.fields).filter((name) => Object.hasOwn(other.fields, name));
    if (twice.length > 0) throw new Error(`both sides of an intersection have ${twice.join(', ')}`);
    return this.add({ is: 'object', fields: { ...one.fields, ...other.fields } });
  }

  /** The shape of a field, or of the items of a list where the name is `[]`; of a union, of the members that have it. */
  within(id: ShapeId, ...path: readonly string[]): ShapeId {
    const [name, ...rest] = path;
    if (name === undefined) return id;
    const found = this.#members(id).flatMap((member) => {
      const shape = this.at(member);
      if (name === '[]') return shape.is === 'list' ? [shape.of] : [];
      return shape.is === 'object' ? (shape.fields[name]?.shape ?? []) : [];
    });
    if (found.length === 0) throw new Error(`no ${name} in ${JSON.stringify(this.at(id)).slice(0, 200)}`);
    return this.within(this.union(found), ...rest);
  }

  #members(id: ShapeId): readonly ShapeId[] {
    const shape = this.at(id);
    return shape.is === 'union' ? shape.of : [id];
  }
}
