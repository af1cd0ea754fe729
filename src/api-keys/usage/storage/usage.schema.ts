import { Prop, raw, Schema, SchemaFactory } from '@nestjs/mongoose';
import { DOCUMENT_OPTIONS } from '../../../mongo/document-options';
import type { Schema as MongooseSchema } from 'mongoose';

/** The name of the Mongoose model. */
export const USAGE_MODEL = 'KeywardApiKeyUsage';

/**
 * Usage as MongoDB stores it, in two kinds of documents. The document with a key's id contains the time of its last
 * use. The document of a key and a day (`<id>:2026-11-25`) contains the uses in each hour of that day, in UTC.
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

// For pruning. Sparse, because documents without a day are never pruned.
UsageSchema.index({ day: 1 }, { sparse: true });
