import { isVisible, type Viewpoint } from './visibility';

describe('isVisible', () => {
  const acme: Viewpoint = { orgId: 'acme' };
  const apollo: Viewpoint = { orgId: 'acme', projectId: 'apollo' };
  const ada: Viewpoint = { ownerId: 'ada' };
  const adaAtAcme: Viewpoint = { orgId: 'acme', ownerId: 'ada' };

  it.each<[string, Viewpoint, Viewpoint]>([
    ['without limits an unbound key', {}, {}],
    ['without limits a key of a project of acme', {}, apollo],
    ['without limits a key with an owner', {}, ada],
    ['of acme a key of acme', acme, acme],
    ['of acme a key of a project of acme', acme, apollo],
    ['of acme a key of acme with an owner', acme, adaAtAcme],
    ['of a project a key of that project', apollo, apollo],
    ['that acts for Ada a key of Ada', ada, ada],
    ['that acts for Ada a key of Ada at acme', ada, adaAtAcme],
    ['that acts for Ada at acme a key of Ada at acme', adaAtAcme, adaAtAcme],
  ])('shows a caller %s', (_sentence, viewpoint, key) => {
    expect(isVisible(viewpoint, key)).toBe(true);
  });

  it.each<[string, Viewpoint, Viewpoint]>([
    ['of acme a key of globex', acme, { orgId: 'globex' }],
    ['of acme an unbound key', acme, {}],
    ['of acme a key bound only to a project', acme, { projectId: 'apollo' }],
    ['of a project a key of the whole organisation', apollo, acme],
    ['of a project a key of another project', apollo, { orgId: 'acme', projectId: 'hermes' }],
    ['of a project a key of its namesake at globex', apollo, { orgId: 'globex', projectId: 'apollo' }],
    ['that acts for Ada a key of Bob', ada, { ownerId: 'bob' }],
    ['that acts for Ada a key without an owner', ada, {}],
    ['that acts for Ada at acme a key of Ada at globex', adaAtAcme, { orgId: 'globex', ownerId: 'ada' }],
    ['that acts for Ada at acme a key of Bob at acme', adaAtAcme, { orgId: 'acme', ownerId: 'bob' }],
    ['that acts for Ada at acme a key of acme without an owner', adaAtAcme, acme],
  ])('hides from a caller %s', (_sentence, viewpoint, key) => {
    expect(isVisible(viewpoint, key)).toBe(false);
  });
});
