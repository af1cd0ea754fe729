#!/usr/bin/env node
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { Command } from 'commander';
import { AppModule } from './app.module';
import { exitUnstarted } from './bootstrap/fatal';
import { createRootKey } from './bootstrap/root-key';
import { ServiceLogger } from './bootstrap/service.logger';
import { ConfigurationError } from './config/configuration.error';
import { readEnvironment, storageKindOf } from './config/environment';

const program = new Command('keyward').description('Operator commands for a Keyward service.');

program
  .command('create-root-key')
  .description('make a key that holds every scope, and print its token to standard output, this once')
  .option('--name <name>', 'a name for people', 'root key')
  .action(async ({ name }: { name: string }) => {
    const logger = new ServiceLogger();
    logger.writeFrom('warn');
    const app = await NestFactory.createApplicationContext(AppModule.forRoot(), {
      abortOnError: false,
      logger,
    });
    try {
      if (storageKindOf(readEnvironment(process.env)) === 'memory') {
        throw new ConfigurationError(
          'memory storage ends with this command, and so would the key: set MONGODB_URI, or take the root key that "npm start" prints.',
        );
      }
      const { key, token } = await createRootKey(app, 'cli', name);
      process.stderr.write(`keyward: root key ${key.id}; the token is shown this once\n`);
      process.stdout.write(`${token}\n`);
    } finally {
      await app.close();
    }
  });

program.parseAsync().catch(exitUnstarted);
