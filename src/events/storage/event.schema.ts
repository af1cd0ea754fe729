import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { DOCUMENT_OPTIONS } from '../../mongo/document-options';
import type { Schema as MongooseSchema } from 'mongoose';
import type { AuditEvent } from '../../api-keys/domain/key-event';
import type { PolicyId } from '../../api-keys/domain/policy-state';
import type { DeliveryState } from '../../api-keys/ports/event.repository';

/** The name of the Mongoose model of events. */
export const EVENT_MODEL = 'KeywardEvent';

/** The name of the Mongoose model of leases. */
export const LEASE_MODEL = 'KeywardLease';

/**
 * The MongoDB document of an event. Its `_id` is the id of the event. A field without a value is missing, never null.
 */
@Schema({ collection: 'events', ...DOCUMENT_OPTIONS })
export class EventDocument {
  @Prop({ type: String, required: true })
  _id!: string;

  /** The time and id as one string, so that one index serves sorting and paging. */
  @Prop({ type: String, required: true })
  position!: string;

  @Prop({ type: String, required: true })
  type!: AuditEvent['type'];

  @Prop({ type: Date, required: true })
  at!: Date;

  @Prop({ type: String, required: true })
  keyId!: string;

  @Prop({ type: String })
  policyId?: PolicyId;

  @Prop(String)
  ownerId?: string;

  @Prop(String)
  orgId?: string;

  @Prop(String)
  projectId?: string;

  @Prop({ type: String, required: true })
  actor!: string;

  @Prop({ type: Number, required: true })
  version!: number;

  @Prop({ type: [String], required: true })
  fields!: string[];

  @Prop(Date)
  expiresAt?: Date;

  @Prop({ type: String, required: true })
  delivery!: DeliveryState;

  /** The time of the next delivery attempt. Set only while `delivery` is `pending`. */
  @Prop(Date)
  deliverAt?: Date;

  @Prop(Number)
  attempts?: number;
}

/** The Mongoose schema of `events`. */
export const EventSchema: MongooseSchema<EventDocument> = SchemaFactory.createForClass(EventDocument);

const QUEUED = { partialFilterExpression: { deliverAt: { $exists: true } } };

EventSchema.index({ position: 1 });
EventSchema.index({ keyId: 1, position: 1 });
EventSchema.index({ ownerId: 1, position: 1 });
EventSchema.index({ orgId: 1, position: 1 });
EventSchema.index({ orgId: 1, projectId: 1, position: 1 });
EventSchema.index({ projectId: 1, position: 1 });
EventSchema.index({ orgId: 1, keyId: 1, position: 1 });
EventSchema.index({ orgId: 1, ownerId: 1, position: 1 });
EventSchema.index({ type: 1, position: 1 });
EventSchema.index({ deliverAt: 1 }, QUEUED);
EventSchema.index({ orgId: 1, keyId: 1, deliverAt: 1 }, QUEUED);
EventSchema.index({ keyId: 1, version: 1, position: 1, deliverAt: 1 }, QUEUED);

/** The MongoDB document of a lease. Its `_id` is the name of the lease. */
@Schema({ collection: 'leases', ...DOCUMENT_OPTIONS })
export class LeaseDocument {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, default: '' })
  holder!: string;

  @Prop({ type: Number, required: true })
  beat!: number;

  @Prop(Date)
  progress?: Date;
}

/** The Mongoose schema of `leases`. */
export const LeaseSchema: MongooseSchema<LeaseDocument> = SchemaFactory.createForClass(LeaseDocument);
