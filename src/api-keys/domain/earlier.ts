/** The earlier of two moments, where an absent one never comes; the first where they are equal. */
export function earlierOf(one: Date | undefined, other: Date | undefined): Date | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.getTime() <= other.getTime() ? one : other;
}
