import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { Schema as MongooseSchema } from 'mongoose';
import { DOCUMENT_OPTIONS } from '../../mongo/document-options';
import type { KeySlot } from '../domain/key-slot';

/** The name of the Mongoose model. */
export const KEY_SLOTS_MODEL = 'KeywardKeySlots';

const keySlot = new MongooseSchema<KeySlot>(
  { keyId: { type: String, required: true }, at: { type: Date, required: true } },
  { _id: false },
);

/** The slots of one owner or organisation. The id is `owner:<id>` or `org:<orgId>`. */
@Schema({ collection: 'key_slots', ...DOCUMENT_OPTIONS })
export class KeySlotsDocument {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: [keySlot], required: true })
  slots!: KeySlot[];

  @Prop(Date)
  seededAt?: Date;

  @Prop({ type: Number, required: true })
  revision!: number;
}

/** The Mongoose schema of `key_slots`. */
export const KeySlotsSchema: MongooseSchema<KeySlotsDocument> =
  SchemaFactory.createForClass(KeySlotsDocument);
