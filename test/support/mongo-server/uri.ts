const PARTS = /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/;

interface UriParts {
  /**
   * The part of a connection string before the database. `URL` cannot parse it, because it may contain several hosts.
   */
  readonly authority: string;
  readonly database: string;
  readonly options: string;
}

function split(uri: string): UriParts {
  const [, authority, database = '', options = ''] = PARTS.exec(uri) ?? [];
  if (authority === undefined) throw new Error('This is not a MongoDB connection string');
  return { authority, database, options };
}

function join({ authority, database, options }: UriParts): string {
  return `${authority}/${database}${options === '' ? '' : `?${options}`}`;
}

export function withDatabase(uri: string, database: string): string {
  return join({ ...split(uri), database });
}

export function withoutDatabase(uri: string): string {
  const { authority, database, options } = split(uri);
  const said = new URLSearchParams(options);
  // The driver looks up credentials in the named database, so another name would not find them.
  if (authority.includes('@') && !said.has('authSource') && !said.has('authMechanism')) {
    said.set('authSource', database === '' ? 'admin' : decodeURIComponent(database));
    return join({ authority, database: '', options: said.toString() });
  }
  return join({ authority, database: '', options });
}
