/** The cursor of a page. */
export class PageDto {
  /**
   * Send it as `cursor` to get the next page. Only `null` ends the list, because a page may have fewer entries than `limit`.
   * @example null
   */
  nextCursor!: string | null;
}
