/** The claims of a person at the identity provider. */
export type PersonClaims = Readonly<Record<string, unknown>>;

/** The people who can sign in, by login. The login is also their `sub`. */
export const PEOPLE = {
  ada: {
    name: 'Ada Lovelace',
    email: 'ada@acme.example',
    email_verified: true,
    picture: 'https://id.example.com/ada.png',
    orgs: ['acme'],
    roles: ['member'],
  },
  grace: { name: 'Grace Hopper', email: 'grace@globex.example', email_verified: false, orgs: ['globex'] },
  olga: { name: 'Olga', orgs: [], roles: ['member', 'keyward-admin'] },
  nobody: {},
} as const satisfies Readonly<Record<string, PersonClaims>>;

export type Person = keyof typeof PEOPLE;
