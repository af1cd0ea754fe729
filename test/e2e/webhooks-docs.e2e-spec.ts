import { readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RETRY_DELAYS_SECONDS } from '../../src/events/webhooks/retry-schedule';
import { HttpClient } from '../support/http-client';
import { runNode } from '../support/node-process';
import { startService } from '../support/service';
import { webhookSecret } from '../support/webhook-receiver';

const ROOT = join(__dirname, '../..');
const GUIDE = readFileSync(join(ROOT, 'docs/webhooks.md'), 'utf8');

function blockAfter(mark: string): string {
  const [, block] = new RegExp(`<!-- ${mark}[^>]*-->\\s*\`\`\`\\w+\\n([^]*?)\`\`\``).exec(GUIDE) ?? [];
  if (block === undefined) throw new Error(`the guide has no block "${mark}"`);
  return block;
}

describe('the receiver in docs/webhooks.md', () => {
  it('accepts a signed event, and rejects an unsigned one with 400', async () => {
    const secret = webhookSecret();
    const folder = await mkdtemp(join(tmpdir(), 'keyward-receiver-'));
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'receiver.mjs'), blockAfter('receiver.mjs'));
    const [, variable = '', file = ''] = /^(\w+)=\S+ node (\S+)$/m.exec(blockAfter('start')) ?? [];
    const receiver = runNode([file], { [variable]: secret, PORT: '0' }, folder);
    const [, port] = await receiver.waitFor(/port (\d+)/);
    const url = `http://127.0.0.1:${port}`;
    const service = await startService('memory', {
      WEBHOOK_URL: url,
      WEBHOOK_SECRETS: secret,
      WEBHOOK_ALLOW_PRIVATE: 'true',
    });
    const { key } = await service.issue({ orgId: 'acme' });
    await receiver.waitFor(new RegExp(`^api-key\\.created ${key.id} acme$`, 'm'));

    const forged = await new HttpClient(url).post('/', { type: 'api-key.revoked', data: { keyId: key.id } });
    expect(forged.status).toBe(400);
    expect(receiver.stdout()).not.toContain('revoked');
    await service.stop();
    await receiver.stop();
    await rm(folder, { recursive: true });
  });

  it('is documented with the actual retry delays', () => {
    const units: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600 };
    const [, row = ''] = /^\| delay after the previous one \|(.*)\|$/m.exec(GUIDE) ?? [];
    const waits = row.split('|').map((cell) => /(\d+) (\w+)/.exec(cell));
    expect(waits.flatMap((wait) => (wait ? [Number(wait[1]) * (units[String(wait[2])] ?? 0)] : []))).toEqual([
      ...RETRY_DELAYS_SECONDS,
    ]);
  });
});
