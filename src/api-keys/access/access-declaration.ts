import 'reflect-metadata';

/** One access rule of a route, from one decorator. */
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
  | { readonly kind: 'uncached' }
  | { readonly kind: 'cost'; readonly cost: number };

const DECLARATIONS = Symbol('keyward:access-declarations');

/** A declaration on a method, with the class and the name of the method. */
interface DeclaredMethod {
  readonly target: object;
  readonly key: string | symbol;
  readonly declaration: AccessDeclaration;
}

/**
 * All declarations on methods. A decorator that wraps a method leaves its declarations on the original function, which Nest
 * never calls. This list keeps them.
 */
const declaredMethods: DeclaredMethod[] = [];

/**
 * Returns a class or method decorator that adds a declaration. Earlier declarations stay, and a class also keeps inherited
 * ones.
 */
export function declareAccess(declaration: AccessDeclaration): ClassDecorator & MethodDecorator {
  return (target: object, key?: string | symbol, descriptor?: { value?: unknown }) => {
    const holder = descriptor === undefined ? target : (descriptor.value as object);
    if (key !== undefined) declaredMethods.push({ target, key, declaration });
    Reflect.defineMetadata(DECLARATIONS, [...declarationsAt(holder), declaration], holder);
  };
}

/** Returns the declarations on a class or a method, including those on the original function of a wrapped method. */
export function declarationsOn(holder: object): readonly AccessDeclaration[] {
  const hidden = declaredMethods
    .filter(({ target, key }) => Object.getOwnPropertyDescriptor(target, key)?.value === holder)
    .map(({ declaration }) => declaration);
  return [...new Set([...declarationsAt(holder), ...hidden])];
}

function declarationsAt(holder: object): readonly AccessDeclaration[] {
  return (Reflect.getMetadata(DECLARATIONS, holder) as readonly AccessDeclaration[] | undefined) ?? [];
}
