import { IsText, MayBeAbsent } from '../../../http/field-rules';

/** Why a key is revoked. */
export class RevokeApiKeyQuery {
  /** A reason for the history, such as "leaked in a log". */
  @MayBeAbsent()
  @IsText(200)
  reason?: string;
}
