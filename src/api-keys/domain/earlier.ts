/** Returns the earlier of two moments, or the first if they are equal. An absent moment is later than any other. */
export function earlierOf(one: Date | undefined, other: Date | undefined): Date | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.getTime() <= other.getTime() ? one : other;
}
