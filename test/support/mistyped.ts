/** Returns a token with a different last character. */
export function mistyped(token: string): string {
  return token.slice(0, -1) + (token.endsWith('x') ? 'y' : 'x');
}
