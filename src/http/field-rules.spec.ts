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

describe('a text field', () => {
  it.each(['a', 'ten chars.', 'Zürich', '日本', '👩‍🚀', ' x ', "'; --", '<b>'])(
    'accepts %j unchanged',
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
  ])('rejects %j', async (value) => {
    expect(await send(TextBody, { value })).toEqual({ refused: ['/value'] });
  });
});

describe('a date field', () => {
  it.each(['2027-01-31T12:00:00Z', '2028-02-29T23:59:59.999+14:00'])(
    'accepts %j unchanged',
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
  ])('rejects %j', async (value) => {
    expect(await send(DateBody, { value })).toEqual({ refused: ['/value'] });
  });
});

describe('a field that is absent or null', () => {
  it.each<[string, Body, object, object]>([
    ['is accepted if absent and optional', AbsentBody, {}, { accepted: {} }],
    ['is rejected if null and only optional', AbsentBody, { value: null }, { refused: ['/value'] }],
    ['is accepted if absent and nullable', NullBody, {}, { accepted: {} }],
    ['is accepted if null and nullable', NullBody, { value: null }, { accepted: { value: null } }],
    ['is rejected if invalid, although nullable', NullBody, { value: 1 }, { refused: ['/value'] }],
    ['is rejected if absent and required', TextBody, {}, { refused: ['/value'] }],
    [
      'is accepted together with the field that it requires',
      TogetherBody,
      { value: 1, other: 'x' },
      { accepted: { value: 1, other: 'x' } },
    ],
    ['is rejected without the field that it requires', TogetherBody, { value: 1 }, { refused: ['/value'] }],
    ['is accepted if absent together with the field that it requires', TogetherBody, {}, { accepted: {} }],
  ])('%s', async (_sentence, body, given, outcome) => {
    expect(await send(body, given)).toEqual(outcome);
  });
});
