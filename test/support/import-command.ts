import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiKeyWithHistory } from 'keyward';
import { foreignKeyId } from '../../src/api-keys/domain/token/foreign-token';
import { runNode } from './node-process';
import { startService, type TestService } from './service';
import { storedKey } from './stored-key';
import { testDatabaseUri } from './test-database';

/** The exit code and the output of `keyward import`. */
export interface Ran {
  readonly code: number | null;
  /** The lines of its standard output. */
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** Runs `keyward import` on the database of a running service. */
export interface ImportBench {
  readonly service: TestService;
  readonly folder: string;
  /** Writes documents to a file and imports it. A string is written as a line without change. */
  importFile(documents: readonly unknown[], environment?: Readonly<Record<string, string>>): Promise<Ran>;
  /** Imports documents with command-line options. */
  importWith(options: readonly string[], documents: readonly unknown[]): Promise<Ran>;
  run(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Ran>;
  /** Returns the stored key that was imported with this hash. */
  keyOf(foreign: { readonly hash: string }): Promise<ApiKeyWithHistory>;
  stop(): Promise<void>;
}

/** @param prefixes the prefixes of the other system's tokens */
export async function startImportBench(prefixes = 'xm_'): Promise<ImportBench> {
  const own = { MONGODB_URI: testDatabaseUri('import'), IMPORT_TOKEN_PREFIXES: prefixes };
  const service = await startService('mongo', own);
  const folder = await mkdtemp(join(tmpdir(), 'keyward-import-'));
  const run: ImportBench['run'] = async (args, environment = {}) => {
    const cli = runNode(['dist/cli.js', ...args], { ...own, ...environment });
    const code = await cli.exited();
    return { code, lines: cli.stdout().split('\n').slice(0, -1), stderr: cli.stderr() };
  };
  const importing = async (
    options: readonly string[],
    documents: readonly unknown[],
    environment?: Readonly<Record<string, string>>,
  ): Promise<Ran> => {
    const file = join(folder, 'keys.ndjson');
    const lines = documents.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
    await writeFile(file, `${lines.join('\n')}\n`);
    return run(['import', file, ...options], environment);
  };
  return {
    service,
    folder,
    run,
    importFile: async (documents, environment) => importing([], documents, environment),
    importWith: importing,
    keyOf: async ({ hash }) => storedKey(service, foreignKeyId(hash)),
    stop: async () => {
      await service.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** Returns a key of XMem in the format of mongoexport, changed by the given fields. */
export function exportedKey(
  hash: string,
  fields: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    _id: { $oid: '64b7f0c2a1b2c3d4e5f60718' },
    user_id: { $oid: '64b7f0c2a1b2c3d4e5f60719' },
    name: 'ingest',
    key_hash: hash,
    key_prefix: 'xm_Zm9v',
    scopes: ['memory:read', 'memory:write'],
    org_id: 'acme',
    project_id: 'apollo',
    created_at: { $date: '2024-05-01T08:00:00.123Z' },
    expires_at: { $date: { $numberLong: '4070908800000' } },
    is_active: true,
    ...fields,
  };
}
