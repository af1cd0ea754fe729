/** Returns the token with another last character, whatever that character is. A fixed one would now and then be the token's own. */
export function mistyped(token: string): string {
  return token.slice(0, -1) + (token.endsWith('x') ? 'y' : 'x');
}
