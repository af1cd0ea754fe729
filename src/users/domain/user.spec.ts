import { foldUsername, profileDiffers, type UserProfile } from './user';

describe('a username', () => {
  it.each([
    ['ada', 'ada'],
    ['ADA', 'ada'],
    ['Ada.Lovelace-2_x', 'ada.lovelace-2_x'],
    ['7', '7'],
    ['a--b', 'a--b'],
    ['A'.repeat(39), 'a'.repeat(39)],
  ])('%s is kept as %s', (text, folded) => {
    expect(foldUsername(text)).toBe(folded);
  });

  it('stays the same when it is folded again', () => {
    const folded = foldUsername('Ada.LOVELACE') ?? '';
    expect(foldUsername(folded)).toBe(folded);
  });

  it.each([
    ['empty', ''],
    ['40 characters long', 'a'.repeat(40)],
    ['begun with a dot', '.ada'],
    ['ended with an underscore', 'ada_'],
    ['a hyphen alone', '-'],
    ['with a space', 'ada lovelace'],
    ['with a line break behind', 'ada\n'],
    ['with an at sign', 'ada@acme'],
    ['with a Turkish capital', 'İda'],
    ['with a Cyrillic letter', 'аda'],
    ['with full-width letters', 'ａda'],
    ['with half a character', 'ada\ud800'],
  ])('that is %s is none', (_what, text) => {
    expect(foldUsername(text)).toBeUndefined();
  });

  it('is ASCII, whatever it was folded from', () => {
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

  it('that is said again differs in nothing', () => {
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
  ])('differs in %j', (said) => {
    expect(profileDiffers(kept, { ...kept, ...said })).toBe(true);
    expect(profileDiffers({ ...kept, ...said }, kept)).toBe(true);
  });
});
