import { Prop, raw, Schema, SchemaFactory } from '@nestjs/mongoose';
import { Schema as MongooseSchema } from 'mongoose';
import { DOCUMENT_OPTIONS } from '../../mongo/document-options';
import type { KeyMetadata, KeySecret } from '../domain/api-key';
import type { HistoryEntry } from '../domain/history';
import type { AuditEvent, KeyEvent } from '../domain/key-event';
import type { RateLimit } from '../domain/rate-limit';
import type { StoredImposed, StoredRateLimit } from './stored-limits';

/** The name of the Mongoose model. */
export const API_KEY_MODEL = 'KeywardApiKey';

/** A change writes each embedded object back as a whole, so the object must keep fields that a newer release added. */
export const PART = { _id: false, strict: false } as const;

const secret = new MongooseSchema<KeySecret>(
  {
    hash: { type: String, required: true },
    createdAt: { type: Date, required: true },
    retiresAt: Date,
    reusedAt: Date,
  },
  PART,
);

/** An entry of the history of a record. */
export const historyEntrySchema = new MongooseSchema<HistoryEntry<string>>(
  {
    changeId: { type: String, required: true },
    action: { type: String, required: true },
    at: { type: Date, required: true },
    by: { type: String, required: true },
    version: { type: Number, required: true },
    fields: { type: [String], default: undefined },
    reason: String,
  },
  PART,
);

const rateLimit = new MongooseSchema<StoredRateLimit>({ limit: Number, windowSeconds: Number }, PART);

const namedLimit = new MongooseSchema<RateLimit>(
  { name: String, limit: Number, windowSeconds: Number },
  PART,
);

const imposed = new MongooseSchema<StoredImposed>(
  {
    version: { type: Number, required: true },
    enabled: Boolean,
    expiresAt: Date,
    allowedIps: { type: [String], default: undefined },
    rateLimit,
    rateLimits: { type: [namedLimit], default: undefined },
  },
  PART,
);

/** An event that waits in the document of its record. It omits the fields that the document already contains. */
export type StoredPendingEvent<E extends AuditEvent = KeyEvent> = Omit<
  E,
  'id' | 'keyId' | 'policyId' | 'expiresAt'
>;

/** An event in the document of its record. */
export const pendingEventSchema = new MongooseSchema<StoredPendingEvent<AuditEvent>>(
  {
    type: { type: String, required: true },
    at: { type: Date, required: true },
    orgId: String,
    projectId: String,
    ownerId: String,
    actor: { type: String, required: true },
    version: { type: Number, required: true },
    fields: { type: [String], required: true },
  },
  PART,
);

/**
 * A key as MongoDB stores it. Optional fields without a value are missing, never null. The change feed uses
 * `changedAt`, a time of the MongoDB server.
 */
@Schema({ collection: 'api_keys', ...DOCUMENT_OPTIONS })
export class ApiKeyDocument {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  name!: string;

  @Prop(String)
  description?: string;

  @Prop(String)
  ownerId?: string;

  @Prop({ type: String, required: true })
  createdBy!: string;

  @Prop({ type: [String], required: true })
  scopes!: string[];

  @Prop(String)
  orgId?: string;

  @Prop(String)
  projectId?: string;

  @Prop({ type: [String], required: true })
  allowedIps!: string[];

  @Prop(raw({ type: rateLimit }))
  rateLimit?: StoredRateLimit;

  @Prop(raw({ type: [namedLimit], default: undefined }))
  rateLimits?: RateLimit[];

  @Prop({ type: MongooseSchema.Types.Mixed, required: true })
  metadata!: KeyMetadata;

  @Prop(String)
  externalId?: string;

  @Prop(String)
  prefix?: string;

  @Prop({ type: Boolean, required: true })
  enabled!: boolean;

  @Prop(Date)
  expiresAt?: Date;

  @Prop(Date)
  revokedAt?: Date;

  @Prop(String)
  revokedBy?: string;

  @Prop(String)
  revokedReason?: string;

  @Prop({ type: [secret], required: true })
  secrets!: KeySecret[];

  @Prop({ type: [historyEntrySchema], required: true })
  history!: HistoryEntry[];

  @Prop({ type: Number, required: true })
  historyDropped!: number;

  @Prop(raw({ type: imposed }))
  imposed?: StoredImposed;

  @Prop({ type: Number, required: true })
  version!: number;

  @Prop({ type: Date, required: true })
  createdAt!: Date;

  @Prop({ type: Date, required: true })
  updatedAt!: Date;

  @Prop(Date)
  changedAt?: Date;

  @Prop({ type: [pendingEventSchema], default: undefined })
  pending?: StoredPendingEvent[];

  @Prop(Date)
  pendingAt?: Date;
}

/** The Mongoose schema of `api_keys`. */
export const ApiKeySchema: MongooseSchema<ApiKeyDocument> = SchemaFactory.createForClass(ApiKeyDocument);

ApiKeySchema.index({ ownerId: 1, _id: 1 });
ApiKeySchema.index({ orgId: 1, _id: 1 });
ApiKeySchema.index({ orgId: 1, projectId: 1, _id: 1 });
ApiKeySchema.index({ projectId: 1, _id: 1 });
ApiKeySchema.index({ externalId: 1, _id: 1 }, { partialFilterExpression: { externalId: { $exists: true } } });
ApiKeySchema.index({ ownerId: 1, revokedAt: 1, expiresAt: 1 });
ApiKeySchema.index({ orgId: 1, revokedAt: 1, expiresAt: 1 });
ApiKeySchema.index({ changedAt: 1 });
ApiKeySchema.index({ pendingAt: 1 }, { sparse: true });
ApiKeySchema.index({ expiresAt: 1, _id: 1 }, { partialFilterExpression: { expiresAt: { $exists: true } } });
