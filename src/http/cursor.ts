import { KeywardError } from '../problems/keyward.error';

/** The cursor is not one that a list gave. */
export class InvalidCursorError extends KeywardError {
  constructor() {
    super('invalid_cursor', 'Pass the nextCursor of the page before as it was, or leave it out.');
  }
}

/** Writes and reads the cursors of one kind of list. A cursor holds the position at which a page ended. */
export class CursorCodec {
  /**
   * @param mark what a cursor of this kind of list begins with
   * @param isPosition whether a text has the form of a position
   */
  constructor(
    private readonly mark: string,
    private readonly isPosition: (text: string) => boolean,
  ) {}

  /** The cursor of the page after the one that ends at this position. */
  after(position: string): string {
    return Buffer.from(this.mark + position).toString('base64url');
  }

  /**
   * The position that a cursor holds; `undefined` without a cursor.
   *
   * @throws InvalidCursorError unless the cursor is exactly as {@link after} writes it
   */
  read(cursor: string | undefined): string | undefined {
    if (cursor === undefined) return undefined;
    const text = Buffer.from(cursor, 'base64url').toString('latin1');
    const position = text.slice(this.mark.length);
    if (!text.startsWith(this.mark) || !this.isPosition(position) || this.after(position) !== cursor)
      throw new InvalidCursorError();
    return position;
  }
}
