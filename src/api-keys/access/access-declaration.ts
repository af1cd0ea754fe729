import 'reflect-metadata';

/** One thing that a decorator says about who may use a route. */
export type AccessDeclaration =
  | { readonly kind: 'scopes'; readonly allOf: readonly string[] }
  | { readonly kind: 'any-scope'; readonly anyOf: readonly string[] }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'public' }
  | { readonly kind: 'self-scoped' }
  | { readonly kind: 'tenant-headers' }
  | { readonly kind: 'client-credentials' }
  | { readonly kind: 'sessions' }
  | { readonly kind: 'possession' }
  | { readonly kind: 'uncached' };

const DECLARATIONS = Symbol('keyward:access-declarations');

/** A declaration on a method, by where the method stands. */
interface DeclaredMethod {
  readonly target: object;
  readonly key: string | symbol;
  readonly declaration: AccessDeclaration;
}

/** A decorator that wraps a method leaves ours on a function that nobody calls; here it is found all the same. */
const declaredMethods: DeclaredMethod[] = [];

/**
 * A class or method decorator that adds a declaration to those already there. A class adds to what it inherits.
 */
export function declareAccess(declaration: AccessDeclaration): ClassDecorator & MethodDecorator {
  return (target: object, key?: string | symbol, descriptor?: { value?: unknown }) => {
    const holder = descriptor === undefined ? target : (descriptor.value as object);
    if (key !== undefined) declaredMethods.push({ target, key, declaration });
    Reflect.defineMetadata(DECLARATIONS, [...declarationsAt(holder), declaration], holder);
  };
}

/** The declarations on a class or a method; on a method also those that a wrapper of it hides. */
export function declarationsOn(holder: object): readonly AccessDeclaration[] {
  const hidden = declaredMethods
    .filter(({ target, key }) => Object.getOwnPropertyDescriptor(target, key)?.value === holder)
    .map(({ declaration }) => declaration);
  return [...new Set([...declarationsAt(holder), ...hidden])];
}

function declarationsAt(holder: object): readonly AccessDeclaration[] {
  return (Reflect.getMetadata(DECLARATIONS, holder) as readonly AccessDeclaration[] | undefined) ?? [];
}
