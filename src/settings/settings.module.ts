import type { DynamicModule } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import type { Environment } from './environment';

/**
 * Provides the settings as `read` makes them of the environment and `.env`, and nothing else: what it counts as unset is
 * not looked for in `process.env` again, where a variable that is set to nothing would be found.
 */
export async function settingsModule(
  read: (variables: Readonly<Record<string, unknown>>) => Environment,
): Promise<DynamicModule> {
  return ConfigModule.forRoot({
    isGlobal: true,
    skipProcessEnv: true,
    validate: (variables) => ({ ...read(variables) }),
  });
}
