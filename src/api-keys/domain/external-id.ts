/** The format of an external id. */
export const EXTERNAL_ID = /^[!-~]{1,128}$/;

/** The rule for an external id, as error messages state it. */
export const EXTERNAL_ID_RULE = 'must be 1 to 128 visible ASCII characters, without spaces';

/** Returns whether `text` is a valid external id: 1 to 128 visible ASCII characters, so that a header can carry it. */
export function isExternalId(text: string): boolean {
  return EXTERNAL_ID.test(text);
}
