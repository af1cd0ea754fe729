const base = {
  rootDir: __dirname,
  testEnvironment: 'node',
  transform: {
    '^.+\\.(t|j)s$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          keepClassNames: true,
          target: 'es2022',
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  transformIgnorePatterns: [
    '/node_modules/(?!(.*/node_modules/)?(@nestjs|mercurius|quick-lru|content-disposition|cookie|jose|oauth4webapi|openid-client)/)',
  ],
  moduleNameMapper: {
    '^keyward$': '<rootDir>/src/index.ts',
    '^keyward/testing$': '<rootDir>/src/testing.ts',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.stryker-tmp/', '<rootDir>/samples/.*/dist/'],
};

/** Packages of which the sources and the tests must load the same copy. */
const SHARED_WITH_NEST = '@nestjs/.*|class-transformer|class-validator|mongoose|reflect-metadata|rxjs';

const withMongo = {
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

module.exports = {
  coverageDirectory: 'coverage',
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/api-keys/{domain,access,verification}/**/*.ts', '!src/**/*.spec.ts'],
  coverageThreshold: {
    './src/api-keys/domain/': { lines: 95, branches: 95 },
    './src/api-keys/access/': { lines: 95, branches: 95 },
  },
  // Only ends tests that hang, even on slow machines: a test that waits for a condition gives up earlier.
  testTimeout: 180_000,
  // Most suites wait for servers, so one worker would leave the processor idle.
  maxWorkers: 2,
  // A large heap makes every garbage collection slow.
  workerIdleMemoryLimit: '500MB',
  testSequencer: '<rootDir>/test/support/heap-first.cjs',
  reporters: ['<rootDir>/scripts/drills-table.cjs', 'default', '<rootDir>/scripts/closing-line.cjs'],
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/src/**/*.spec.ts'],
      testPathIgnorePatterns: ['\\.slow\\.spec\\.ts$'],
    },
    // Measures heaps and takes many random samples: seconds for each suite.
    { ...base, displayName: 'slow', testMatch: ['<rootDir>/src/**/*.slow.spec.ts'] },
    { ...base, ...withMongo, displayName: 'contract', testMatch: ['<rootDir>/test/contract/**/*.spec.ts'] },
    {
      ...base,
      ...withMongo,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/e2e/**/*.e2e-spec.ts', '<rootDir>/samples/**/*.e2e-spec.ts'],
    },
    // Real proxies, Redis and a browser. Run by `npm run test:integration`, not by `npm test`.
    {
      ...base,
      ...withMongo,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/integration/**/*.integration-spec.ts'],
    },
    // On Nest 11 and Mongoose 8, from the folder that scripts/integration.sh installs. Run by `npm run test:integration`.
    {
      ...base,
      displayName: 'nest-11',
      setupFiles: ['<rootDir>/test/support/nest-11/require-nest-11.cjs'],
      testMatch: [
        '<rootDir>/test/e2e/{gateways-nest-11,graphql,graphql-subscriptions,hostile-host,module-optional-packages}.e2e-spec.ts',
      ],
      moduleNameMapper: {
        ...base.moduleNameMapper,
        [`^(${SHARED_WITH_NEST})$`]: `${process.env.NEST_11_MODULES ?? 'run npm run test:integration'}/$1`,
      },
    },
    // Faults and freshness under load, with their own processes and servers. Run by `npm run test:faults`, one after
    // the other.
    {
      ...base,
      ...withMongo,
      displayName: 'faults',
      testMatch: ['<rootDir>/test/faults/**/*.{fault,drill}-spec.ts'],
    },
  ],
};
