import type { Manifest } from './shipped-files';

/** The major version of a peer range to install: the first or the last one. */
export type Major = 'previous' | 'current';

/** The packages that a new Nest application has in addition to Keyward's peer dependencies. */
export const STARTER = { '@types/node': '^20.19.0', rxjs: '^7.8.2' };

/** Returns the oldest version in a peer range. */
export function oldestOf(range: string): string {
  const [major = '', minor = '0', patch = '0'] = partOf(range, 'previous').replace('^', '').split('.');
  return `${major}.${minor}.${patch}`;
}

/** Returns Keyward's peer dependencies for one major of Nest, one adapter and one major of Mongoose. */
export function peersIn(
  { peerDependencies }: Manifest,
  nest: Major,
  adapter: 'express' | 'fastify',
  mongoose: Major,
): Record<string, string> {
  const other = adapter === 'express' ? 'fastify' : 'express';
  const peers = Object.entries(peerDependencies).filter(([name]) => name !== `@nestjs/platform-${other}`);
  return Object.fromEntries(
    peers.map(([name, range]) => [
      name,
      partOf(range, name === 'mongoose' ? mongoose : name.startsWith('@nestjs/') ? nest : 'current'),
    ]),
  );
}

function partOf(range: string, major: Major): string {
  const parts = range.split(' || ');
  return parts.at(major === 'previous' ? 0 : -1) ?? range;
}
