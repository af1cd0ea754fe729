import type { FactoryProvider, InjectionToken, ModuleMetadata, Type } from '@nestjs/common';
import type { ApiKeysOptions, ApiKeysOptionsFactory } from '../options/api-keys.options';
import { group, oneOf, rule, text } from '../options/option-rules';
import { hasSwagger } from '../../openapi/decorators';
import { ConfigurationError } from '../../problems/configuration.error';
import { ScopesGuard } from './scopes.guard';

/** Settings that Nest reads when the module is imported, so a factory cannot compute them. */
export interface ApiKeysModuleSettings {
  /**
   * Whether every module of the application can inject the exports of `ApiKeysModule`; default true. With `false`, a module
   * must import it first. The guard protects every route in both cases.
   */
  readonly isGlobal?: boolean | undefined;
  /** The name of the Mongoose connection; default the connection without a name. */
  readonly connectionName?: string | undefined;
  /** Settings of the guard that protects every route; by default it is `ScopesGuard`. `false` installs no guard. */
  readonly guard?: false | GuardSettings | undefined;
  /** Whether Keyward adds its routes, such as `/v1/api-keys`; default true. They need the package `@nestjs/swagger`. */
  readonly routes?: boolean | undefined;
}

/** Settings of the guard that `ApiKeysModule` installs. */
export interface GuardSettings {
  /**
   * A subclass of `ScopesGuard` to install instead. It can inject exports of global modules and of the `imports` of
   * `forRootAsync`. It also guards Keyward's own routes, and `ScopesGuard` resolves to it. If it reads credentials from
   * cookies, protect these routes against cross-site requests, or set `routes: false`.
   */
  readonly use?: Type<ScopesGuard> | undefined;
  /**
   * What happens if a route declares no access: with `refuse` (default), the application does not start; with `deny`, the route
   * responds with 403.
   */
  readonly undeclaredRoutes?: 'refuse' | 'deny' | undefined;
}

/** Options of `ApiKeysModule.forRoot`. */
export type ApiKeysModuleOptions = ApiKeysOptions & ApiKeysModuleSettings;

/** The source of the options of `ApiKeysModule.forRootAsync`: exactly one of `useFactory`, `useClass` and `useExisting`. */
export interface OptionsSource {
  /** Providers to pass to `useFactory`, in this order; default none. */
  readonly inject?: FactoryProvider['inject'] | undefined;
  /** Returns the options. */
  readonly useFactory?: ((...dependencies: never[]) => ApiKeysOptions | Promise<ApiKeysOptions>) | undefined;
  /** A class that returns the options. The module instantiates it. */
  readonly useClass?: Type<ApiKeysOptionsFactory> | undefined;
  /** The injection token of a provider that returns the options. */
  readonly useExisting?: InjectionToken<ApiKeysOptionsFactory> | undefined;
}

/** Options of `ApiKeysModule.forRootAsync`. */
export interface ApiKeysModuleAsyncOptions
  extends ApiKeysModuleSettings, OptionsSource, Pick<ModuleMetadata, 'imports'> {}

/** The injection token of the module's settings. */
export const API_KEYS_SETTINGS = Symbol('keyward:api-keys-settings');

const SETTINGS = group<ApiKeysModuleSettings>(
  {
    isGlobal: oneOf(true, false),
    connectionName: text(/./, 'is not a name: use the name of a Mongoose connection'),
    guard: (value, name) => {
      if (value === false) return;
      if (typeof value !== 'object' || value === null)
        throw new ConfigurationError(`${name} must be false, or an object with use and undeclaredRoutes.`);
      GUARD(value, name);
    },
    routes: oneOf(true, false),
  },
  [],
  '; the factory returns the options',
);

const GUARD = group<GuardSettings>({
  use: rule(isScopesGuardClass, 'is not a guard of Keyward: use a class that extends ScopesGuard'),
  undeclaredRoutes: oneOf('refuse', 'deny'),
});

/**
 * Checks the settings.
 *
 * @throws ConfigurationError for the first unknown or invalid setting, or if a required package is not installed
 */
export function requireSettings(settings: ApiKeysModuleSettings): void {
  SETTINGS(settings, '');
  if (settings.routes !== false && !hasSwagger) {
    throw new ConfigurationError(
      'The routes of Keyward need the package @nestjs/swagger, which is not installed: run npm install @nestjs/swagger, or set routes: false.',
    );
  }
}

/** Returns whether a value is the class `ScopesGuard`, a subclass of it, or an instance. */
export function isScopesGuard(guard: unknown): boolean {
  return guard instanceof ScopesGuard || isScopesGuardClass(guard);
}

/** Returns whether a value is the class `ScopesGuard` or a subclass of it. */
export function isScopesGuardClass(guard: unknown): guard is Type<ScopesGuard> {
  return guard === ScopesGuard || (typeof guard === 'function' && guard.prototype instanceof ScopesGuard);
}
