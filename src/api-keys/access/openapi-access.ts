import { isDeepStrictEqual } from 'node:util';
import { TENANT_ID } from '../domain/binding';
import type { ScopeRequirement } from '../domain/scopes';
import { answersOf, PROBLEM_SCHEMA } from './access-answers';
import type { GuardedAccess, RouteAccess } from './route-access';
import { TENANT_HEADERS } from './tenant-context';

/** An OpenAPI document of version 3, such as `SwaggerModule.createDocument` returns. */
export interface OpenApiDocument {
  /** The version of OpenAPI, such as `3.0.0`. */
  readonly openapi: string;
  /** The operations, by path and method. */
  readonly paths: object;
  /** Schemas and security schemes, by name. */
  readonly components?: object | undefined;
  /** The security requirements of operations that have none of their own. */
  readonly security?: readonly object[] | undefined;
}

interface Parameter {
  readonly name?: string;
  readonly in?: string;
}

interface Operation {
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly responses?: Readonly<Record<string, object>>;
  readonly security?: readonly object[];
  readonly [SCOPES_EXTENSION]?: unknown;
}

type PathItem = Readonly<Record<string, object>>;

interface Scheme {
  readonly type?: string;
  readonly scheme?: string;
  readonly in?: string;
  readonly name?: string;
}

interface Components {
  readonly schemas?: Readonly<Record<string, object>>;
  readonly securitySchemes?: Readonly<Record<string, Scheme>>;
}

const SCOPES_EXTENSION = 'x-required-scopes';

