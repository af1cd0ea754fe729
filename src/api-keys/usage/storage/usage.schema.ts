import { Prop, raw, Schema, SchemaFactory } from '@nestjs/mongoose';
import { DOCUMENT_OPTIONS } from '../../../mongo/document-options';
import type { Schema as MongooseSchema } from 'mongoose';

/** The name of the Mongoose model. */
export const USAGE_MODEL = 'KeywardApiKeyUsage';

/**
 * Usage as MongoDB keeps it. Two kinds of documents: under a key's id, when it was last used; under the key's id and a
 * day (`<id>:2026-11-25`), how often it was used in each hour of that day, by UTC.
 */
@Schema({ collection: 'api_key_usage', ...DOCUMENT_OPTIONS })
export class UsageDocument {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop(Date)
  lastUsedAt?: Date;

  @Prop(Date)
  day?: Date;

  /** Counts by the hour of the day: `"0"` to `"23"`. */
  @Prop(raw({ type: Map, of: Number, default: undefined }))
  hours?: Readonly<Record<string, number>>;
}

/** The Mongoose schema of `api_key_usage`. */
export const UsageSchema: MongooseSchema<UsageDocument> = SchemaFactory.createForClass(UsageDocument);

// For pruning. Sparse, for the documents under a key's id have no day and are never pruned.
UsageSchema.index({ day: 1 }, { sparse: true });
