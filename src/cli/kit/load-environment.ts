import type { DynamicModule } from '@nestjs/common';
import { judgeEnvironment, type JudgedEnvironment } from '../../settings/environment';
import { settingsModule } from '../../settings/settings.module';

/** The environment as the service would read it, `.env` included. */
export interface LoadedEnvironment extends JudgedEnvironment {
  /** Provides the settings, as in the service. */
  readonly module: DynamicModule;
  /** What was set, by variable. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Reads the environment as the service would, and leaves its faults to the caller. */
export async function loadEnvironment(): Promise<LoadedEnvironment> {
  let variables: Readonly<Record<string, unknown>> = {};
  let judged = judgeEnvironment(variables);
  const module = await settingsModule((given) => {
    variables = { ...given };
    judged = judgeEnvironment(given);
    return judged.environment;
  });
  return { ...judged, module, variables };
}
