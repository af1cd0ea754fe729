import { register } from 'prom-client';
import { startService, type TestService } from '../support/service';
import { startWebhookReceiver, type WebhookReceiver, webhookSecret } from '../support/webhook-receiver';
import { timed } from '../support/lateness';
import { eventually } from '../support/patience';

const QUEUE_AGE = /^keyward_webhook_queue_oldest_seconds ([\d.]+)$/m;
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n';

describe('a receiver', () => {
  let receiver: WebhookReceiver;
  let service: TestService;

  beforeEach(async () => {
    const secret = webhookSecret();
    receiver = await startWebhookReceiver(secret);
    service = await startService('memory', {
      WEBHOOK_URL: receiver.url,
      WEBHOOK_SECRETS: secret,
      WEBHOOK_ALLOW_PRIVATE: 'true',
    });
    await receiver.waitFor(({ data }) => data['keyId'] === service.root.key.id);
  });
  afterEach(async () => {
    await receiver.stop();
  });

  it('gets the next event after it answers 101 Switching Protocols, and does not delay shutdown [T83]', async () => {
    receiver.answerWith(({ socket }) => socket.write(SWITCHING));
    const { key: theirs } = await service.issue({ orgId: 'globex' });
    await receiver.waitFor(({ data }) => data['keyId'] === theirs.id);
    receiver.answerWith(undefined);
    const { key: ours } = await service.issue({ orgId: 'acme' });
    await receiver.waitFor(({ data }) => data['keyId'] === ours.id);
    const { ms } = await timed(async () => service.stop());
    expect(ms).toBeLessThan(5000);
  });

  it('makes the queue age metric rise while it does not answer [T84]', async () => {
    receiver.answerWith(() => undefined);
    const { key } = await service.issue({ orgId: 'acme' });
    await receiver.waitFor(({ data }) => data['keyId'] === key.id);
    await eventually(
      async () => Number(QUEUE_AGE.exec(await register.metrics())?.[1] ?? 0),
      (seconds) => seconds >= 2,
    );
    expect(receiver.received.filter(({ data }) => data['keyId'] === key.id)).toHaveLength(1);
    await service.stop();
  });
});
