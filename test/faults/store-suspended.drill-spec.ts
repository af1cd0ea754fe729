import { describeStoreOutage } from '../support/drills/describe-store-outage';

describe('a running service whose store is suspended', () => {
  describeStoreOutage({
    drill: 'store suspended',
    hitsBoth: true,
    leave: ({ mongo }) => mongo.suspend(),
    comeBack: ({ mongo }) => mongo.resume(),
  });
});
