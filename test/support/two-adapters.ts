import type { INestApplication, ModuleMetadata, NestApplicationOptions, Type } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { HttpClient } from './http-client';

/** The HTTP adapters of Nest. */
export const ADAPTERS = ['fastify', 'express'] as const;

export type AdapterName = (typeof ADAPTERS)[number];

const ADAPTER_CLASSES: Readonly<Record<AdapterName, Type<AbstractHttpAdapter>>> = {
  fastify: FastifyAdapter,
  express: ExpressAdapter,
};

/** A running Nest application on a free port of 127.0.0.1. */
export interface RunningHost {
  readonly app: INestApplication;
  readonly url: string;
  /** Returns a client that sends a token, or none. */
  as(token?: string): HttpClient;
  close(): Promise<void>;
}

/** Changes that a test makes before the application starts. */
export interface HostPreparation {
  /** Changes the testing module, for example overrides providers. */
  readonly module?: (builder: TestingModuleBuilder) => unknown;
  /** The options of the Nest application. */
  readonly options?: NestApplicationOptions;
  /** Changes the application, for example adds global filters. */
  readonly app?: (app: INestApplication) => unknown;
}

/** Creates an application from a module's metadata, and starts it. Rejects if the start fails. */
export async function startHost(
  adapter: AdapterName,
  metadata: ModuleMetadata,
  prepare: HostPreparation = {},
): Promise<RunningHost> {
  const builder = Test.createTestingModule(metadata);
  prepare.module?.(builder);
  const module = await builder.compile();
  const app = module.createNestApplication(new ADAPTER_CLASSES[adapter](), {
    logger: false,
    ...prepare.options,
  });
  try {
    prepare.app?.(app);
    await app.listen(0, '127.0.0.1');
  } catch (error) {
    await app.close();
    throw error;
  }
  const url = await app.getUrl();
  return { app, url, as: (token) => new HttpClient(url, token), close: async () => app.close() };
}

/** Returns the error with which the start of an application fails. Throws if it starts. */
export async function refusalOf(
  adapter: AdapterName,
  metadata: ModuleMetadata,
  prepare?: HostPreparation,
): Promise<Error> {
  let host: RunningHost;
  try {
    host = await startHost(adapter, metadata, prepare);
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  await host.close();
  throw new Error('the application started, but must not');
}
