import { IsText, MayBeAbsent } from '../../../http/field-rules';

/** The query of a revocation. */
export class RevokeApiKeyQuery {
  /** A reason for the history, such as "leaked in a log". */
  @MayBeAbsent()
  @IsText(200)
  reason?: string;
}
