import type { KeyEvent } from '../../src/api-keys/domain/key-event';
import { newKeyId } from '../../src/api-keys/domain/key-id';

/** Returns a "created" event without optional members, changed by the given fields. */
export function anEvent(fields: Partial<KeyEvent> = {}): KeyEvent {
  const at = new Date('2030-01-02T03:04:05.678Z');
  const keyId = fields.keyId ?? newKeyId(at);
  const version = fields.version ?? 1;
  return {
    id: `${keyId}-${version}`,
    type: 'api-key.created',
    at,
    keyId,
    actor: 'cli',
    version,
    fields: [],
    ...fields,
  };
}
