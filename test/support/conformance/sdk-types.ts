/**
 * Reads the response types of the installed SDK: from its generated clients the method and path of every operation and
 * the name of its response, from its declarations what that response is. Done anew for every run, so nothing can drift.
 * Whatever is written in a way not known here throws.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type ClassDeclaration,
  type Module,
  type Node,
  parseFileSync,
  type TsPropertySignature,
  type TsType,
  type TsTypeElement,
} from '@swc/core';
import type { Field, Shape, ShapeId } from './shape.ts';
import { Shapes } from './shapes.ts';

export type Operation = {
  /** As a program writes it: `wallets.createWallet`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly answer: ShapeId;
};
export type ResponseTypes = { readonly shapes: Shapes; readonly operations: readonly Operation[] };

const GENERATED = fileURLToPath(import.meta.resolve('@dfns/sdk')).replace(/index\.js$/, 'generated/');

export function readResponseTypes(): ResponseTypes {
  const shapes = new Shapes();
  const operations = readdirSync(GENERATED).flatMap((domain) => {
    const parse = (file: string, options: Parameters<typeof parseFileSync>[1]) =>
      parseFileSync(`${GENERATED}${domain}/${file}`, options);
    const declarations = { syntax: 'typescript', dts: true } as const;
    const types = typesOf(parse('types.d.ts', declarations));
    const answers = answersOf(parse('client.d.ts', declarations));
    return requestsOf(parse('client.js', { syntax: 'ecmascript' })).map(({ name, method, path }) => {
      const type = types.get(answers.get(name) ?? '');
      if (type === undefined) throw new Error(`${domain}.${name} has no response type`);
      return { name: `${domain}.${name}`, method, path, answer: answerOf(shapes, type) };
    });
  });
  return { shapes, operations };
}

/** The classes of a module, whether it says `export class` or `export declare class`. */
const classesOf = ({ body }: Module): ClassDeclaration[] =>
  body
    .map((item) => (item.type === 'ExportDeclaration' ? item.declaration : item))
    .filter((item) => item.type === 'ClassDeclaration');

function typesOf({ body }: Module): Map<string, TsType> {
  const aliases = body.flatMap((item) =>
    item.type === 'ExportDeclaration' && item.declaration.type === 'TsTypeAliasDeclaration' ? [item.declaration] : [],
  );
  return new Map(aliases.map(({ id, typeAnnotation }) => [id.value, typeAnnotation]));
}

/** `createWallet(...): Promise<T.CreateWalletResponse>` */
function answersOf(module: Module): Map<string, string> {
  const answers = new Map<string, string>();
  for (const member of classesOf(module).flatMap((declared) => declared.body)) {
    if (member.type !== 'ClassMethod' || member.key.type !== 'Identifier') continue;
    const promise = member.function.returnType?.typeAnnotation;
    const [answer] = promise?.type === 'TsTypeReference' ? (promise.typeParams?.params ?? []) : [];
    if (answer?.type !== 'TsTypeReference' || answer.typeName.type !== 'TsQualifiedName') {
      throw new Error(`${member.key.value} answers with a type of another form`);
    }
    answers.set(member.key.value, answer.typeName.right.value);
  }
  return answers;
}

type Request = { readonly name: string; readonly method: string; readonly path: string };

