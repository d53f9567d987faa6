// A source file as the rules see it: its imports, its exports, and its text with comments, strings or both taken out. It
// reads the way the formatter writes and is no parser; what it gets wrong, the snippets in `tidy.test.ts` would show.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export interface Import {
  /** A package, a `node:` module, or a file from the root of the project. */
  readonly from: string;
  /** Nothing of it is left at run time. */
  readonly typeOnly: boolean;
  /** `*` where everything is taken. */
  readonly names: readonly string[];
}

export interface Export {
  readonly name: string;
  readonly isType: boolean;
}

export interface Source {
  /** From the root of the project. */
  readonly path: string;
  readonly text: string;
  /** Without comments and strings; what a template puts in stays. */
  readonly code: string;
  readonly comments: string;
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
}

const ROOT = join(import.meta.dirname, '../..');
const FOLDERS = ['machines', 'src', 'scripts', 'test', 'bench'];

/** Every source file of the project, in the order of their paths. */
export const projectSources = (): Source[] => FOLDERS.flatMap(filesBelow).toSorted().map(readSource);

export const sourceOf = (path: string, text: string): Source => {
  const uncommented = text.replaceAll(TOKENS, (token) => (isComment(token) ? '' : token));
  return {
    path,
    text,
    code: uncommented.replaceAll(TOKENS, withoutText),
    comments: [...text.matchAll(TOKENS)]
      .map(([token]) => token)
      .filter(isComment)
      .join('\n'),
    imports: importsOf(path, uncommented),
    exports: exportsOf(uncommented),
  };
};

const filesBelow = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')));

const readSource = (path: string): Source => sourceOf(path, readFileSync(join(ROOT, path), 'utf8'));

// Comments, strings, templates, and regular expressions (which only stand where an operand may).
const TOKENS =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|(?<=[(,=:[!&|?{;\s])\/(?![*/\s])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\//g;

const isComment = (token: string) => token.startsWith('//') || token.startsWith('/*');

const withoutText = (token: string): string =>
  token.startsWith('`') ? [...token.matchAll(/\$\{([^}]*)\}/g)].map(([, inside]) => `(${inside})`).join() : "''";

const IMPORTS = /^(?:import|export)\s+(?<type>type\s+)?(?<what>[^'";]*?)\s*from\s+'(?<from>[^']+)'/gm;
const BARE_IMPORTS = /^(?:import\s+|[^'"`\n]*\bimport\()'(?<from>[^']+)'/gm;

const importsOf = (path: string, uncommented: string): Import[] => {
  const named = [...uncommented.matchAll(IMPORTS)].map(({ groups = {} }) => {
    const names = namesOf(groups['what'] ?? '');
    return {
      from: resolved(path, groups['from'] ?? ''),
      typeOnly: groups['type'] !== undefined || names.every((name) => name.startsWith('type ')),
      names: names.map((name) => name.replace(/^type /, '').replace(/ as .*/, '')),
    };
  });
  const bare = [...uncommented.matchAll(BARE_IMPORTS)].map(({ groups = {} }) => ({
    from: resolved(path, groups['from'] ?? ''),
    typeOnly: false,
    names: ['*'],
  }));
  return [...named, ...bare];
};

const namesOf = (clause: string): string[] =>
  clause
    .split(/[{},]/)
    .map((name) => name.trim())
    .filter((name) => name !== '');

const resolved = (path: string, from: string): string =>
  from.startsWith('.') ? posix.join(posix.dirname(path), from) : from;

const DECLARED = /^export (?:async )?(?:abstract )?(?<kind>const|let|function\*?|class|interface|type) (?<name>\w+)/gm;
const LISTED = /^export (?<type>type )?\{(?<list>[^}]*)\}/gm;

const exportsOf = (uncommented: string): Export[] => [
  ...[...uncommented.matchAll(DECLARED)].map(({ groups = {} }) => ({
    name: groups['name'] ?? '',
    isType: groups['kind'] === 'type' || groups['kind'] === 'interface',
  })),
  ...[...uncommented.matchAll(LISTED)].flatMap(({ groups = {} }) =>
    namesOf(groups['list'] ?? '').map((name) => ({
      name: name.replace(/.* /, ''),
      isType: groups['type'] !== undefined,
    })),
  ),
];
