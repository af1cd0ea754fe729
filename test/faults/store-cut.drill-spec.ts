import { describeStoreOutage } from '../support/drills/describe-store-outage';

describe('a store to which one of two instances loses its connections', () => {
  describeStoreOutage({
    drill: 'store cut',
    hitsBoth: false,
    leave: ({ proxy }) => proxy.cut(),
    comeBack: async ({ proxy }) => proxy.restore(),
  });
});
