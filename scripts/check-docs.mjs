// Checks the site that `npm run docs` builds: each link of a page to another page, heading or file must lead there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const SITE = resolve(process.argv[2] ?? 'reports/docs');
const pages = readdirSync(SITE, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.html'))
  .map((name) => join(SITE, name));

const texts = new Map(pages.map((page) => [page, readFileSync(page, 'utf8')]));
const idsOf = (page) => new Set([...texts.get(page).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
const ids = new Map(pages.map((page) => [page, idsOf(page)]));

const broken = pages.flatMap((page) =>
  [...texts.get(page).matchAll(/ (?:href|src)="(?!https?:|data:|mailto:)([^"]*)"/g)]
    .map(([, link]) => link.replaceAll('&amp;', '&'))
    .filter((link) => {
      const [path = '', anchor = ''] = decodeURI(link).split('#');
      const target = path === '' ? page : resolve(dirname(page), path);
      return !existsSync(target) || (anchor !== '' && ids.has(target) && !ids.get(target).has(anchor));
    })
    .map((link) => `${relative(SITE, page)}: ${link}`),
);

for (const link of broken) process.stderr.write(`${link} leads nowhere.\n`);
if (broken.length > 0) process.exitCode = 1;
else process.stdout.write(`${pages.length} pages without a broken link.\n`);