const BEARER = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'API key',
  description: 'An API key (RFC 6750).',
};
const HEADER = { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key.' };

const TENANT_DESCRIPTIONS = [
  'The organisation that the request is about.',
  'The project that the request is about.',
];

/**
 * Returns a copy of a document, with the access of its operations added. Keeps what the document already has.
 *
 * @param accessOf returns the access of an operation; `undefined` if none is known
 */
export function withAccess<Document extends OpenApiDocument>(
  document: Document,
  accessOf: (method: string, path: string) => RouteAccess | undefined,
): Document {
  const components = (document.components ?? {}) as Components;
  const { schemas = {}, securitySchemes = {} } = components;
  const bearer = freeName(securitySchemes, 'apiKeyBearer', isBearer);
  const header = freeName(securitySchemes, 'apiKeyHeader', isApiKeyHeader);
  const problem = freeName(schemas, 'Problem', isProblem);
  const described = (operation: Operation, path: string, access: GuardedAccess): Operation => ({
    ...operation,
    ...scopesOf(operation, access),
    // Of a route of Keyward, it names a scheme that the host may not have.
    security:
      (access.isOwn ? undefined : operation.security) ??
      securityOf(document.openapi, access, [bearer, header]),
    parameters: [...(operation.parameters ?? []), ...missingParameters(operation, path, access)],
    responses: { ...answersOf(access, `#/components/schemas/${problem}`), ...operation.responses },
  });
  let isGuarded = false;
  const paths = mapMembers(document.paths as Readonly<Record<string, PathItem>>, (item, path) =>
    mapMembers(item, (operation, method) => {
      const access = accessOf(method, path);
      if (access?.kind === 'public') return opened(operation, document);
      if (access?.kind !== 'guarded') return operation;
      isGuarded = true;
      return described(operation, path, access);
    }),
  );
  if (!isGuarded) return { ...document, paths };
  return {
    ...document,
    paths,
    components: {
      ...components,
      schemas: { ...schemas, [problem]: schemas[problem] ?? PROBLEM_SCHEMA },
      securitySchemes: { [bearer]: BEARER, [header]: HEADER, ...securitySchemes },
    },
  };
}

/** Gives a public operation an empty `security`, unless the operation or the document already has one. */
function opened(operation: Operation, { security }: OpenApiDocument): Operation {
  return { ...operation, ...(security === undefined && { security: operation.security ?? [] }) };
}

/** Returns the name, or the name and a number if a different component has the name. */
function freeName<Component>(
  components: Readonly<Record<string, Component>>,
  name: string,
  isSame: (component: Component) => boolean,
): string {
  let free = name;
  for (let number = 2; ; number += 1) {
    const present = components[free];
    if (present === undefined || isSame(present)) return free;
    free = `${name}${number}`;
  }
}

function isBearer({ type, scheme }: Scheme): boolean {
  return type === 'http' && scheme?.toLowerCase() === 'bearer';
}

function isApiKeyHeader({ type, in: place, name }: Scheme): boolean {
  return type === 'apiKey' && place === 'header' && name?.toLowerCase() === 'x-api-key';
}

/** Returns whether a schema is the problem schema of Keyward's own routes, or one that an earlier call added. */
function isProblem(schema: object): boolean {
  return (
    isDeepStrictEqual(schema, PROBLEM_SCHEMA) ||
    JSON.stringify(schema).includes('"#/components/schemas/ProblemCode"')
  );
}

/**
 * Returns the required scopes in two forms: `x-required-scopes` for programs, and a sentence after the description for people.
 */
function scopesOf(operation: Operation, { scopes, sessions }: GuardedAccess): Partial<Operation> {
  if (SCOPES_EXTENSION in operation) return {};
  const sentence = `${requirementIn(scopes)}${sessions ? ' The session of a user works too.' : ''}`;
  return {
    description: [operation.description, sentence].filter(Boolean).join('\n\n'),
    [SCOPES_EXTENSION]: { allOf: scopes.allOf, anyOf: scopes.anyOf },
  };
}

function requirementIn({ allOf, anyOf }: ScopeRequirement): string {
  const all = allOf.length === 0 ? [] : [`the scope${allOf.length > 1 ? 's' : ''} ${listed(allOf, 'and')}`];
  const any = anyOf.map((group) => `one of the scopes ${listed(group, 'or')}`);
  const parts = [...all, ...any];
  return parts.length === 0
    ? 'Requires an API key.'
    : `Requires an API key with ${parts.join(', and with ')}.`;
}

function listed(scopes: readonly string[], word: 'and' | 'or'): string {
  const quoted = scopes.map((scope) => `\`${scope}\``);
  const last = quoted.pop() ?? '';
  return quoted.length === 0 ? last : `${quoted.join(', ')} ${word} ${last}`;
}

/**
 * Returns one security requirement for each scheme. It lists the scopes from OpenAPI 3.1 on; 3.0 allows them for OAuth only.
 */
function securityOf(
  version: string,
  { scopes }: GuardedAccess,
  schemes: readonly string[],
): readonly object[] {
  const roles = /^3\.0(?:\.|$)/.test(version) ? [] : scopes.allOf;
  return schemes.map((scheme) => ({ [scheme]: roles }));
}

/**
 * Returns the parameters that an operation lacks: tenant headers, and path parameters that no decorator declares, for example
 * because `@Tenant()` reads them.
 */
function missingParameters(
  { parameters = [] }: Operation,
  path: string,
  { tenantHeaders }: GuardedAccess,
): readonly Parameter[] {
  const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const headers = TENANT_HEADERS.map((name, index) => ({
    name,
    in: 'header',
    required: false,
    description: TENANT_DESCRIPTIONS[index],
    schema: { type: 'string', pattern: TENANT_ID.source },
  }));
  return [...inPath, ...(tenantHeaders ? headers : [])].filter(
    (wanted) => !parameters.some((present) => isSameParameter(present, wanted)),
  );
}

function isSameParameter(present: Parameter, wanted: Required<Parameter>): boolean {
  if (present.in !== wanted.in) return false;
  return wanted.in === 'header'
    ? present.name?.toLowerCase() === wanted.name.toLowerCase()
    : present.name === wanted.name;
}

function mapMembers<Member extends object>(
  members: Readonly<Record<string, Member>>,
  change: (member: Member, name: string) => Member,
): Record<string, Member> {
  return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, change(member, name)]));
}
