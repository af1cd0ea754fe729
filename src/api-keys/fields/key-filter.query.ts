import { IsAlongWith, MayBeAbsent } from '../../http/field-rules';
import { IsOwnerId, IsTenantId } from './key-field-rules';

/** Filters that lists of keys, and of what happened to keys, have in common. */
export class KeyFilterQuery {
  /**
   * Only keys bound to this organisation.
   * @example "acme"
   */
  @MayBeAbsent()
  @IsTenantId()
  orgId?: string;

  /**
   * Only keys bound to this project; needs `orgId`.
   * @example "apollo"
   */
  @MayBeAbsent()
  @IsTenantId()
  @IsAlongWith('orgId')
  projectId?: string;

  /** Only keys of this owner. */
  @MayBeAbsent()
  @IsOwnerId()
  ownerId?: string;
}
