import { anEvent } from '../support/event-fixtures';
import { describeEventRepository } from './event-repository.contract';
import { openMemoryEvents, openMongoEvents } from './opened-events';

describe('events in memory', () => {
  describeEventRepository(openMemoryEvents);

  it('call themselves volatile, so that production refuses them', async () => {
    expect((await openMemoryEvents()).events.durability).toBe('volatile');
  });
});

describe('events in MongoDB', () => {
  describeEventRepository(async () => openMongoEvents());

  it('call themselves durable, so that production takes them', async () => {
    const opened = await openMongoEvents();
    expect(opened.events.durability).toBe('durable');
    await opened.close();
  });

  it('take an event to which a newer version has added something, so that none blocks those behind it', async () => {
    const opened = await openMongoEvents();
    const newer = { ...anEvent(), address: 'new' };
    await expect(opened.events.add(newer)).resolves.toBe(true);
    await expect(opened.documents.findOne()).resolves.not.toHaveProperty('address');
    await opened.close();
  });
});
