import { ArrayMaxSize, ArrayMinSize, IsArray } from 'class-validator';
import { ApiExtraModels, ApiProperty, ApiSchema, getSchemaPath } from '../../../openapi/decorators';
import { StrictSchema } from '../../../http/strict-schema';
import { INT64 } from '../../../common/int64';
import type { ImportOutcome, ImportReport } from './import-report';
import { ImportedKeyDto } from './imported-key.dto';

const BATCH = 'must be a list of 1 to 500 records';

/** Keys of another system. */
@ApiExtraModels(ImportedKeyDto)
@StrictSchema('ImportApiKeysRequest')
export class ImportKeysDto {
  /** The records. Each one is validated separately, so that an invalid record does not stop the others. */
  @ApiProperty({ type: 'array', items: { $ref: getSchemaPath(ImportedKeyDto) }, minItems: 1, maxItems: 500 })
  @IsArray({ message: BATCH })
  @ArrayMinSize(1, { message: BATCH })
  @ArrayMaxSize(500, { message: BATCH })
  keys!: unknown[];
}

/** The result for one record. */
@ApiSchema({ name: 'ApiKeyImportOutcome' })
export class ImportOutcomeDto {
  /**
   * The position of the record, beginning with 1.
   * @example 1
   */
  @ApiProperty(INT64)
  line!: number;

  /**
   * `known`: a key with this hash already existed. It did not change, unless `revocation` is `applied`.
   * @example "imported"
   */
  outcome!: 'imported' | 'known' | 'refused';

  /**
   * Set for a known key that the other system revoked or disabled while it still worked here. `pending`: it still
   * works. `applied`: this import revoked or disabled it.
   * @example "pending"
   */
  revocation?: 'pending' | 'applied';

  /**
   * The key's id, unless the record was rejected.
   * @example "z7k3m9q2w4e6r8t0v1x3c5b7n9"
   */
  id?: string;

  /** Why the record was rejected. */
  reasons?: string[];

  /**
   * What to check after the import.
   * @example ["no scopes: the key has no access"]
   */
  warnings?: string[];

  static of({ reasons, warnings, ...rest }: ImportOutcome): ImportOutcomeDto {
    return {
      ...rest,
      ...(reasons && { reasons: [...reasons] }),
      ...(warnings && { warnings: [...warnings] }),
    };
  }
}

/** The result of an import. */
@ApiSchema({ name: 'ApiKeyImportReport' })
export class ImportReportDto {
  /** @example 1 */
  @ApiProperty(INT64)
  imported!: number;

  /** @example 0 */
  @ApiProperty(INT64)
  known!: number;

  /** @example 0 */
  @ApiProperty(INT64)
  refused!: number;

  /**
   * How many known keys still work here although the other system revoked or disabled them.
   * @example 0
   */
  @ApiProperty(INT64)
  pendingRevocations!: number;

  /**
   * How many of the known keys this import revoked or disabled.
   * @example 0
   */
  @ApiProperty(INT64)
  appliedRevocations!: number;

  results!: ImportOutcomeDto[];

  static of({ results, ...counts }: ImportReport): ImportReportDto {
    return { ...counts, results: results.map((outcome) => ImportOutcomeDto.of(outcome)) };
  }
}
