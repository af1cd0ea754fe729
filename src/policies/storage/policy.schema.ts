import { Prop, raw, Schema, SchemaFactory } from '@nestjs/mongoose';
import { Schema as MongooseSchema } from 'mongoose';
import type { HistoryEntry } from '../../api-keys/domain/history';
import type { PolicyEvent } from '../../api-keys/domain/key-event';
import type { PolicyId } from '../../api-keys/domain/policy-state';
import type { RateLimit } from '../../api-keys/domain/rate-limit';
import {
  historyEntrySchema,
  PART,
  pendingEventSchema,
  type StoredPendingEvent,
} from '../../api-keys/storage/api-key.schema';
import { DOCUMENT_OPTIONS } from '../../mongo/document-options';
import type { PolicyAction, PolicyStatus } from '../domain/policy';

/** The name of the Mongoose model. */
export const POLICY_MODEL = 'KeywardPolicy';

const rateLimit = new MongooseSchema<RateLimit>(
  { name: { type: String, required: true }, limit: Number, windowSeconds: Number },
  PART,
);

/**
 * A policy as MongoDB stores it. Optional fields without a value are missing, never null. The change feed uses `changedAt`,
 * a time of the MongoDB server.
 */
@Schema({ collection: 'policies', ...DOCUMENT_OPTIONS })
export class PolicyDocument {
  @Prop({ type: String, required: true })
  _id!: PolicyId;

  @Prop({ type: String, required: true })
  status!: PolicyStatus;

  @Prop(String)
  reason?: string;

  @Prop(raw({ type: [rateLimit], required: true }))
  rateLimits!: RateLimit[];

  @Prop({ type: [String], default: undefined })
  allowedScopes?: string[];

  @Prop(Number)
  maxKeys?: number;

  @Prop(Number)
  maxTtlDays?: number;

  @Prop({ type: [historyEntrySchema], required: true })
  history!: HistoryEntry<PolicyAction>[];

  @Prop({ type: Number, required: true })
  historyDropped!: number;

  @Prop({ type: Number, required: true })
  version!: number;

  @Prop({ type: Date, required: true })
  createdAt!: Date;

  @Prop({ type: Date, required: true })
  updatedAt!: Date;

  @Prop(Date)
  deletedAt?: Date;

  @Prop(Date)
  changedAt?: Date;

  @Prop({ type: [pendingEventSchema], default: undefined })
  pending?: StoredPendingEvent<PolicyEvent>[];

  @Prop(Date)
  pendingAt?: Date;
}

/** The Mongoose schema of `policies`. */
export const PolicySchema: MongooseSchema<PolicyDocument> = SchemaFactory.createForClass(PolicyDocument);

PolicySchema.index({ changedAt: 1 });
PolicySchema.index({ pendingAt: 1 }, { sparse: true });
