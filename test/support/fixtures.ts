export * from '../../src/testing/contract/key-fixtures';
