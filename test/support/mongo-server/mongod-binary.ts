import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { DryMongoBinary, MongoBinary } from 'mongodb-memory-server-core';
import { MongoBinaryDownloadUrl } from 'mongodb-memory-server-core/lib/util/MongoBinaryDownloadUrl';
import { messageOf, MongoServerUnavailable } from './unavailable';
import { within } from './within';

const DOWNLOAD_ANSWERS_WITHIN_MS = 1_500;
const DOWNLOAD_ENDS_WITHIN_MS = 180_000;

export async function findMongod(): Promise<string> {
  const options = await DryMongoBinary.generateOptions();
  const present = (await DryMongoBinary.locateBinary(options)) ?? (await onPath('mongod'));
  if (present !== undefined) return present;
  await expectDownload(await new MongoBinaryDownloadUrl(options).getDownloadUrl());
  return within(DOWNLOAD_ENDS_WITHIN_MS, 'the download', MongoBinary.getPath(options));
}

async function onPath(name: string): Promise<string | undefined> {
  for (const dir of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(dir, name);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** Throws immediately if mongod cannot be downloaded. The library would retry for seconds first. */
async function expectDownload(url: string): Promise<void> {
  const none = 'no mongod is in the cache or on the PATH';
  let status: number;
  try {
    const answer = await fetch(url, {
      method: 'HEAD',
      signal: AbortSignal.timeout(DOWNLOAD_ANSWERS_WITHIN_MS),
    });
    status = answer.status;
  } catch (error) {
    throw new MongoServerUnavailable(
      `${none}, and its download host cannot be reached (${messageOf(error)})`,
    );
  }
  if (status !== 200)
    throw new MongoServerUnavailable(`${none}, and the download failed with status ${status}`);
}
