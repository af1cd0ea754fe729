import type { LookupAddress } from 'node:dns';
import { guardedLookup, type LookupAll, RefusedAddressError } from './guarded-lookup';

const PUBLIC = { address: '93.184.215.14', family: 4 };
const PRIVATE = { address: '10.0.0.1', family: 4 };

const answering =
  (...addresses: readonly LookupAddress[]): LookupAll =>
  (_hostname, _options, callback) =>
    callback(null, [...addresses]);

const failing: LookupAll = (_hostname, _options, callback) =>
  callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []);

async function look(lookupAll: LookupAll, all: boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    guardedLookup(lookupAll)('hooks.example', { all }, (error, address, family) => {
      if (error !== null) reject(error);
      else resolve(all ? address : [address, family]);
    });
  });
}

describe('the guarded lookup', () => {
  it('returns the addresses of a public name', async () => {
    await expect(look(answering(PUBLIC), true)).resolves.toEqual([PUBLIC]);
    await expect(look(answering(PUBLIC), false)).resolves.toEqual([PUBLIC.address, 4]);
  });

  it.each([true, false])(
    'rejects a name if any of its addresses is not public (option all: %s)',
    async (all) => {
      for (const addresses of [[PRIVATE], [PUBLIC, PRIVATE], [PRIVATE, PUBLIC]]) {
        await expect(look(answering(...addresses), all)).rejects.toThrow(RefusedAddressError);
      }
    },
  );

  it('rejects a name without addresses', async () => {
    await expect(look(answering(), true)).rejects.toThrow(RefusedAddressError);
  });

  it('returns the error of a failed lookup', async () => {
    await expect(look(failing, true)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('checks the addresses again on each lookup', async () => {
    const answers = [[PUBLIC], [PRIVATE]];
    const rebinding: LookupAll = (_hostname, _options, callback) => callback(null, answers.shift() ?? []);
    await expect(look(rebinding, true)).resolves.toEqual([PUBLIC]);
    await expect(look(rebinding, true)).rejects.toThrow(RefusedAddressError);
  });
});
