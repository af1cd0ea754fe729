import mongoose from 'mongoose';
import { HttpClient } from '../support/http-client';
import { runBuiltService, runNode } from '../support/node-process';
import { testDatabaseUri } from '../support/test-database';

const TOKEN_LIKE = /[0-9A-Za-z]{49}/;

describe('the tokens of all keys', () => {
  it('appear in no log line and in no stored document [T2][T3]', async () => {
    const environment = { NODE_ENV: 'production', MONGODB_URI: testDatabaseUri(), LOG_LEVEL: 'verbose' };
    const cli = runNode(['dist/cli.js', 'create-root-key'], environment);
    await cli.exited();
    const rootToken = cli.stdout().trim();
    const service = await runBuiltService(environment);
    const root = new HttpClient(service.url, rootToken);
    const nobody = new HttpClient(service.url);

    const tokens = [rootToken];
    for (const orgId of ['acme', 'globex']) {
      const { body } = await root.post('/v1/api-keys', { name: orgId, scopes: ['api-keys:read'], orgId });
      const token = String(body['token']);
      tokens.push(token);
      const holder = new HttpClient(service.url, token);
      await holder.get('/v1/api-keys');
      await holder.get(`/v1/api-keys/${token}`);
      await holder.get(`/v1/api-keys?cursor=${token}`);
      await holder.post('/v1/api-keys', { name: token, scopes: [token] });
      await nobody.get(`/v1/api-keys?token=${token}`);
      await nobody.get('/v1/api-keys/self', { Authorization: `Bearer ${token}x` });
      await nobody.get('/v1/api-keys/self', { Authorization: `Bearer ${token}`, 'X-API-Key': `${token}x` });
      await root.patch(`/v1/api-keys/${String(body['id'])}`, { enabled: false });
      await holder.get('/v1/api-keys');
      await root.delete(`/v1/api-keys/${String(body['id'])}?reason=done`);
      await holder.delete('/v1/api-keys/self');
    }
    await service.stop();
    const logs = service.stdout() + service.stderr() + cli.stderr();

    const connection = await mongoose.createConnection(environment.MONGODB_URI).asPromise();
    const collections = await connection.listCollections();
    const documents: unknown[] = [];
    for (const { name } of collections)
      documents.push(...(await connection.collection(name).find().toArray()));
    await connection.close();
    const stored = JSON.stringify(documents);

    expect(logs.length).toBeGreaterThan(0);
    expect(documents.length).toBeGreaterThanOrEqual(3);
    for (const token of tokens) {
      const secret = token.slice(-49);
      expect(secret).toMatch(TOKEN_LIKE);
      expect(logs).not.toContain(secret);
      expect(stored).not.toContain(secret);
    }
    expect(tokens).toHaveLength(3);
  });
});
