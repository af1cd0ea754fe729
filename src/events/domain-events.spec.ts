import { EventEmitter2 } from '@nestjs/event-emitter';
import { domainEvents } from './domain-events';

function failingWith(code: string): () => never {
  return () => {
    throw Object.assign(new Error('Cannot load it'), { code });
  };
}

describe('the event emitter of the application', () => {
  afterEach(() => {
    jest.dontMock('@nestjs/event-emitter');
    jest.resetModules();
  });

  it('is injected if the application imports one', () => {
    expect(domainEvents()).toMatchObject({ inject: [{ token: EventEmitter2, optional: true }] });
  });

  it('is undefined if the package is not installed', async () => {
    jest.doMock('@nestjs/event-emitter', failingWith('MODULE_NOT_FOUND'));
    const { inject, useFactory } = domainEvents();
    expect([inject, await useFactory()]).toEqual([[], undefined]);
  });

  it('fails the start if the package is installed but cannot be loaded', () => {
    jest.doMock('@nestjs/event-emitter', failingWith('ERR_REQUIRE_ESM'));
    expect(domainEvents).toThrow('Cannot load it');
  });
});
