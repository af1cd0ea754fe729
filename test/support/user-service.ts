import type { JWTPayload } from 'jose';
import { USER_REPOSITORY, type UserRepository } from '../../src/users/storage/user.repository';
import type { HttpAnswer, HttpClient, JsonObject } from './http-client';
import { startService, type TestService } from './service';
import { startUserIssuer, type UserIssuer } from './user-issuer';

export const STORAGES = ['memory', 'mongo'] as const;

/** A person who has signed in. */
export interface Person {
  readonly id: string;
  readonly subject: string;
  readonly client: HttpClient;
}

/** The id and the token of a new key. */
export interface MadeKey {
  readonly id: string;
  readonly token: string;
}

/** The service with an identity provider, at which people can sign in. */
export interface PeopleService extends TestService {
  readonly issuer: UserIssuer;
  readonly users: UserRepository;
  /** Signs a person in. Without a `sub` in the claims, this is a new person. */
  signIn(claims?: JWTPayload): Promise<Person>;
  signInAdministrator(): Promise<Person>;
}

let people = 0;

/**
 * Starts the service and its identity provider. People can grant `memory:*`. The claim `orgs` lists their
 * organisations.
 */
export async function startPeopleService(
  storage: (typeof STORAGES)[number],
  environment: Readonly<Record<string, string>> = {},
): Promise<PeopleService> {
  const issuer = await startUserIssuer();
  const service = await startService(storage, {
    ...issuer.environment,
    USER_GRANTABLE_SCOPES: 'memory:*',
    FAILED_CREDENTIALS_PER_MINUTE: '100000',
    ...environment,
  });
  const signIn = async (claims: JWTPayload = {}): Promise<Person> => {
    people += 1;
    const subject = claims.sub ?? `person-${people}`;
    const client = service.as(await issuer.sign({ sub: subject, ...claims }));
    const me = await client.get('/v1/users/me');
    if (me.status !== 200) throw new Error(`${subject} could not sign in: ${me.status} ${me.text}`);
    return { id: textIn(me.body, 'id'), subject, client };
  };
  return {
    ...service,
    issuer,
    users: service.app.get<UserRepository>(USER_REPOSITORY),
    signIn,
    signInAdministrator: async () => signIn({ roles: ['admin'] }),
    stop: async () => {
      await service.stop();
      await issuer.stop();
    },
  };
}

/** Returns a function like {@link startPeopleService}. The services that it starts are stopped after each test. */
export function startedInTests(): typeof startPeopleService {
  const started: PeopleService[] = [];
  afterEach(async () => {
    for (const service of started.splice(0)) await service.stop();
  });
  return async (storage, environment) => {
    const service = await startPeopleService(storage, environment);
    started.push(service);
    return service;
  };
}

/** Creates a key over HTTP. Throws if that fails. */
export async function makeKey(client: HttpClient, body: JsonObject = {}): Promise<MadeKey> {
  const answer = await client.post('/v1/api-keys', { name: 'made', scopes: ['memory:read'], ...body });
  if (answer.status !== 201) throw new Error(`creating a key failed: ${answer.status} ${answer.text}`);
  return { id: textIn(answer.body, 'id'), token: textIn(answer.body, 'token') };
}

/** Returns the status and the problem code of an answer. */
export function verdictOf({ status, body }: HttpAnswer): readonly [number, unknown] {
  return [status, body['code']];
}

/** Returns the items on a page of a list. */
export function pageIn({ body }: HttpAnswer): readonly JsonObject[] {
  return (body['data'] ?? []) as readonly JsonObject[];
}

export function textIn(body: JsonObject, name: string): string {
  const value = body[name];
  if (typeof value !== 'string') throw new Error(`there is no string "${name}" in ${JSON.stringify(body)}`);
  return value;
}
