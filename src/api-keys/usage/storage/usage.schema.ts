import { Prop, raw, Schema, SchemaFactory } from '@nestjs/mongoose';
import { DOCUMENT_OPTIONS } from '../../../mongo/document-options';
import type { UsageOutcome } from '../../domain/usage';
import type { Schema as MongooseSchema } from 'mongoose';

/** The name of the Mongoose model. */
export const USAGE_MODEL = 'KeywardApiKeyUsage';

type HourlyNumbers = Readonly<Record<string, Readonly<Partial<Record<UsageOutcome, number>>>>>;

/**
 * Usage as MongoDB stores it, in two kinds of documents. The document with a key's id contains the time of its last
 * use. The other documents contain the requests in each hour of a day, in UTC: of a key (`<id>:2026-11-25`), of all keys
 * (`all/<day>`), of an organisation (`org/<org>/<day>`), of an owner (`owner/<owner>/<day>`), and of an owner's keys in
 * an organisation (`pair/<org>/<owner>/<day>`). The part of keys without an organisation or owner is empty.
 */
@Schema({ collection: 'api_key_usage', ...DOCUMENT_OPTIONS })
export class UsageDocument {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop(Date)
  lastUsedAt?: Date;

  /** The time of the last use and, after a space, the client's address. */
  @Prop(String)
  lastUse?: string;

  @Prop(Date)
  day?: Date;

  /** The owner of a pair, for the index. */
  @Prop(String)
  ownerId?: string;

  /** Accepted requests by the hour of the day: `"0"` to `"23"`. */
  @Prop(raw({ type: Map, of: Number, default: undefined }))
  hours?: Readonly<Record<string, number>>;

  /** Rejected requests by the hour of the day and outcome. */
  @Prop(raw({ type: Object }))
  refused?: HourlyNumbers;

  /** What requests cost beyond 1 each, by the hour of the day and outcome. Negative if they cost less. */
  @Prop(raw({ type: Object }))
  costs?: HourlyNumbers;
}

/** The Mongoose schema of `api_key_usage`. */
export const UsageSchema: MongooseSchema<UsageDocument> = SchemaFactory.createForClass(UsageDocument);

// For pruning. Sparse, because documents without a day are never pruned.
UsageSchema.index({ day: 1 }, { sparse: true });

// For the organisations of one owner. Only pairs have an owner.
UsageSchema.index({ ownerId: 1, _id: 1 }, { partialFilterExpression: { ownerId: { $exists: true } } });
