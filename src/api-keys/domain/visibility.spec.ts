import { isVisible, type Viewpoint } from './visibility';

describe('isVisible', () => {
  const acme: Viewpoint = { orgId: 'acme' };
  const apollo: Viewpoint = { orgId: 'acme', projectId: 'apollo' };
  const ada: Viewpoint = { ownerId: 'ada' };
  const adaAtAcme: Viewpoint = { orgId: 'acme', ownerId: 'ada' };

  it.each<[string, Viewpoint, Viewpoint]>([
    ['an unbound key to a caller without limits', {}, {}],
    ['a key of a project of acme to a caller without limits', {}, apollo],
    ['a key with an owner to a caller without limits', {}, ada],
    ['a key of acme to a caller of acme', acme, acme],
    ['a key of a project of acme to a caller of acme', acme, apollo],
    ['a key of acme with an owner to a caller of acme', acme, adaAtAcme],
    ['a key of a project to a caller of that project', apollo, apollo],
    ['a key of Ada to a caller that acts for Ada', ada, ada],
    ['a key of Ada at acme to a caller that acts for Ada', ada, adaAtAcme],
    ['a key of Ada at acme to a caller that acts for Ada at acme', adaAtAcme, adaAtAcme],
  ])('shows %s', (_sentence, viewpoint, key) => {
    expect(isVisible(viewpoint, key)).toBe(true);
  });

  it.each<[string, Viewpoint, Viewpoint]>([
    ['a key of globex from a caller of acme', acme, { orgId: 'globex' }],
    ['an unbound key from a caller of acme', acme, {}],
    ['a key bound only to a project from a caller of acme', acme, { projectId: 'apollo' }],
    ['a key of the whole organisation from a caller of a project', apollo, acme],
    ['a key of another project from a caller of a project', apollo, { orgId: 'acme', projectId: 'hermes' }],
    [
      'a key of a project of the same name at globex from a caller of a project',
      apollo,
      { orgId: 'globex', projectId: 'apollo' },
    ],
    ['a key of Bob from a caller that acts for Ada', ada, { ownerId: 'bob' }],
    ['a key without an owner from a caller that acts for Ada', ada, {}],
    [
      'a key of Ada at globex from a caller that acts for Ada at acme',
      adaAtAcme,
      { orgId: 'globex', ownerId: 'ada' },
    ],
    [
      'a key of Bob at acme from a caller that acts for Ada at acme',
      adaAtAcme,
      { orgId: 'acme', ownerId: 'bob' },
    ],
    ['a key of acme without an owner from a caller that acts for Ada at acme', adaAtAcme, acme],
  ])('hides %s', (_sentence, viewpoint, key) => {
    expect(isVisible(viewpoint, key)).toBe(false);
  });
});
