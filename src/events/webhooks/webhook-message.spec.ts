import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { KeyEvent } from '../../api-keys/domain/key-event';
import { messageOf } from './webhook-message';

const secretOf = (): string => `whsec_${randomBytes(32).toString('base64')}`;
const [OLD, NEW, OTHER] = [secretOf(), secretOf(), secretOf()];

const event: KeyEvent = {
  id: '01jd8x4k2m6n8p0q2r4s6t8v0w-2',
  type: 'api-key.updated',
  at: new Date('2030-01-02T03:04:05.678Z'),
  keyId: '01jd8x4k2m6n8p0q2r4s6t8v0w',
  orgId: 'acme',
  actor: 'user:ä🗝',
  version: 2,
  fields: ['scopes'],
};

describe('a receiver', () => {
  it('accepts a message that any of its secrets signed, and reads the event', () => {
    const { body, headers } = messageOf(event, [NEW, OLD], new Date());
    for (const secret of [OLD, NEW]) {
      expect(new Webhook(secret).verify(body, { ...headers })).toEqual({
        type: 'api-key.updated',
        timestamp: '2030-01-02T03:04:05.678Z',
        data: {
          id: event.id,
          keyId: event.keyId,
          orgId: 'acme',
          projectId: null,
          ownerId: null,
          policyId: null,
          actor: 'user:ä🗝',
          version: 2,
          fields: ['scopes'],
          expiresAt: null,
        },
      });
    }
    expect(headers['webhook-id']).toBe(event.id);
  });

  it.each<[string, (message: ReturnType<typeof messageOf>) => ReturnType<typeof messageOf>]>([
    ['another body', ({ body, headers }) => ({ body: body.replace('acme', 'evil'), headers })],
    ['another id', ({ body, headers }) => ({ body, headers: { ...headers, 'webhook-id': 'other' } })],
    [
      'another time',
      ({ body, headers }) => ({
        body,
        headers: { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) },
      }),
    ],
  ])('rejects a message that was changed to %s', (_what, forge) => {
    const { body, headers } = forge(messageOf(event, [OLD], new Date()));
    expect(() => new Webhook(OLD).verify(body, { ...headers })).toThrow('No matching signature found');
  });

  it('rejects a message that none of its secrets signed [T79]', () => {
    const { body, headers } = messageOf(event, [OLD, NEW], new Date());
    expect(() => new Webhook(OTHER).verify(body, { ...headers })).toThrow('No matching signature found');
  });

  it('rejects a message that is six minutes old [T79]', () => {
    const { body, headers } = messageOf(event, [OLD], new Date(Date.now() - 6 * 60_000));
    expect(() => new Webhook(OLD).verify(body, { ...headers })).toThrow('Message timestamp too old');
  });
});
