import { KeywardError } from '../problems/keyward.error';

/** Invalid cursor. */
export class InvalidCursorError extends KeywardError {
  constructor() {
    super('invalid_cursor', 'Pass the nextCursor of the page before as it was, or leave it out.');
  }
}

/** Writes and reads the cursors of one kind of list. A cursor holds the position at which a page ended. */
export class CursorCodec {
  /**
   * @param mark the beginning of every cursor of this kind
   * @param isPosition whether a text has the form of a position
   */
  constructor(
    private readonly mark: string,
    private readonly isPosition: (text: string) => boolean,
  ) {}

  /** Returns the cursor of the page after this position. */
  after(position: string): string {
    return Buffer.from(this.mark + position).toString('base64url');
  }

  /**
   * Returns the position in a cursor; `undefined` without a cursor.
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
