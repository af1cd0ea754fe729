import { markAnswered } from '../problems/answered';
import { type Call, OwnRoute, ownRouteHandlerOf } from './own-route';

class Routes {
  @OwnRoute()
  async show({ path }: Call): Promise<string> {
    return `shown at ${path}`;
  }
}

type StandIn = (response: object) => unknown;

const standIn = Reflect.get(Routes.prototype, 'show') as StandIn;

describe("the method that Nest calls instead of one of Keyward's routes", () => {
  it('throws if no response was sent, so that the request never looks successful [T90]', () => {
    expect(() => standIn({})).toThrow('OwnRouteGuard did not run this route');
  });

  it('does nothing if the response was sent', () => {
    const response = {};
    markAnswered(response);
    expect(standIn(response)).toBeUndefined();
  });

  it('has metadata that contains the handler of the route', async () => {
    expect(await ownRouteHandlerOf(standIn)?.handle({ path: '/v1' } as Call)).toBe('shown at /v1');
    expect(ownRouteHandlerOf(() => undefined)).toBeUndefined();
  });
});
