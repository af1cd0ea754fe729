const answered = new WeakSet<object>();

/** Marks a response as complete. */
export function markAnswered(response: object): void {
  answered.add(response);
}

/** Returns whether a response is complete. A later failure comes from the host, and does not change the response. */
export function isAnswered(response: object): boolean {
  return answered.has(response);
}
