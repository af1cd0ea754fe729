import { redactedSetting } from '../../common/redaction';
import { SECRET_VARIABLES } from '../../settings/environment';

/**
 * Matches a simple connection string, which is shown without its credentials and options. Any other connection string
 * is not shown at all, because it is uncertain which part is the password.
 */
const PLAIN_ADDRESS =
  /^(?<scheme>mongodb(?:\+srv)?|rediss?(?:\+cluster)?):\/\/(?<user>[^@/?#\s]*@)?(?<hosts>(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?(?:,(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?)*)(?<path>\/[A-Za-z0-9_-]*)?(?<options>\?[^@\s]*)?$/;

/** Returns a setting in a form that is safe for terminals and logs, or `null` if it is unset. */
export function shownSetting(name: string, value: unknown): string | null {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return null;
  if (SECRET_VARIABLES.has(name)) return shownSecret(textOf(value));
  return redactedSetting(textOf(value));
}

function shownSecret(value: string): string {
  const { scheme, user, hosts, path = '', options } = PLAIN_ADDRESS.exec(value)?.groups ?? {};
  if (scheme === undefined || hosts === undefined) return '(set, not shown)';
  return `${scheme}://${user === undefined ? '' : '***@'}${hosts}${path}${options === undefined ? '' : '?…'}`;
}

function textOf(value: unknown): string {
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value.join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
