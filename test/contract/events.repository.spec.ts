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
});
