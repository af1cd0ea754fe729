/**
 * Helpers for the tests of an application that uses Keyward, for Jest, Vitest, `node:test` and other runners. They work only if
 * `NODE_ENV` is `development` or `test`. Start with {@link KeywardTestingModule} and {@link issueTestKey}.
 *
 * @module keyward/testing
 */
export { apiKeyRepositoryContract, type RepositoryCase } from './testing/api-key-repository.contract';
export { KeywardTestingModule, type KeywardTestingOptions } from './testing/keyward-testing.module';
export { TestClock } from './testing/test-clock';
export { issueTestKey, revokeTestKey, type TestKey } from './testing/test-keys';
