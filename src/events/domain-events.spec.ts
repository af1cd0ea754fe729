import { EventEmitter2 } from '@nestjs/event-emitter';
import { domainEvents } from './domain-events';

function failingWith(message: string): () => never {
  return () => {
    throw Object.assign(new Error(message), { code: 'MODULE_NOT_FOUND' });
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
    jest.doMock('@nestjs/event-emitter', failingWith("Cannot find module '@nestjs/event-emitter'"));
    const { inject, useFactory } = domainEvents();
    expect([inject, await useFactory()]).toEqual([[], undefined]);
  });

  it('makes the start fail if the package is installed but cannot be loaded', () => {
    jest.doMock('@nestjs/event-emitter', failingWith("Cannot find module 'eventemitter2'"));
    expect(domainEvents).toThrow("Cannot find module 'eventemitter2'");
  });
});
