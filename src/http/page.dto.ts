/** A page with the cursor of the next page. */
export class PageDto {
  /**
   * Send this value as `cursor` to get the next page. Only `null` means the end of the list, because any page may have
   * fewer entries than `limit`.
   * @example null
   */
  nextCursor!: string | null;
}
