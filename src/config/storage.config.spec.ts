import { ConfigurationError } from '../problems/configuration.error';
import { assertVolatilePermit, type Durability, StorageConfig } from './storage.config';

const storage = new StorageConfig();
const before = process.env['NODE_ENV'];

/** Sets `NODE_ENV`. `undefined` deletes it, because an assignment would set the string "undefined". */
function runIn(environment: string | undefined): void {
  if (environment === undefined) delete process.env['NODE_ENV'];
  else process.env['NODE_ENV'] = environment;
}

afterEach(() => runIn(before));

const REFUSED = [
  'production',
  'prod',
  'Production',
  'staging',
  '',
  undefined,
  'Development',
  'DEVELOPMENT',
  'dev',
  'developement',
  'development ',
  ' development',
  'development\n',
  'test ',
  'Test',
  'testing',
  'test,production',
  'undefined',
  'null',
  '__proto__',
];
const PERMITTED = ['development', 'test'];

/** A host's own store with this durability. */
const foreign = (durability?: unknown): { durability?: Durability } =>
  (durability === undefined ? {} : { durability }) as { durability?: Durability };

describe.each(REFUSED)('with NODE_ENV=%j', (environment) => {
  beforeEach(() => runIn(environment));

  it('memory storage is rejected with an error that names the fix', () => {
    const shown = environment === undefined ? 'unset' : JSON.stringify(environment);
    expect(() => storage.permitVolatile('memory storage of API keys')).toThrow(
      new ConfigurationError(
        'memory storage of API keys would lose every record when the process ends, which is allowed only if ' +
          `NODE_ENV is exactly "development" or "test" (it is ${shown}): ` +
          'use MongoDB (MONGODB_URI) or another durable store, or set NODE_ENV=development for a first try.',
      ),
    );
  });

  it('a test helper is rejected with an error that names the fix', () => {
    const shown = environment === undefined ? 'unset' : JSON.stringify(environment);
    expect(() => storage.permitTesting('a test clock')).toThrow(
      new ConfigurationError(
        'a test clock is for tests, and is allowed only if NODE_ENV is exactly "development" or "test" ' +
          `(it is ${shown}): set NODE_ENV=test in your tests.`,
      ),
    );
  });

  it.each(['volatile', undefined, null, '', 'Durable', 'durable ', true, ['durable']])(
    'a custom store with durability %j is rejected',
    (durability) => {
      expect(() => storage.admit(foreign(durability), 'the store of acme')).toThrow(ConfigurationError);
    },
  );

  it('a durable custom store is accepted', () => {
    const store = foreign('durable');
    expect(storage.admit(store, 'the store of acme')).toBe(store);
  });
});

describe.each(PERMITTED)('with NODE_ENV=%j', (environment) => {
  beforeEach(() => runIn(environment));

  it('memory storage is allowed', () => {
    expect(() => assertVolatilePermit(storage.permitVolatile('memory storage'))).not.toThrow();
  });

  it('a test helper is allowed', () => {
    expect(() => storage.permitTesting('a test clock')).not.toThrow();
  });

  it.each(['durable', 'volatile', undefined])(
    'a custom store with durability %j is accepted',
    (durability) => {
      const store = foreign(durability);
      expect(storage.admit(store, 'the store of acme')).toBe(store);
    },
  );
});

describe('NODE_ENV', () => {
  it('is read again on each call', () => {
    runIn('test');
    storage.permitVolatile('memory storage');
    runIn('production');
    expect(() => storage.permitVolatile('memory storage')).toThrow(ConfigurationError);
  });
});

describe('a permit for volatile storage', () => {
  beforeEach(() => runIn('test'));

  it('cannot be forged [T32]', () => {
    const genuine = storage.permitVolatile('memory storage');
    const forged = [
      { storage: 'volatile' } as const,
      { ...genuine },
      structuredClone(genuine),
      Object.freeze(Object.create(genuine)) as unknown,
      new Proxy(genuine, {}),
      null,
      undefined,
      'volatile',
    ];
    for (const permit of forged) {
      expect(() => assertVolatilePermit(permit as typeof genuine)).toThrow(ConfigurationError);
    }
    expect(() => assertVolatilePermit(genuine)).not.toThrow();
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(storage.permitVolatile('memory storage'))).toBe(true);
  });
});
