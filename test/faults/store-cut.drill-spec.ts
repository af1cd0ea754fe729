import { describeStoreOutage } from '../support/drills/describe-store-outage';

describe('two instances, of which one loses its connections to the store,', () => {
  describeStoreOutage({
    drill: 'store cut',
    hitsBoth: false,
    leave: ({ proxy }) => proxy.cut(),
    comeBack: async ({ proxy }) => proxy.restore(),
  });
});
