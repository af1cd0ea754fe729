import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { Schema as MongooseSchema } from 'mongoose';
import { DOCUMENT_OPTIONS } from '../../mongo/document-options';
import type { KeySlot } from '../../api-keys/domain/key-slot';
import type { UserStatus } from '../domain/user';

/** The name of the Mongoose model. */
export const USER_MODEL = 'KeywardUser';

const keySlot = new MongooseSchema<KeySlot>(
  { keyId: { type: String, required: true }, at: { type: Date, required: true } },
  { _id: false },
);

/**
 * A user document in MongoDB. The collection must stay unsharded because of its unique indexes. Absent fields are
 * missing from the document, never null. `changedAt` is the time of the last change of status, by the clock of the
 * MongoDB server.
 */
@Schema({ collection: 'users', ...DOCUMENT_OPTIONS })
export class UserDocument {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  issuer!: string;

  @Prop({ type: String, required: true })
  subject!: string;

  @Prop(String)
  email?: string;

  @Prop({ type: Boolean, required: true })
  emailVerified!: boolean;

  @Prop(String)
  name?: string;

  @Prop(String)
  picture?: string;

  @Prop(String)
  username?: string;

  @Prop({ type: String, required: true })
  status!: UserStatus;

  /** Only former versions use it. They need a list in each user. */
  @Prop({ type: [keySlot], required: true })
  keySlots!: KeySlot[];

  @Prop(Boolean)
  removalPending?: boolean;

  @Prop({ type: Date, required: true })
  createdAt!: Date;

  @Prop({ type: Date, required: true })
  lastLoginAt!: Date;

  @Prop(Date)
  changedAt?: Date;

  @Prop({ type: Number, required: true })
  version!: number;
}

/** The Mongoose schema of `users`. */
export const UserSchema: MongooseSchema<UserDocument> = SchemaFactory.createForClass(UserDocument);

// Sparse, because the documents that the change feed keeps here have neither field.
UserSchema.index({ issuer: 1, subject: 1 }, { unique: true, sparse: true });
UserSchema.index({ username: 1 }, { unique: true, sparse: true });
UserSchema.index({ email: 1, _id: 1 });
UserSchema.index({ removalPending: 1 }, { sparse: true });
UserSchema.index({ changedAt: 1 });
