/** Returns a JSON Pointer to a member (RFC 6901 section 3). */
export function pointerTo(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
