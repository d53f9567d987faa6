// Finds the members of a value that are not in its schema. Free-form objects, whose schema names no members, are not searched.
import type { TSchema } from 'typebox';

/** The path to a member, outermost name first. */
export type MemberPath = readonly string[];

interface Known {
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly items?: TSchema;
}

/** Returns at most `most` unknown members, in their order. */
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
