import 'reflect-metadata';

/** One thing that a decorator says about who may use a route. */
export type AccessDeclaration =
  | { readonly kind: 'scopes'; readonly allOf: readonly string[] }
  | { readonly kind: 'any-scope'; readonly anyOf: readonly string[] }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'public' }
  | { readonly kind: 'self-scoped' }
  | { readonly kind: 'tenant-headers' }
  | { readonly kind: 'basic-credentials' }
  | { readonly kind: 'sessions' };

const DECLARATIONS = Symbol('keyward:access-declarations');

/**
 * A class or method decorator that adds a declaration to those already there. A class adds to what it inherits.
 */
export function declareAccess(declaration: AccessDeclaration): ClassDecorator & MethodDecorator {
  return (target: object, _key?: string | symbol, descriptor?: { value?: unknown }) => {
    const holder = descriptor === undefined ? target : (descriptor.value as object);
    Reflect.defineMetadata(DECLARATIONS, [...declarationsOn(holder), declaration], holder);
  };
}

/** The declarations on a class or a method. */
export function declarationsOn(holder: object): readonly AccessDeclaration[] {
  return (Reflect.getMetadata(DECLARATIONS, holder) as readonly AccessDeclaration[] | undefined) ?? [];
}
