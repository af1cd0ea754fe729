import { isVisible, type Viewpoint } from './visibility';

describe('a caller', () => {
  const acme: Viewpoint = { orgId: 'acme' };
  const apollo: Viewpoint = { orgId: 'acme', projectId: 'apollo' };
  const ada: Viewpoint = { ownerId: 'ada' };
  const adaAtAcme: Viewpoint = { orgId: 'acme', ownerId: 'ada' };

  it.each<[string, Viewpoint, Viewpoint]>([
    ['without limits sees an unbound key', {}, {}],
    ['without limits sees a key of acme', {}, apollo],
    ['without limits sees a key with an owner', {}, ada],
    ['of acme sees a key of acme', acme, acme],
    ['of acme sees a key of its project', acme, apollo],
    ['of acme sees a key of acme that has an owner', acme, adaAtAcme],
    ['of a project sees a key of that project', apollo, apollo],
    ['who is Ada sees her own key', ada, ada],
    ['who is Ada sees her own key at acme', ada, adaAtAcme],
    ['who is Ada at acme sees her own key at acme', adaAtAcme, adaAtAcme],
  ])('%s', (_sentence, viewpoint, key) => {
    expect(isVisible(viewpoint, key)).toBe(true);
  });

  it.each<[string, Viewpoint, Viewpoint]>([
    ['of acme does not see a key of globex', acme, { orgId: 'globex' }],
    ['of acme does not see an unbound key', acme, {}],
    ['of acme does not see a key of a project without an org', acme, { projectId: 'apollo' }],
    ['of a project does not see a key of its whole org', apollo, acme],
    ['of a project does not see a key of another project', apollo, { orgId: 'acme', projectId: 'hermes' }],
    ['of a project does not see its namesake at globex', apollo, { orgId: 'globex', projectId: 'apollo' }],
    ['who is Ada does not see a key of Bob', ada, { ownerId: 'bob' }],
    ['who is Ada does not see a key that nobody owns', ada, {}],
    ['who is Ada at acme does not see her key at globex', adaAtAcme, { orgId: 'globex', ownerId: 'ada' }],
    ['who is Ada at acme does not see a key of Bob at acme', adaAtAcme, { orgId: 'acme', ownerId: 'bob' }],
    ['who is Ada at acme does not see a key of acme that nobody owns', adaAtAcme, acme],
  ])('%s', (_sentence, viewpoint, key) => {
    expect(isVisible(viewpoint, key)).toBe(false);
  });
});
