import { describeStoreOutage } from '../support/drills/describe-store-outage';

/** There and back again, longer than the service waits for an operation. */
const DELAY_MS = 1000;

describe('a store that has become slow for one of two instances', () => {
  describeStoreOutage({
    drill: 'store slow',
    hitsBoth: false,
    leave: ({ proxy }) => proxy.delay(DELAY_MS),
    comeBack: async ({ proxy }) => proxy.restore(),
  });
});
