import { UnsecuredJWT } from 'jose';
import { HeldReads, settled } from '../../../test/support/held-reads';
import { ScriptedFeed } from '../../../test/support/scripted-feed';
import { aUser } from '../../../test/support/user-fixtures';
import type { Clock } from '../../api-keys/ports/clock';
import type { User } from '../domain/user';
import type { UserRepository } from '../storage/user.repository';
import { OidcIssuer } from './oidc-issuer';
import { SessionAuthenticator } from './session.authenticator';
import { UserDisabledError } from './session.errors';

const ISSUER = 'https://id.acme.example';

let feed: ScriptedFeed;
let store: HeldReads<User>;
let sessions: SessionAuthenticator;
let user: User;

beforeEach(() => {
  user = aUser();
  jest.spyOn(OidcIssuer.prototype, 'verify').mockResolvedValue({ sub: user.subject });
  feed = new ScriptedFeed();
  feed.followsPrimary = true;
  store = new HeldReads();
  const users = {
    changes: feed,
    findBySubject: async (_issuer: string, subject: string, how: object) => store.load(subject, how),
    refresh: async () => undefined,
  };
  const clock: Clock = { now: () => user.lastLoginAt };
  sessions = new SessionAuthenticator(
    users as unknown as UserRepository,
    {
      storage: 'mongo',
      issuers: [{ issuer: ISSUER, audience: ['keyward'] }],
      freshness: { revocationBoundMs: 60_000 },
    },
    clock,
  );
});

afterEach(() => {
  jest.restoreAllMocks();
});

/** Sends a session, and waits until its user is read from the store. */
async function present(): Promise<{ readonly answer: Promise<unknown> }> {
  const begun = store.begun.length;
  const token = new UnsecuredJWT({}).setIssuer(ISSUER).encode();
  const answer = sessions.authenticate(token).catch((error: unknown) => error);
  for (let turn = 0; turn < 100 && store.begun.length === begun; turn += 1) await settled();
  return { answer };
}

const levels = (): readonly boolean[] => store.begun.map(({ linearizable }) => linearizable);

describe('the user of a session', () => {
  it('is read with a linearizable read while the feed does not prove the primary [T37]', async () => {
    const { answer } = await present();
    store.at(0).answer({ ...user, status: 'disabled' });
    expect(await answer).toBeInstanceOf(UserDisabledError);
    expect(levels()).toEqual([true]);
  });

  it('is read with a majority read while the feed proves the primary', async () => {
    feed.prove();
    const { answer } = await present();
    store.at(0).answer(user);
    expect(await answer).toMatchObject({ userId: user.id });
    expect(levels()).toEqual([false]);
  });

  it('is read again if the primary changes during the read', async () => {
    feed.prove();
    const { answer } = await present();
    feed.provenAt = -Infinity;
    feed.sayEverythingChanged();
    store.at(0).answer(user);
    for (let turn = 0; turn < 100 && store.begun.length === 1; turn += 1) await settled();
    store.at(1).answer({ ...user, status: 'disabled' });
    expect(await answer).toBeInstanceOf(UserDisabledError);
    expect(levels()).toEqual([false, true]);
  });
});
