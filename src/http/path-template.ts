import { LegacyRouteConverter } from '@nestjs/core/router/legacy-route-converter.js';

/** An escaped character, a parameter or wildcard, or a brace of an optional part. */
const TOKEN =
  /\\(?<literal>.)|[:*](?<name>[\p{ID_Start}$_][\p{ID_Continue}$]*)|[:*]"(?<quoted>[^"]+)"|[{}]/gu;

/**
 * Returns the OpenAPI path template of a path as Nest routes it, in the way of `@nestjs/swagger`: a parameter or a wildcard
 * becomes `{name}`, and an optional part counts as present.
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
