/** Returns the token with a different last character. A fixed replacement would sometimes equal the original. */
export function mistyped(token: string): string {
  return token.slice(0, -1) + (token.endsWith('x') ? 'y' : 'x');
}
