import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

const ROOT = join(__dirname, '../../..');

/** The members of a service in `compose.yaml` that the tests check. */
export interface ComposeService {
  readonly image?: string;
  readonly user?: string;
  readonly build?: unknown;
  readonly command?: string | readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly restart?: string;
  readonly stop_grace_period?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly secrets?: readonly string[];
  readonly networks?: readonly string[] | Readonly<Record<string, { readonly ipv4_address?: string } | null>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

/** Returns the text of a file, by its path from the project's root. */
export async function projectFile(path: string): Promise<string> {
  return readFile(join(ROOT, path), 'utf8');
}

/** Returns `compose.yaml` with its anchors and merges resolved. */
export async function readCompose(): Promise<ComposeFile> {
  return parse(await projectFile('compose.yaml'), { merge: true }) as ComposeFile;
}

/** Returns the instructions of the Dockerfile in order, with continued lines joined. */
export async function readDockerfile(): Promise<readonly { readonly name: string; readonly rest: string }[]> {
  const text = (await projectFile('Dockerfile')).replaceAll(/\\\n/g, ' ');
  return text
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line))
    .map((line) => {
      const [name = ''] = line.split(' ');
      return { name, rest: line.slice(name.length).trim() };
    });
}
