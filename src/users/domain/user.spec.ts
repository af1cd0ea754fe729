import { foldUsername, profileDiffers, type UserProfile } from './user';

describe('a username', () => {
  it.each([
    ['ada', 'ada'],
    ['ADA', 'ada'],
    ['Ada.Lovelace-2_x', 'ada.lovelace-2_x'],
    ['7', '7'],
    ['a--b', 'a--b'],
    ['A'.repeat(39), 'a'.repeat(39)],
  ])('written as %s is stored as %s', (text, folded) => {
    expect(foldUsername(text)).toBe(folded);
  });

  it('stays the same when it is converted again', () => {
    const folded = foldUsername('Ada.LOVELACE') ?? '';
    expect(foldUsername(folded)).toBe(folded);
  });

  it.each([
    ['empty', ''],
    ['40 characters long', 'a'.repeat(40)],
    ['preceded by a dot', '.ada'],
    ['followed by an underscore', 'ada_'],
    ['only a hyphen', '-'],
    ['written with a space', 'ada lovelace'],
    ['followed by a line break', 'ada\n'],
    ['written with an at sign', 'ada@acme'],
    ['written with a Turkish capital', 'İda'],
    ['written with a Cyrillic letter', 'аda'],
    ['written with full-width letters', 'ａda'],
    ['written with an unpaired surrogate', 'ada\ud800'],
  ])('is invalid if it is %s', (_what, text) => {
    expect(foldUsername(text)).toBeUndefined();
  });

  it('contains only ASCII characters after its conversion', () => {
    const all = Array.from({ length: 0x1_00_00 }, (_, code) => foldUsername(String.fromCharCode(code)));
    expect(new Set(all.filter((folded) => folded !== undefined))).toEqual(
      new Set('abcdefghijklmnopqrstuvwxyz0123456789'),
    );
  });
});

describe('a profile', () => {
  const kept: UserProfile = {
    email: 'ada@acme.example',
    emailVerified: true,
    name: 'Ada',
    picture: 'https://p',
  };

  it('does not differ from an equal profile', () => {
    expect(profileDiffers(kept, { ...kept })).toBe(false);
    expect(profileDiffers({ emailVerified: false }, { emailVerified: false, name: undefined })).toBe(false);
  });

  it.each<Partial<UserProfile>>([
    { email: 'ada@globex.example' },
    { email: undefined },
    { emailVerified: false },
    { name: 'ada' },
    { name: undefined },
    { picture: 'https://q' },
    { picture: undefined },
  ])('differs from a profile with %j', (said) => {
    expect(profileDiffers(kept, { ...kept, ...said })).toBe(true);
    expect(profileDiffers({ ...kept, ...said }, kept)).toBe(true);
  });
});
