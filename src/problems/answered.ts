const answered = new WeakSet<object>();

/** Notes that a response is complete. */
export function noteAnswered(response: object): void {
  answered.add(response);
}

/** Whether a response is complete: what fails later is the host's own, and changes nothing. */
export function isAnswered(response: object): boolean {
  return answered.has(response);
}
