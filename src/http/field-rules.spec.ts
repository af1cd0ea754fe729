import { type Body, HOSTILE_TO_TEXT, send } from '../../test/support/sent-fields';
import { IsAlongWith, IsRfc3339, IsText, MayBeAbsent, MayBeNull } from './field-rules';

class TextBody {
  @IsText(10)
  value!: unknown;
}
class DateBody {
  @IsRfc3339()
  value!: unknown;
}
class AbsentBody {
  @MayBeAbsent()
  @IsText(10)
  value?: unknown;
}
class NullBody {
  @MayBeNull()
  @IsText(10)
  value?: unknown;
}
class TogetherBody {
  @MayBeAbsent()
  @IsText(10)
  other?: unknown;

  @MayBeAbsent()
  @IsAlongWith('other')
  value?: unknown;
}

describe('a client sends text', () => {
  it.each(['a', 'ten chars.', 'Zürich', '日本', '👩‍🚀', ' x ', "'; --", '<b>'])(
    '%j: accepted as it is',
    async (value) => {
      expect(await send(TextBody, { value })).toEqual({ accepted: { value } });
    },
  );

  it.each([
    ...HOSTILE_TO_TEXT,
    ' ',
    '\t',
    'a\tb',
    '\u3000',
    'a\u2028b',
    'a\u2029b',
    'a\u0085',
    '\u007f',
    'eleven char',
    '👩👩👩👩👩👩',
  ])('%j: refused', async (value) => {
    expect(await send(TextBody, { value })).toEqual({ refused: ['/value'] });
  });
});

describe('a client sends a date', () => {
  it.each(['2027-01-31T12:00:00Z', '2028-02-29T23:59:59.999+14:00'])(
    '%j: accepted as it is',
    async (value) => {
      expect(await send(DateBody, { value })).toEqual({ accepted: { value } });
    },
  );

  it.each([
    ...HOSTILE_TO_TEXT,
    1_801_396_800_000,
    '1801396800000',
    '2027-01-31',
    '2027-01-31T12:00:00',
    '2027-02-30T00:00:00Z',
    '2027-01-31T12:00:61Z',
    'tomorrow',
    { $date: '2027-01-31T12:00:00Z' },
    ['2027-01-31T12:00:00Z'],
  ])('%j: refused', async (value) => {
    expect(await send(DateBody, { value })).toEqual({ refused: ['/value'] });
  });
});

describe('a client leaves a field out, or sends null', () => {
  it.each<[string, Body, object, object]>([
    ['left out where it may be', AbsentBody, {}, { accepted: {} }],
    ['null where it may only be left out', AbsentBody, { value: null }, { refused: ['/value'] }],
    ['left out where it may be null', NullBody, {}, { accepted: {} }],
    ['null where it may be', NullBody, { value: null }, { accepted: { value: null } }],
    ['wrong where it may be null', NullBody, { value: 1 }, { refused: ['/value'] }],
    ['left out where it is needed', TextBody, {}, { refused: ['/value'] }],
    [
      'with the one it needs beside it',
      TogetherBody,
      { value: 1, other: 'x' },
      { accepted: { value: 1, other: 'x' } },
    ],
    ['without the one it needs beside it', TogetherBody, { value: 1 }, { refused: ['/value'] }],
    ['left out together with the one it needs', TogetherBody, {}, { accepted: {} }],
  ])('%s', async (_sentence, body, given, outcome) => {
    expect(await send(body, given)).toEqual(outcome);
  });
});
