/** A page with the cursor of the next page. */
export class PageDto {
  /**
   * The cursor to send as `cursor` to get the next page. Only `null` means the end of the list, because any page may
   * have fewer entries than `limit`.
   * @example null
   */
  nextCursor!: string | null;
}
