// A plugin of TypeDoc, for `npm run docs`. It names each document after its heading, groups documents by folder, and
// keeps the paths that they have in the repository, so that a reworded heading breaks no link.
import { Converter, KindRouter } from 'typedoc';

/** The group of a document is that of the first pattern that matches its path without `.md`. */
const GROUPS = [
  [/^docs\/guides\//, 'Guides'],
  [/^docs\/integrations\//, 'Proxies and identity providers'],
  [/^docs\/(?:operations\/|cli$|scaling$|performance$|upgrading$)/, 'Operations'],
  [/^docs\/decisions\//, 'Decision records'],
  [/^docs\/(?:architecture|development|mutation-testing|releasing)$|^[A-Z_]+$/, 'The project'],
  [/./, 'Reference'],
];

const paths = new Map();

class DocumentRouter extends KindRouter {
  getIdealBaseName(reflection) {
    return paths.get(reflection) ?? super.getIdealBaseName(reflection);
  }
}

export function load(app) {
  app.renderer.defineRouter('documents', DocumentRouter);
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    const [, group] = GROUPS.find(([path]) => path.test(document.name));
    paths.set(document, document.name);
    document.frontmatter.group = group;
    document.name = takeHeading(document);
  });
}

/**
 * Removes the heading of a document and returns its text, because the theme shows it. A code span in the heading is a
 * separate part.
 */
function takeHeading({ name, content }) {
  const end = content.findIndex(({ text }) => text.includes('\n'));
  if (end < 0 || !content[0].text.startsWith('# '))
    throw new Error(`${name}.md does not begin with a heading`);
  const [last, ...rest] = content[end].text.split('\n');
  content[end].text = rest.join('\n').trimStart();
  const heading = content.splice(0, end).map(({ text }) => text);
  return [...heading, last].join('').slice(2).replaceAll('`', '');
}
