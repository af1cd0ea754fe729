import { startKeywardInMemory } from '../support/integration/keyward';
import { startTlsFront, type TlsFront } from '../support/integration/tls-front';
import { startWebhookReceiver, type WebhookReceiver, webhookSecret } from '../support/webhook-receiver';
import { eventually } from '../support/patience';

const FAILED = /^keyward_webhook_deliveries_total\{outcome="failed"\} [1-9]/m;

describe('a receiver behind TLS', () => {
  const secret = webhookSecret();
  let receiver: WebhookReceiver;
  let front: TlsFront;
  let settings: Readonly<Record<string, string>>;

  beforeAll(async () => {
    receiver = await startWebhookReceiver(secret);
    front = await startTlsFront(new URL(receiver.url).host);
    settings = { WEBHOOK_URL: `${front.url}/hooks`, WEBHOOK_SECRETS: secret, WEBHOOK_ALLOW_PRIVATE: 'true' };
  });
  afterAll(async () => {
    await front.stop();
    await receiver.stop();
  });

  it('gets messages if its certificate is trusted', async () => {
    const keyward = await startKeywardInMemory({ ...settings, NODE_EXTRA_CA_CERTS: front.authority });
    const { id } = await keyward.issue({ scopes: [], orgId: 'acme' });
    await receiver.waitFor((message) => message.id === `${id}-1`);
    expect(receiver.refused).toEqual([]);
    await keyward.stop();
  });

  it('gets nothing if its certificate is not trusted, and the metrics count the failure', async () => {
    const keyward = await startKeywardInMemory(settings);
    const { id } = await keyward.issue({ scopes: [], orgId: 'globex' });
    await eventually(
      async () => (await keyward.as().get('/metrics')).text,
      (text) => FAILED.test(text),
    );
    expect(receiver.received.filter(({ data }) => data['keyId'] === id)).toEqual([]);
    await keyward.stop();
  });
});
