import { type HttpRequest, nodeRequestOf } from '../../http/http-request';
import { ProblemException } from '../../problems/problem.exception';

/** The maximum number of root fields in one HTTP request, or in one operation on an open connection. */
export const MAX_ROOT_FIELDS = 50;

interface SelectionSet {
  readonly selections: readonly Selection[];
}

interface Selection {
  readonly kind: string;
  readonly name?: { readonly value: string };
  readonly alias?: { readonly value: string } | undefined;
  readonly selectionSet?: SelectionSet | undefined;
}

/** An operation that is being executed. */
export interface Operation {
  readonly operation: { readonly selectionSet: SelectionSet };
  readonly fragments: Readonly<Record<string, { readonly selectionSet: SelectionSet } | undefined>>;
  /** Exists once for each execution, while drivers reuse parsed operations. */
  readonly variableValues: object;
}

/** Whether each execution is allowed, which all its root fields share. */
const executions = new WeakMap<object, boolean>();
/** The number of fields of each request, or of each execution on an open connection. */
const fieldCounts = new WeakMap<object, number>();

/**
 * Rejects every root field of an operation that brings its request above the maximum, so that none of them runs. Counts all
 * operations of a batch, all aliases, and the fields in fragments.
 *
 * @param request the HTTP request; `undefined` on an open connection, which carries any number of operations
 * @throws ProblemException `too_many_fields`
 */
export function requireFewFields(operation: Operation, request: HttpRequest | undefined): void {
  let isAllowed = executions.get(operation.variableValues);
  if (isAllowed === undefined) {
    isAllowed = totalWith(fieldsOf(operation), operation, request) <= MAX_ROOT_FIELDS;
    executions.set(operation.variableValues, isAllowed);
  }
  if (!isAllowed) throw tooManyFields();
}

/**
 * Counts a field of a root type that is below the root, for example in `{ relay { query { memories } } }`. Such fields are
 * counted when they run, because their number depends on the lists above them.
 *
 * @param request the HTTP request; `undefined` on an open connection
 * @throws ProblemException `too_many_fields`
 */
export function requireFewFieldsWith(operation: Operation, request: HttpRequest | undefined): void {
  requireFewFields(operation, request);
  if (totalWith(1, operation, request) > MAX_ROOT_FIELDS) throw tooManyFields();
}

function tooManyFields(): ProblemException {
  return ProblemException.from(
    'too_many_fields',
    `Send at most ${MAX_ROOT_FIELDS} root fields in a request: fields, aliases and operations of a batch count.`,
  );
}

/** Returns the number of fields of the request, or of the execution on an open connection, with these. */
function totalWith(count: number, execution: Operation, request: HttpRequest | undefined): number {
  const counted = request === undefined ? execution.variableValues : nodeRequestOf(request);
  const total = (fieldCounts.get(counted) ?? 0) + count;
  fieldCounts.set(counted, total);
  return total;
}

function fieldsOf({ operation, fragments }: Operation): number {
  const names = new Set<string>();
  addFields(operation.selectionSet, fragments, names, new Set());
  return names.size;
}

/** Adds the names under which the fields of a selection appear in the response. Reads each fragment once. */
function addFields(
  { selections }: SelectionSet,
  fragments: Operation['fragments'],
  names: Set<string>,
  read: Set<string>,
): void {
  for (const { kind, name, alias, selectionSet } of selections) {
    if (kind === 'Field') {
      names.add(alias?.value ?? name?.value ?? '');
    } else if (kind === 'FragmentSpread' && name !== undefined && !read.has(name.value)) {
      read.add(name.value);
      const fragment = fragments[name.value];
      if (fragment !== undefined) addFields(fragment.selectionSet, fragments, names, read);
    } else if (kind === 'InlineFragment' && selectionSet !== undefined) {
      addFields(selectionSet, fragments, names, read);
    }
  }
}
