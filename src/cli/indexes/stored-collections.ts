import type { Schema } from 'mongoose';
import { API_KEY_MODEL, ApiKeySchema } from '../../api-keys/storage/api-key.schema';
import { EVENT_MODEL, EventSchema } from '../../events/storage/event.schema';
import { POLICY_MODEL, PolicySchema } from '../../policies/storage/policy.schema';
import { USAGE_MODEL, UsageSchema } from '../../api-keys/usage/storage/usage.schema';
import { USER_MODEL, UserSchema } from '../../users/storage/user.schema';

/** A collection of the service, by the Mongoose model of its documents. */
export interface StoredCollection {
  readonly model: string;
  readonly schema: Schema;
}

/** All collections that the service creates, with the indexes that its queries use. */
export const STORED_COLLECTIONS: readonly StoredCollection[] = [
  { model: API_KEY_MODEL, schema: ApiKeySchema },
  { model: EVENT_MODEL, schema: EventSchema },
  { model: POLICY_MODEL, schema: PolicySchema },
  { model: USAGE_MODEL, schema: UsageSchema },
  { model: USER_MODEL, schema: UserSchema },
];
