import { Suspension } from '../../mongo-server/suspension';
import { timed } from '../../lateness';
import { eventuallyIs } from '../../patience';
import { bearer } from './guarded-site';
import { ACME, expectRefused, type ProxyTest, type ProxyTraits } from './proxy-test';
import { send } from './send';

/** Defines tests with a mistake in the proxy's configuration, and with an outage of Keyward. */
export function itFailsClosed(test: () => ProxyTest, traits: ProxyTraits): void {
  it.each([
    ['scope=report:read', 'scpoe=report:read'],
    ['scope=report:read', 'scope=report:*'],
    ['scope=report:read', 'scope='],
    ['scope=report:read', 'scope=report:read&orgs=acme'],
    ['scope=report:read', ''],
    ['authenticated=1', 'authenticated=true'],
  ])(
    'rejects even a root key with 403 after "%s" in the configuration is replaced with "%s" [T57]',
    async (right, slip) => {
      const { site } = test();
      const path = right === 'authenticated=1' ? '/whoami' : '/reports/all';
      await site.withSlip({ [right]: slip === '' ? '""' : slip }, async (url) => {
        await expectRefused(site, 403, async () =>
          send(url, { path, lines: [bearer(site.keyward.rootToken)] }),
        );
      });
    },
  );

  it('rejects requests within 8 s while Keyward hangs, and allows them again afterwards', async () => {
    const { site, acmeReader } = test();
    const suspension = new Suspension(site.keyward.pid);
    suspension.begin();
    try {
      const { ms } = await timed(async () =>
        expectRefused(site, traits.hanging, async () => site.as(acmeReader, ACME)),
      );
      expect(ms).toBeLessThan(8000);
    } finally {
      suspension.end();
    }
    await eventuallyIs(async () => (await site.as(acmeReader, ACME)).status, 200);
  });

  it('rejects requests while Keyward is down, and allows them again afterwards', async () => {
    const { site, acmeReader, globexReader } = test();
    await site.keyward.stop();
    await expectRefused(site, traits.away, async () => site.as(acmeReader, ACME));
    await expectRefused(site, traits.away, async () => site.request({ path: ACME }));
    await site.startKeywardAgain();
    await eventuallyIs(async () => (await site.as(acmeReader, ACME)).status, 200);
    await expectRefused(site, 403, async () => site.as(globexReader, ACME));
  });
}
