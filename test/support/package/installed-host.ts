import { cp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { NestApplication } from './nest-application';
import type { Manifest } from './shipped-files';
import { type Major, peersIn, STARTER } from './versions';

/** What an application is made of: the majors of Nest and Mongoose, and the adapter. */
export type Combination = readonly [nest: Major, adapter: 'express' | 'fastify', mongoose: Major];

/** Creates an application from the sources in `host`, with the tarball and the newest versions of these majors. */
export async function installedHost(
  folder: string,
  tarball: string,
  manifest: Manifest,
  combination: Combination,
): Promise<NestApplication> {
  const dependencies = { ...STARTER, ...peersIn(manifest, ...combination) };
  const application = await NestApplication.create(folder, tarball, dependencies);
  await cp(join(__dirname, 'host'), join(application.folder, 'src'), { recursive: true });
  if (combination[1] === 'fastify') {
    await application.write(
      'adapter.ts',
      "export { FastifyAdapter as Adapter } from '@nestjs/platform-fastify';\n",
    );
  }
  await application.succeed(`npm install ./${basename(tarball)}`);
  return application;
}
