import { fitTexts } from './record-texts';

const TOO_LONG = 'is longer than';

describe('the texts of an imported record', () => {
  it('stay unchanged if they are valid', () => {
    const record = { name: 'reader', description: 'reads', scopes: [] };
    expect(fitTexts(record)).toEqual({ record, warnings: [] });
  });

  it('are shortened with a warning if they are too long', () => {
    const { record, warnings } = fitTexts({ name: 'n'.repeat(120), description: 'd'.repeat(501) });
    expect(record).toEqual({ name: 'n'.repeat(100), description: 'd'.repeat(500) });
    expect(warnings).toEqual([
      `name ${TOO_LONG} 100 characters: shortened`,
      `description ${TOO_LONG} 500 characters: shortened`,
    ]);
  });

  it('are not cut within a character', () => {
    const { record } = fitTexts({ name: `${'n'.repeat(99)}😀` });
    expect(record).toEqual({ name: 'n'.repeat(99) });
  });

  it('contain no control characters and no unpaired surrogates', () => {
    const { record, warnings } = fitTexts({ name: ' a\r\n\u0000b\u2028c\ud800 ', description: '\n' });
    expect([record, warnings]).toEqual([{ name: 'a b c\ufffd' }, []]);
  });

  it.each([undefined, '', '  ', '\n'])('get the default name if the name is %j', (name) => {
    expect(fitTexts({ name, scopes: [] })).toEqual({
      record: { name: 'imported key', scopes: [] },
      warnings: ['without a name: named "imported key"'],
    });
  });

  it.each([42, ['n'], {}])(
    'stay unchanged if the name is not text, so that the import rejects it: %j',
    (name) => {
      expect(fitTexts({ name })).toEqual({ record: { name }, warnings: [] });
    },
  );

  it.each([null, 'acme', ['acme']])('are not added to a value that is not a record: %j', (record) => {
    expect(fitTexts(record)).toEqual({ record, warnings: [] });
  });
});
