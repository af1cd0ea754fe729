import { group, oneOf, rule } from '../api-keys/options/option-rules';
import type { FreshnessSettings } from '../change-feed/change-feed';
import type { PolicyStorage } from './storage/policy-storage';

/** Options of `PoliciesModule`. */
export interface PoliciesOptions {
  /** The store of policies; use the same as for keys. */
  readonly storage: PolicyStorage;
  /** The name of the Mongoose connection; use the same as for keys. The default is the default connection. */
  readonly connectionName?: string | undefined;
  /** Whether to add the routes below `/v1/policies`; default true. Without them, use `PoliciesService`. */
  readonly routes?: boolean | undefined;
  /** How soon changes take effect; use the same as for keys. */
  readonly freshness?: FreshnessSettings | undefined;
}

const OPTIONS = group<PoliciesOptions>(
  {
    storage: oneOf('mongo', 'memory'),
    connectionName: rule((name) => typeof name === 'string', 'is not the name of a connection: use text'),
    routes: oneOf(true, false),
    // `ApiKeysModule` checks the members of the same settings.
    freshness: rule((value) => typeof value === 'object' && value !== null, 'is not an object: use settings'),
  },
  ['storage'],
);

/**
 * Returns the options if they are valid.
 *
 * @throws ConfigurationError if an option is unknown or invalid; the error names the first one
 */
export function checkedPoliciesOptions(options: PoliciesOptions): PoliciesOptions {
  OPTIONS(options, '');
  return options;
}
