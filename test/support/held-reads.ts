/** A read of a store that the test answers. */
export interface HeldRead<V> {
  readonly id: string;
  readonly linearizable: boolean;
  answer(value: V | null): void;
  fail(error: Error): void;
}

/** A store that answers only when a test tells it to. When `settled` resolves, the answer has arrived everywhere. */
export class HeldReads<V> {
  readonly begun: HeldRead<V>[] = [];

  readonly load = async (
    id: string,
    { linearizable = false }: { readonly linearizable?: boolean | undefined } = {},
  ): Promise<V | null> => new Promise((answer, fail) => this.begun.push({ id, linearizable, answer, fail }));

  /** Returns the read that began as this one, counted from 0. */
  at(index: number): HeldRead<V> {
    const read = this.begun[index];
    if (read === undefined) throw new Error(`only ${this.begun.length} reads were begun`);
    return read;
  }
}

/** Waits until everything that is ready to run has run. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}
