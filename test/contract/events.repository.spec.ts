import { anEvent } from '../support/event-fixtures';
import { describeEventRepository } from './event-repository.contract';
import { openMemoryEvents, openMongoEvents } from './opened-events';

describe('events in memory', () => {
  describeEventRepository(openMemoryEvents);

  it('are marked volatile, so that production rejects them', async () => {
    expect((await openMemoryEvents()).events.durability).toBe('volatile');
  });
});

describe('events in MongoDB', () => {
  describeEventRepository(async () => openMongoEvents());

  it('are marked durable, so that production accepts them', async () => {
    const opened = await openMongoEvents();
    expect(opened.events.durability).toBe('durable');
    await opened.close();
  });

  it('accept an event with fields of a newer release, so that it does not block later events', async () => {
    const opened = await openMongoEvents();
    const newer = { ...anEvent(), address: 'new' };
    await expect(opened.events.add(newer)).resolves.toBe(true);
    await expect(opened.documents.findOne()).resolves.not.toHaveProperty('address');
    await opened.close();
  });
});
