// Which members of a value its schema does not know. What is free-form (an object of which the schema names no members) is not
// looked into.
import type { TSchema } from 'typebox';

/** The names that lead to a member, outermost first. */
export type MemberPath = readonly string[];

interface Known {
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly items?: TSchema;
}

/** At most `most` of them, in their order. */
export const unknownMembers = (schema: TSchema, value: unknown, most: number): readonly MemberPath[] => {
  const found: MemberPath[] = [];
  collect(schema, value, [], { found, most });
  return found;
};

interface Collected {
  readonly found: MemberPath[];
  readonly most: number;
}

const collect = (schema: Known, value: unknown, path: MemberPath, into: Collected): void => {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) return collectItems(schema, value, path, into);
  const { properties } = schema;
  if (properties === undefined) return;
  for (const [name, member] of Object.entries(value)) {
    if (into.found.length >= into.most) return;
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known === undefined) into.found.push([...path, name]);
    else collect(known, member, [...path, name], into);
  }
};

const collectItems = ({ items }: Known, values: readonly unknown[], path: MemberPath, into: Collected): void => {
  if (items === undefined) return;
  for (const [index, value] of values.entries()) collect(items, value, [...path, String(index)], into);
};
