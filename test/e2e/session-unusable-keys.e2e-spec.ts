import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { AUDIENCE } from '../support/identity-provider';
import { SigningKey } from '../support/identity-provider/signing-key';
import { MovableTime } from '../support/movable-time';
import { startService, type TestService } from '../support/service';

const ME = '/v1/users/me';

const first = new SigningKey();
const second = new SigningKey();
const shortRsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });

/** Keys that the issuer publishes in addition to a valid key. */
const UNUSABLE = {
  'a key without its modulus': { kty: 'RSA', e: 'AQAB', kid: 'unusable' },
  'a modulus that is not base64url': { kty: 'RSA', n: '!', e: 'AQAB', kid: 'unusable' },
  'a modulus that is not a string': { kty: 'RSA', n: 7, e: 'AQAB', kid: 'unusable' },
  'an RSA key that is too short': { ...shortRsa, kid: 'unusable' },
  'a private key': { ...new SigningKey().privateJwk, kid: 'unusable' },
  'a key for encryption': { ...new SigningKey().publicJwk, use: 'enc', kid: 'unusable' },
  'a symmetric key': { kty: 'oct', k: 'c2VjcmV0', kid: 'unusable' },
  'an entry that is not a key': null,
  'a broken key under the id of the good one': { kty: 'RSA', n: 7, e: 'AQAB', kid: first.kid },
};

describe.each(Object.entries(UNUSABLE))('an issuer that publishes %s', (_what, unusable) => {
  let published: readonly unknown[] = [];
  const server = createServer(({ url }, response) => {
    const issuer = issuerOf();
    const isDescription = url?.endsWith('openid-configuration') === true;
    response.end(
      JSON.stringify(isDescription ? { issuer, jwks_uri: `${issuer}/jwks` } : { keys: published }),
    );
  });
  const issuerOf = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const claims = (): {
    readonly iss: string;
    readonly aud: string;
    readonly sub: string;
    readonly exp: number;
  } => ({
    iss: issuerOf(),
    aud: AUDIENCE,
    sub: 'ada',
    exp: Math.floor(Date.now() / 1000) + 3600,
  });
  let time: MovableTime;
  let service: TestService;

  beforeAll(async () => {
    time = new MovableTime();
    published = [unusable, first.publicJwk];
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    service = await startService('memory', { OIDC_ISSUER: issuerOf(), OIDC_AUDIENCE: AUDIENCE });
  });
  afterAll(async () => {
    time.restore();
    await service.stop();
    server.closeAllConnections();
    server.close();
  });

  it('can still sign sessions with its other keys, and forged sessions get 401 [T68]', async () => {
    const warned = jest.spyOn(Logger.prototype, 'warn');
    const stranger = new SigningKey();
    const before = service.as(first.sign(claims()));
    expect((await before.get(ME)).status).toBe(200);

    published = [unusable, first.publicJwk, second.publicJwk];
    time.advanceMinutes(1);
    for (const kid of ['unusable', first.kid, stranger.kid]) {
      const answer = await service.as(stranger.sign(claims(), { kid })).get(ME);
      expect([answer.status, answer.body['code']]).toEqual([401, 'invalid_session']);
    }
    expect((await service.as(second.sign(claims())).get(ME)).status).toBe(200);
    expect((await before.get(ME)).status).toBe(200);
    expect(warned.mock.calls.filter(([message]) => String(message).includes(issuerOf()))).toEqual([]);
    warned.mockRestore();
  });
});
