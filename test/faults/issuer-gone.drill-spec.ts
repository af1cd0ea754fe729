import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type DrillInstance,
  RECOVERED_WITHIN_MS,
  REFUSED_WITHIN_MS,
  startDrillInstance,
} from '../support/drills/drill-instance';
import { reportDrill } from '../support/drills/drill-report';
import { furnishTwoTenants, refusalIn, type TwoTenants } from '../support/drills/question';
import { SteadyLoad } from '../support/drills/steady-load';
import type { HttpAnswer } from '../support/http-client';
import { AUDIENCE, IdentityProvider } from '../support/identity-provider';
import { timed } from '../support/lateness';
import { eventuallyIs } from '../support/patience';
import { SigningKey } from '../support/identity-provider/signing-key';
import { makeRootKey } from '../support/integration/keyward';
import { type MongoServer, startMongoServer } from '../support/mongo-server';
import { withDatabase } from '../support/mongo-server/uri';

/** Longer than the pause after a failed request to the issuer, so that the issuer is asked repeatedly. */
const OUTAGE_MS = 7000;
const KEYS = '/v1/api-keys';
const UNAVAILABLE = '503 issuer_unavailable';
const PEOPLE = [
  ['ada', 'acme', 'globex'],
  ['grace', 'globex', 'acme'],
] as const;

type Who = (typeof PEOPLE)[number][0];

describe('an unreachable identity provider, with one instance that knows its keys and one that does not,', () => {
  let mongo: MongoServer;
  let provider: IdentityProvider;
  let environment: Readonly<Record<string, string>>;
  let knowing: DrillInstance;
  let fresh: DrillInstance | undefined;
  let root: string;
  let tenants: TwoTenants;
  let load: SteadyLoad | undefined;

  beforeAll(async () => {
    [mongo, provider] = await Promise.all([startMongoServer({ own: true }), IdentityProvider.start()]);
    const uri = withDatabase(mongo.uri, `drill_${randomUUID()}`);
    root = await makeRootKey(uri);
    environment = {
      MONGODB_URI: uri,
      OIDC_ISSUER: provider.issuer,
      OIDC_AUDIENCE: AUDIENCE,
      OIDC_ORG_CLAIM: 'orgs',
      USER_GRANTABLE_SCOPES: 'memory:*',
    };
    knowing = await startDrillInstance(environment);
    tenants = await furnishTwoTenants(knowing.as(root));
  });

  afterEach(async () => load?.stop());

  afterAll(async () => {
    await Promise.all([knowing.stop(), fresh?.stop()]);
    await provider.stop();
    await mongo.stop();
  });

  it('blocks only sessions whose signing keys an instance does not know, until it is back', async () => {
    const known = sessionsOf((claims) => provider.sign(claims));
    const forger = new SigningKey();
    const forged = sessionsOf((claims) =>
      forger.sign(provider.claims(claims), { kid: provider.signingKey.kid }),
    );
    const made: string[] = [];
    let wrongAdmissions = 0;
    /** Creates a key in the own tenant, and tries to create one in the other tenant and to see that tenant's keys. */
    const work = async (instance: DrillInstance): Promise<void> => {
      for (const [who, own, other] of PEOPLE) {
        const person = instance.as(known[who]);
        const [mine, foreign, seen] = [
          await person.post(KEYS, { name: own, scopes: ['memory:read'], orgId: own }),
          await person.post(KEYS, { name: other, scopes: ['memory:read'], orgId: other }),
          await person.get(KEYS),
        ];
        expect([mine.status, foreign.status, seen.status]).toEqual([201, 403, 200]);
        made.push(String(mine.body['token']));
        const orgs = (seen.body['data'] as readonly { readonly orgId: string }[]).map(({ orgId }) => orgId);
        if (foreign.status < 300 || orgs.includes(other)) wrongAdmissions += 1;
      }
    };
    await work(knowing);
    load = new SteadyLoad(knowing, tenants.questions, root);
    await load.allRightSince(performance.now(), RECOVERED_WITHIN_MS);
    await provider.rotateKeys();
    const unknown = sessionsOf((claims) => provider.sign(claims));

    const leftAt = performance.now();
    await provider.stop();
    fresh = await startDrillInstance(environment);
    const refused: Record<string, number> = {};
    let slowestMs = 0;
    const refusalOf = async (answer: Promise<HttpAnswer>): Promise<string> => {
      const { result: seen, ms } = await timed(async () => answer);
      slowestMs = Math.max(slowestMs, ms);
      if (seen.status < 300) wrongAdmissions += 1;
      const refusal = refusalIn(seen);
      refused[refusal] = (refused[refusal] ?? 0) + 1;
      return refusal;
    };
    do {
      await work(knowing);
      for (const [who] of PEOPLE) {
        for (const session of [unknown[who], forged[who]]) {
          expect(await refusalOf(knowing.as(session).get(KEYS))).toBe('401 invalid_session');
        }
        for (const session of [known[who], unknown[who], forged[who]]) {
          expect(await refusalOf(fresh.as(session).get(KEYS))).toBe(UNAVAILABLE);
        }
      }
      for (const { token } of tenants.keys) {
        expect((await fresh.as(token).get('/v1/api-keys/self')).status).toBe(200);
      }
      await pause(200);
    } while (performance.now() < leftAt + OUTAGE_MS);
    const curedAt = performance.now();
    await provider.startAgain();
    const backAt = performance.now();

    const untilBelieved = async (instance: DrillInstance): Promise<number> => {
      await eventuallyIs(async () => (await instance.as(unknown.ada).get(KEYS)).status, 200);
      return performance.now() - backAt;
    };
    const freshMs = await untilBelieved(fresh);
    const knowingMs = await untilBelieved(knowing);
    for (const instance of [knowing, fresh]) {
      expect((await instance.as(unknown.grace).get(KEYS)).status).toBe(200);
      for (const session of [known.ada, known.grace, forged.ada, forged.grace]) {
        const answer = await instance.as(session).get(KEYS);
        if (answer.status < 300) wrongAdmissions += 1;
        expect(refusalIn(answer)).toBe('401 invalid_session');
      }
      for (const token of made) expect((await instance.as(token).get('/v1/api-keys/self')).status).toBe(200);
    }
    await load.stop();

    reportDrill({
      drill: 'issuer gone',
      outageMs: curedAt - leftAt,
      requests: load.answers.length,
      wrongAdmissions: wrongAdmissions + load.wrongAdmissions,
      refused,
      slowestRefusalMs: slowestMs,
      acknowledgedWrites: made.length,
      unacknowledgedWrites: 0,
      lostWrites: 0,
      recoveryMs: Math.max(freshMs, knowingMs),
    });
    expect(wrongAdmissions).toBe(0);
    expect(load.wrong).toEqual([]);
    expect(load.unexcused).toEqual([]);
    expect(slowestMs).toBeLessThan(REFUSED_WITHIN_MS);
  });
});

function sessionsOf(sign: (claims: Readonly<Record<string, unknown>>) => string): Record<Who, string> {
  return {
    ada: sign({ sub: 'ada', orgs: ['acme'] }),
    grace: sign({ sub: 'grace', orgs: ['globex'] }),
  };
}
