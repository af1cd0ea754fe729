/** A pending read of a store, which the test answers or fails. */
export interface HeldRead<V> {
  readonly id: string;
  readonly linearizable: boolean;
  answer(value: V | null): void;
  fail(error: Error): void;
}

/**
 * A store whose reads stay pending until a test answers them. After an answer, await {@link settled} so that all of its
 * effects have happened.
 */
export class HeldReads<V> {
  readonly begun: HeldRead<V>[] = [];

  readonly load = async (
    id: string,
    { linearizable = false }: { readonly linearizable?: boolean | undefined } = {},
  ): Promise<V | null> => new Promise((answer, fail) => this.begun.push({ id, linearizable, answer, fail }));

  /** Returns a read by its position in the order of their start, from 0. */
  at(index: number): HeldRead<V> {
    const read = this.begun[index];
    if (read === undefined) throw new Error(`only ${this.begun.length} reads were begun`);
    return read;
  }
}

/** Waits until all callbacks that are ready have run. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}
