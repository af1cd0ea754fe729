/** Matches names of fields that may mean that a key no longer works, or when it expires. */
const STATE = new RegExp(
  [
    'revok|revoc|disabl|delet|expir|deactiv|inactiv|suspend|block|bann|archiv|remov|cancel|invalid|compromis|terminat|retir',
    'paus|frozen|^(?:is)?(?:void(?:ed)?|locked|lockedat|active|enabled|valid)$',
    '^(?:lifetime|lifecycle|notafter|notbefore|valid(?:to|from|till|thru|through)|ends?(?:at|on|date)?|exp(?:date|at|ts)?)$',
    'status$|state$|until$|ttl$',
  ].join('|'),
);

/** Matches names of fields that may contain a tenant, a restriction or a limit. */
const RESTRICTION = new RegExp(
  [
    '(?:org|organi[sz]ation|tenant|workspace|project)s?(?:ids?|uuid|slug)?$|^(?:team|account)s?ids?$',
    'allowed|allowlist|whitelist|blacklist|denied|denylist|restrict|permission|^roles?$|readonly|cidr|iprange',
    'limit|quota|throttl',
  ].join('|'),
);

const BAD_WHEN_TRUE =
  /^(?:is)?(?:revoked|disabled|deleted|expired|inactive|deactivated|suspended|blocked|banned|locked|archived|removed|cancell?ed|invalidated|compromised|terminated|retired|paused|frozen|void(?:ed)?)$/;
const GOOD_WHEN_TRUE = /^(?:is)?(?:active|enabled|valid)$/;
const GOOD_STATES: ReadonlySet<unknown> = new Set(['active', 'enabled']);

/**
 * Returns why a record cannot be imported without this unknown field, or `undefined` if the field can be left out. A
 * field that may end or restrict the key must not get lost: the imported key would keep working, or would have more
 * access.
 */
export function lossOf(name: string, value: unknown): string | undefined {
  const plain = plainName(name);
  if (STATE.test(plain) && !isHarmless(plain, value)) {
    return `${shown(name)} may say that the key no longer works: translate it to is_active or expires_at, or remove it`;
  }
  if (RESTRICTION.test(plain)) {
    return `${shown(name)} may restrict the key: translate it to scopes, org_id, project_id, allowed_ips or rateLimits, or remove it`;
  }
  return undefined;
}

/** Returns a name in lower case and without separators, so that `revoked_at` and `revokedAt` are equal. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** Shortens a name for a message. */
export function shown(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name;
}

/** Returns whether the value of a field means that the key still works. */
function isHarmless(plain: string, value: unknown): boolean {
  if (BAD_WHEN_TRUE.test(plain)) return value === false;
  if (GOOD_WHEN_TRUE.test(plain)) return value === true;
  return /(?:status|state)$/.test(plain) && typeof value === 'string' && GOOD_STATES.has(value.toLowerCase());
}
