import { LegacyRouteConverter } from '@nestjs/core/router/legacy-route-converter.js';

/** Matches an escaped character, a parameter, a wildcard, or a brace of an optional part. */
const TOKEN =
  /\\(?<literal>.)|[:*](?<name>[\p{ID_Start}$_][\p{ID_Continue}$]*)|[:*]"(?<quoted>[^"]+)"|[{}]/gu;

/**
 * Converts a Nest route path to an OpenAPI path template, as `@nestjs/swagger` does. A parameter or wildcard becomes
 * `{name}`, and an optional part counts as present.
 *
 * @example toPathTemplate('/orgs/:orgId{/*rest}') // '/orgs/{orgId}/{rest}'
 */
export function toPathTemplate(path: string): string {
  return (
    LegacyRouteConverter.tryConvert(path, { logs: false })
      .replaceAll(/::|\[:\]/g, '\\:')
      // A regular expression of Fastify for the parameter before it.
      .replaceAll(/\(\^[^)]+\)/g, '')
      .replaceAll(TOKEN, (_token, literal?: string, name?: string, quoted?: string) => {
        const parameter = name ?? quoted;
        return parameter === undefined ? (literal ?? '') : `{${parameter}}`;
      })
  );
}
