import { KeywardError } from '../problems/keyward.error';

/** The `cursor` of a list request is invalid. */
export class InvalidCursorError extends KeywardError {
  constructor() {
    super('invalid_cursor', 'Send the nextCursor of the previous page unchanged, or omit the cursor.');
  }
}

/** Encodes and decodes the cursors of one kind of list. A cursor contains the position at which a page ended. */
export class CursorCodec {
  /**
   * @param mark the beginning of every cursor of this kind
   * @param isPosition returns whether a text has the form of a position
   */
  constructor(
    private readonly mark: string,
    private readonly isPosition: (text: string) => boolean,
  ) {}

  /** Returns the cursor of the page that starts after this position. */
  after(position: string): string {
    return Buffer.from(this.mark + position).toString('base64url');
  }

  /**
   * Returns the position in a cursor; `undefined` if there is no cursor.
   *
   * @throws InvalidCursorError unless {@link after} would return exactly this cursor
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
