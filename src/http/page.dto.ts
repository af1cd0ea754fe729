/** The cursor that every page of a list has. */
export class PageDto {
  /**
   * Pass it as `cursor` for the next page. Only `null` ends the list: a page may be short.
   * @example null
   */
  nextCursor!: string | null;
}
