import type { FactoryProvider, InjectionToken, ModuleMetadata, Type } from '@nestjs/common';
import type { ApiKeysOptions, ApiKeysOptionsFactory } from '../options/api-keys.options';
import { group, oneOf, rule, text } from '../options/option-rules';
import { ConfigurationError } from '../../problems/configuration.error';
import { ScopesGuard } from './scopes.guard';

/** Settings that Nest reads when the module is imported, so a factory cannot compute them. */
export interface ApiKeysModuleSettings {
  /**
   * Whether every module of the application can inject what this one exports; default true. With `false` a module
   * imports what it injects. The guard guards every route in both cases.
   */
  readonly isGlobal?: boolean | undefined;
  /** The name of the Mongoose connection to use; default the connection without a name. */
  readonly connectionName?: string | undefined;
  /** The guard of every route of the application; `false` for none. Default `ScopesGuard`. */
  readonly guard?: false | GuardSettings | undefined;
  /** Whether the routes of Keyward, such as `/v1/api-keys`, are served; default true. */
  readonly routes?: boolean | undefined;
}

/** The guard that `ApiKeysModule` installs. */
export interface GuardSettings {
  /**
   * A subclass of `ScopesGuard` to install instead of it. It injects what global modules export and what `imports` of
   * `forRootAsync` names. It guards Keyward's own routes too, and `ScopesGuard` resolves to it. If it reads
   * credentials from cookies, protect these routes against cross-site requests, or set `routes: false`.
   */
  readonly use?: Type<ScopesGuard> | undefined;
  /** What happens if a route declares no access: the start is refused (`refuse`, default), or requests get 403 (`deny`). */
  readonly undeclaredRoutes?: 'refuse' | 'deny' | undefined;
}

/** Options of `ApiKeysModule.forRoot`. */
export type ApiKeysModuleOptions = ApiKeysOptions & ApiKeysModuleSettings;

/** Where `ApiKeysModule.forRootAsync` takes the options from: exactly one of the three. */
export interface OptionsSource {
  /** Providers that `useFactory` takes, in its order; default none. */
  readonly inject?: FactoryProvider['inject'] | undefined;
  /** Returns the options. */
  readonly useFactory?: ((...dependencies: never[]) => ApiKeysOptions | Promise<ApiKeysOptions>) | undefined;
  /** A class that computes the options. The module instantiates it. */
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
 * @throws ConfigurationError one sentence about the first that is unknown or wrong
 */
export function requireSettings(settings: ApiKeysModuleSettings): void {
  SETTINGS(settings, '');
}

/** Whether a class, or an instance, is `ScopesGuard` or a subclass of it. */
export function isScopesGuard(guard: unknown): boolean {
  return guard instanceof ScopesGuard || isScopesGuardClass(guard);
}

/** Returns whether a value is the class `ScopesGuard` or a subclass of it. */
export function isScopesGuardClass(guard: unknown): guard is Type<ScopesGuard> {
  return guard === ScopesGuard || (typeof guard === 'function' && guard.prototype instanceof ScopesGuard);
}
