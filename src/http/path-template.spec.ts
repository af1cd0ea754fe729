import { toPathTemplate } from './path-template';

describe('the OpenAPI template of a path', () => {
  it.each([
    ['/', '/'],
    ['/memories', '/memories'],
    ['/orgs/:orgId/projects/:projectId', '/orgs/{orgId}/projects/{projectId}'],
    ['/files/:name.:type', '/files/{name}.{type}'],
    ['/flights/:from-:to', '/flights/{from}-{to}'],
    ['/ünïcode/:größe', '/ünïcode/{größe}'],
    ['/quoted/:"two words"', '/quoted/{two words}'],
    ['/items/:id(^\\d+$)', '/items/{id}'],
    ['/items\\:batch', '/items:batch'],
    ['/items::batch', '/items:batch'],
    ['/items[:]batch', '/items:batch'],
    ['/parts{/:part}', '/parts/{part}'],
    ['/files/*path', '/files/{path}'],
    ['/files/{*path}', '/files/{path}'],
    ['/files/*', '/files/{path}'],
    ['/files/(.*)', '/files/{path}'],
  ])('turns %s into %s', (path, template) => {
    expect(toPathTemplate(path)).toBe(template);
  });
});
