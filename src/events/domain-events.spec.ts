import { EventEmitter2 } from '@nestjs/event-emitter';
import { domainEvents } from './domain-events';

function failingWith(code: string): () => never {
  return () => {
    throw Object.assign(new Error('Cannot load it'), { code });
  };
}

describe('the listeners of an application', () => {
  afterEach(() => {
    jest.dontMock('@nestjs/event-emitter');
    jest.resetModules();
  });

  it('are told by its emitter, where it imports one', () => {
    expect(domainEvents()).toMatchObject({ inject: [{ token: EventEmitter2, optional: true }] });
  });

  it('are nobody where the package is not installed', async () => {
    jest.doMock('@nestjs/event-emitter', failingWith('MODULE_NOT_FOUND'));
    const { inject, useFactory } = domainEvents();
    expect([inject, await useFactory()]).toEqual([[], undefined]);
  });

  it('are missed aloud where the package is there and cannot be loaded', () => {
    jest.doMock('@nestjs/event-emitter', failingWith('ERR_REQUIRE_ESM'));
    expect(domainEvents).toThrow('Cannot load it');
  });
});
