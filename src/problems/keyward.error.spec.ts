import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as entry from '../index';
import { KeywardError } from './keyward.error';
import { isProblemCode } from './problem-catalogue';
import { ProblemException } from './problem.exception';

type ErrorClass = (new (...values: readonly unknown[]) => Error) & { readonly name: string };

const SRC = join(__dirname, '..');

/** The classes that do not extend `KeywardError`, and why. */
const OTHERS: Readonly<Record<string, string>> = {
  KeywardError: 'the base class',
  ProblemException: 'the HTTP form of an error: an HttpException for filters of the host',
  GraphqlRejection: 'the GraphQL form of an error',
  CliError: 'ends a command of the CLI',
  UsageError: 'ends a command of the CLI',
  ChangeStreamsUnsupportedError: 'caught by the change feed',
  SubjectTakenError: 'caught by the sign-in',
  RefusedAddressError: 'caught by the webhook client',
};

function errorClassesOf(module: object): readonly ErrorClass[] {
  const values: readonly unknown[] = Object.values(module);
  return values.filter(
    (value): value is ErrorClass => typeof value === 'function' && value.prototype instanceof Error,
  );
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((path) =>
  /(?<!\.spec)\.ts$/.test(path),
);
const texts = files.map((path) => [path, readFileSync(join(SRC, path), 'utf8')] as const);
const declared = texts.flatMap(([, text]) =>
  [...text.matchAll(/class (\w+)(?:<[^>]*>)? extends \w*(?:Error|Exception)\b/g)].map(
    ([, name = '']) => name,
  ),
);
const exported = errorClassesOf(entry);
let all: readonly ErrorClass[];

beforeAll(async () => {
  const modules = await Promise.all(
    texts
      .filter(([, text]) => /class \w+ extends \w*(?:Error|Exception)\b/.test(text))
      .map(async ([path]) => (await import(join(SRC, path))) as object),
  );
  all = [...new Set(modules.flatMap((module) => errorClassesOf(module)))];
});

const ofKeyward = (classes: readonly ErrorClass[]): readonly ErrorClass[] =>
  classes.filter(({ name }) => OTHERS[name] === undefined);

/** Have one of two codes of the catalogue. */
const CHOOSE_CODE = new Set(['UserChangedError', 'PolicyChangedError']);

/** The first parameter of each constructor is a text, a list of texts or an error. */
const codeOf = (type: ErrorClass): string => (new type(['x'], 'x') as KeywardError).code;

/** The class below `KeywardError` that an error class extends, or is. */
function familyOf(type: ErrorClass): ErrorClass {
  const parent = Object.getPrototypeOf(type) as ErrorClass;
  return (parent as unknown) === KeywardError ? type : familyOf(parent);
}

/** Returns the codes that several families share. */
function sharedIn(classes: readonly ErrorClass[]): readonly string[] {
  const owners = new Map<string, ErrorClass>();
  return classes.flatMap((type) => {
    const code = codeOf(type);
    const owner = owners.get(code) ?? familyOf(type);
    owners.set(code, owner);
    return owner === familyOf(type) ? [] : [code];
  });
}

describe('an error class of Keyward', () => {
  it('is exported from its file, and extends KeywardError unless it is a listed exception', () => {
    expect(all.map(({ name }) => name).toSorted()).toEqual(declared.toSorted());
    const plain = all.filter((type) => !(type.prototype instanceof KeywardError)).map(({ name }) => name);
    expect(plain.toSorted()).toEqual(Object.keys(OTHERS).toSorted());
  });

  it('extends KeywardError if the package exports it, except ProblemException', () => {
    const plain = exported.filter((type) => !(type.prototype instanceof KeywardError));
    expect(plain).toEqual([KeywardError, ProblemException]);
    expect(exported.length).toBeGreaterThan(15);
  });

  it('has a code that no class outside its family has, if the package exports it', () => {
    expect(sharedIn(ofKeyward(exported))).toEqual([]);
  });

  it('has a problem code, or its own code that docs/problems.md explains', () => {
    const faults = ofKeyward(all).filter(
      (type) => !CHOOSE_CODE.has(type.name) && !isProblemCode(codeOf(type)),
    );
    expect(sharedIn(faults)).toEqual([]);
    const page = readFileSync(join(SRC, '../docs/problems.md'), 'utf8');
    const [, table = ''] = page.split('## Errors in a program');
    const documented = [...table.matchAll(/^\| `(\w+)` /gm)].map(([, code]) => code);
    expect(new Set(documented)).toEqual(new Set(faults.map(codeOf)));
    expect(documented).toHaveLength(new Set(documented).size);
  });
});
