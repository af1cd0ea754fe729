import { runInNewContext } from 'node:vm';
import { ifInstalled } from './if-installed';

const missing = (name: string): Error =>
  Object.assign(new Error(`Cannot find module '${name}'\nRequire stack:\n- prom-client`), {
    code: 'MODULE_NOT_FOUND',
  });

function failing(error: unknown): () => never {
  return () => {
    throw error;
  };
}

describe('ifInstalled', () => {
  it('returns the package', () => {
    expect(ifInstalled('prom-client', () => 'the package')).toBe('the package');
  });

  it('returns undefined if the package is missing', () => {
    expect(ifInstalled('prom-client', failing(missing('prom-client')))).toBeUndefined();
  });

  it('returns undefined if the error is of another realm, as in a test that Jest runs', () => {
    const error: unknown = runInNewContext(
      `Object.assign(new Error("Cannot find module 'prom-client' from 'x.js'"), { code: 'MODULE_NOT_FOUND' })`,
    );
    expect(error).not.toBeInstanceOf(Error);
    expect(ifInstalled('prom-client', failing(error))).toBeUndefined();
  });

  it.each([
    ['a dependency of the package is missing', missing('tdigest')],
    ['the package fails', new Error('Cannot find module prom-client')],
    ['the error is no Error', { code: 'MODULE_NOT_FOUND', message: "Cannot find module 'prom-client'" }],
  ])('throws the error if %s', (_when, error) => {
    let thrown: unknown;
    try {
      ifInstalled('prom-client', failing(error));
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toBe(error);
  });
});
