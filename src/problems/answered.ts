const answered = new WeakSet<object>();

/** Marks a response as complete. */
export function markAnswered(response: object): void {
  answered.add(response);
}

/** Whether a response is complete: what fails later is the host's own, and changes nothing. */
export function isAnswered(response: object): boolean {
  return answered.has(response);
}
