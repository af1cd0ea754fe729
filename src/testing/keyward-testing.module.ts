import { type DynamicModule, Module } from '@nestjs/common';
import type { ApiKeysModuleOptions } from '../api-keys/access/module-settings';
import { CLOCK, systemClock } from '../api-keys/ports/clock';
import { ApiKeysModule } from '../api-keys.module';
import { StorageConfig } from '../config/storage.config';
import type { TestClock } from './test-clock';

/** Options of {@link KeywardTestingModule}. */
export type KeywardTestingOptions = Partial<ApiKeysModuleOptions> & {
  /** The clock of the application; default the clock of the machine. */
  readonly clock?: TestClock | undefined;
};

/**
 * Replaces `ApiKeysModule` in the tests of an application. It is the same module, with the same guard and the same checks, but
 * keeps keys in memory by default, and can have a clock that the test moves.
 *
 * @example
 * const module = await Test.createTestingModule({
 *   imports: [KeywardTestingModule.forRoot({ clock: new TestClock() })],
 *   controllers: [MemoriesController],
 * }).compile();
 */
@Module({})
export class KeywardTestingModule {
  /**
   * Returns the module with these options of `ApiKeysModule.forRoot`, all of which are optional here.
   *
   * @throws ConfigurationError at start, if an option is unknown or invalid, or `NODE_ENV` is neither `development` nor `test`
   */
  static forRoot({ clock, ...options }: KeywardTestingOptions = {}): DynamicModule {
    const module = ApiKeysModule.forRoot({ ...options, storage: options.storage ?? 'memory' });
    const ownClock = {
      provide: CLOCK,
      inject: [StorageConfig],
      useFactory: (config: StorageConfig) => {
        config.permitTesting('KeywardTestingModule');
        return clock ?? systemClock;
      },
    };
    // Nest uses the last provider of a token.
    return { ...module, providers: [...(module.providers ?? []), ownClock] };
  }
}
