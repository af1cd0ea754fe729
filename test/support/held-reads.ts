/** A read of a store that a test answers when it wants to. */
export interface HeldRead<V> {
  readonly id: string;
  readonly linearizable: boolean;
  answer(value: V | null): void;
  fail(error: Error): void;
}

/** A store that answers nothing by itself. What a test answers has arrived everywhere once `settled` resolves. */
export class HeldReads<V> {
  readonly begun: HeldRead<V>[] = [];

  readonly load = async (
    id: string,
    { linearizable = false }: { readonly linearizable?: boolean | undefined } = {},
  ): Promise<V | null> => new Promise((answer, fail) => this.begun.push({ id, linearizable, answer, fail }));

  /** The read that was begun as this one, counted from 0. */
  at(index: number): HeldRead<V> {
    const read = this.begun[index];
    if (read === undefined) throw new Error(`only ${this.begun.length} reads were begun`);
    return read;
  }
}

/** Everything that is ready to run has run. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}
