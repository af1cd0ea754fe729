import { IsText, MayBeAbsent } from '../../../http/field-rules';

/** The maximum length of a reason in characters. */
export const MAX_REASON_LENGTH = 200;

/** The query of a revocation. */
export class RevokeApiKeyQuery {
  /** A reason for the history, such as "leaked in a log". */
  @MayBeAbsent()
  @IsText(MAX_REASON_LENGTH)
  reason?: string;
}