/** `buildPathAndQuery('/wallets', ...)` and `method: 'POST'`; an old name that only calls the new one has neither. */
function requestsOf(module: Module): Request[] {
  return classesOf(module).flatMap(({ body }) =>
    body.flatMap((member) => {
      if (member.type !== 'ClassMethod' || member.key.type !== 'Identifier') return [];
      const found: { path: string[]; method: string[] } = { path: [], method: [] };
      walk(member.function, (node) => {
        if (node.type === 'StringLiteral' && 'value' in node && String(node.value).startsWith('/')) {
          found.path.push(String(node.value));
        }
        if (node.type === 'StringLiteral' && 'value' in node && /^(GET|POST|PUT|DELETE)$/.test(String(node.value))) {
          found.method.push(String(node.value));
        }
      });
      const [path, method] = [found.path[0], found.method[0]];
      if (path === undefined && method === undefined) return [];
      if (path === undefined || method === undefined || found.path.length + found.method.length !== 2) {
        throw new Error(`${member.key.value} makes a request of another form`);
      }
      return [{ name: member.key.value, method, path }];
    }),
  );
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (isNode(value)) visit(value);
  for (const inner of Object.values(value)) walk(inner, visit);
}
const isNode = (value: object): value is Node => 'type' in value && typeof value.type === 'string';

/** `{}` as a whole answer says that there is nothing in it. */
const answerOf = (shapes: Shapes, type: TsType): ShapeId =>
  type.type === 'TsTypeLiteral' && type.members.length === 0 ? shapes.object({}) : shapeOf(shapes, type);

function shapeOf(shapes: Shapes, type: TsType): ShapeId {
  switch (type.type) {
    case 'TsParenthesizedType':
      return shapeOf(shapes, type.typeAnnotation);
    case 'TsKeywordType':
      return shapes.add({ is: KEYWORDS[type.kind] ?? unknown(type.kind) });
    case 'TsLiteralType':
      if (type.literal.type !== 'StringLiteral' && type.literal.type !== 'BooleanLiteral') break;
      return shapes.add({ is: 'literal', values: [type.literal.value] });
    case 'TsArrayType':
      return shapes.list(shapeOf(shapes, type.elemType));
    case 'TsUnionType':
      return shapes.union(type.types.map((member) => shapeOf(shapes, member)));
    case 'TsIntersectionType':
      return type.types
        .map((member) => shapeOf(shapes, member))
        .reduce((one, other) => shapes.intersection(one, other));
    case 'TsTypeLiteral':
      return objectOf(shapes, type.members);
  }
  return unknown(type.type);
}

type Plain = Exclude<Shape['is'], 'literal' | 'list' | 'union' | 'object'>;
const KEYWORDS: Readonly<Record<string, Plain>> = {
  ...{ any: 'anything', unknown: 'anything', void: 'nothing', undefined: 'nothing', null: 'null' },
  ...{ string: 'string', number: 'number', boolean: 'boolean' },
};

function unknown(what: string): never {
  throw new Error(`the SDK's types use ${what}, which nothing here understands`);
}

function objectOf(shapes: Shapes, members: readonly TsTypeElement[]): ShapeId {
  const fields: Record<string, Field> = {};
  // `{}` inside an answer stands for an object that the SDK does not describe, such as a transaction in JSON.
  let others = members.length === 0 ? shapes.add({ is: 'anything' }) : undefined;
  for (const member of members) {
    if (member.type !== 'TsPropertySignature' && member.type !== 'TsIndexSignature') return unknown(member.type);
    const type = member.typeAnnotation?.typeAnnotation ?? unknown('an untyped field');
    if (member.type === 'TsIndexSignature') others = shapeOf(shapes, type);
    else fields[nameOf(member)] = fieldOf(shapes, shapeOf(shapes, type), member.optional);
  }
  return shapes.add({ is: 'object', fields, ...(others !== undefined && { others }) });
}

const nameOf = ({ key }: TsPropertySignature): string =>
  key.type === 'Identifier' || key.type === 'StringLiteral' ? key.value : unknown(key.type);

/** JSON has no undefined: a field that may be undefined may be absent, and is never anything else. */
function fieldOf(shapes: Shapes, id: ShapeId, isOptional: boolean): Field {
  const shape = shapes.at(id);
  if (shape.is !== 'union') return { shape: id, isOptional };
  const present = shape.of.filter((member) => shapes.at(member).is !== 'nothing');
  return { shape: shapes.union(present), isOptional: isOptional || present.length < shape.of.length };
}
