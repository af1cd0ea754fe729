import { Logger } from '@nestjs/common';
import { register } from 'prom-client';
import { EventWorker } from '../../src/events/event-worker';
import { KeyEventPublisher } from '../../src/events/key-event.publisher';
import { StorageUnavailableError } from '../../src/problems/storage.errors';
import { aKey } from '../../src/testing/contract/key-fixtures';
import { openMemoryEvents } from './opened-events';
import { memoryRepository } from './opened-repository';
import { until } from '../support/patience';

describe('the event worker with an event store that rejects writes', () => {
  it('reports the age of the oldest waiting event, and still removes old events', async () => {
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const [keys, { events }] = [memoryRepository(), await openMemoryEvents()];
    const key = aKey();
    const anHourLater = { now: () => new Date(key.createdAt.getTime() + 3_600_000) };
    await keys.insert({ ...key, expiresAt: new Date(anHourLater.now().getTime() + 60_000) });
    jest.spyOn(events, 'add').mockRejectedValue(new StorageUnavailableError(new Error('full')));
    const prune = jest.spyOn(events, 'prune');
    const worker = new EventWorker(keys, events, { storage: keys }, anHourLater, new KeyEventPublisher());
    worker.onApplicationBootstrap();
    const isSeen = async (): Promise<boolean> =>
      (await register.getSingleMetricAsString('keyward_event_outbox_oldest_seconds')).endsWith(' 3600') &&
      prune.mock.calls.length > 0;
    await until('the age of the outbox is reported, and old events are removed', isSeen);
    await worker.beforeApplicationShutdown();
    jest.restoreAllMocks();
  });
});
