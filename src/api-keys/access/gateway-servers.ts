import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ProblemException } from '../../problems/problem.exception';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../options/api-keys.options';
import type { ConnectionGate } from './connection-gate';
import {
  acceptsStrangers,
  discoverGateways,
  type Gateway,
  type MessageGuard,
  needsKey,
  ownGuards,
} from './gateways';
import { guardSocketIoServer, isSocketIoServer, recoversConnections } from './socket-io-server';
import { guardWsServer, isWsServer } from './ws-server';

/** A property with this metadata of `@WebSocketServer()` receives the server of its gateway from Nest. */
const SERVER_METADATA = 'websockets:is_socket';
/** Each import of Keyward has a property of its own. */
let imports = 0;

/** Why the connections of a gateway cannot be judged. */
export type UncoveredReason =
  'no-server' | 'unknown-server' | 'recovery' | 'replaced' | 'several-guards' | 'scoped-guard';

/** A server, and the gateways whose clients connect to it. */
interface GatewayServer {
  readonly instances: Set<object>;
  /** Returns why its connections cannot be judged. Missing if no gateway needs it. */
  uncovered?: () => UncoveredReason | undefined;
}

/**
 * Judges the clients that connect to guarded gateways, because Nest runs no guard then. See decision record 0086.
 *
 * Nest creates the servers before the first lifecycle hook, and a server with its own port listens at once. So each gateway gets
 * a hidden property, to which Nest assigns the server before a client can connect.
 */
@Injectable()
export class GatewayServers implements OnModuleInit {
  private readonly servers = new Map<unknown, GatewayServer>();
  private readonly prepared = new Set<object>();
  private readonly property = `keyward:server:${(imports += 1)}`;
  private restore: () => void;
  private isStarted = false;
  private isAsked = false;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly config: ApplicationConfig,
  ) {
    // Nest asks for the adapter when all instances exist, before it creates the first server.
    const getIoAdapter = config.getIoAdapter.bind(config);
    const preparing: ApplicationConfig['getIoAdapter'] = () => {
      this.isAsked = true;
      // The wrapper may remain if another import of Keyward wrapped it.
      if (!this.isStarted) this.prepareGateways();
      return getIoAdapter();
    };
    config.getIoAdapter = preparing;
    this.restore = () => {
      if (config.getIoAdapter === preparing) config.getIoAdapter = getIoAdapter;
    };
  }

  onModuleInit(): void {
    // A microservice connects gateways after the first run of the hooks, and then runs them again.
    if (!this.isAsked) return;
    this.isStarted = true;
    this.restore();
    for (const instance of this.prepared) Reflect.deleteProperty(instance, this.property);
    this.prepared.clear();
  }

  /** Returns the options of the import of Keyward to which this provider belongs. */
  ownOptions(): ApiKeysOptions | undefined {
    const ownModule = this.discovery.getProviders().find(({ instance }) => instance === this)?.host;
    // Not injected: request-scoped options would make this provider request-scoped.
    return ownModule?.getProviderByKey<ApiKeysOptions | undefined>(API_KEYS_OPTIONS)?.instance;
  }

  /** Whether Nest connects gateways to servers: not in an application context. */
  get areConnected(): boolean {
    return this.isAsked;
  }

  /** Returns the gateways of the application. */
  gateways(): readonly Gateway[] {
    return discoverGateways(this.discovery, this.scanner, this.config);
  }

  /** Returns why the connections of a gateway cannot be judged; `undefined` if they are, or need not be. */
  uncovered(gateway: Gateway): UncoveredReason | undefined {
    const options = this.ownOptions();
    if (!needsKey(gateway, options)) return undefined;
    const server = [...this.servers.values()].find(({ instances }) => instances.has(gateway.instance));
    if (server === undefined) return 'no-server';
    const [guard, ...others] = this.guardsOf(server);
    if (guard === undefined || others.includes(undefined)) return 'scoped-guard';
    if (!others.every((other) => other?.judgesLike(guard))) return 'several-guards';
    return server.uncovered?.();
  }

  private prepareGateways(): void {
    for (const { instance } of this.gateways()) {
      if (this.prepared.has(instance)) continue;
      this.prepared.add(instance);
      const set = (server: unknown): void => this.serve(instance, server);
      const property = { configurable: true, enumerable: true, get: () => undefined, set };
      if (Reflect.defineProperty(instance, this.property, property))
        Reflect.defineMetadata(SERVER_METADATA, true, instance, this.property);
    }
  }

  private serve(instance: object, server: unknown): void {
    let known = this.servers.get(server);
    if (known === undefined) this.servers.set(server, (known = { instances: new Set() }));
    known.instances.add(instance);
    const options = this.ownOptions();
    if (this.gatewaysOf(known).some((gateway) => needsKey(gateway, options)))
      known.uncovered ??= guardServer(server, this.gateOf(known));
  }

  private gateOf(server: GatewayServer): ConnectionGate {
    let gate: ConnectionGate | undefined;
    return async (opening) => {
      // All gateways of the server are known when the first client connects.
      gate ??= this.compiledGateOf(server);
      return gate(opening);
    };
  }

  private compiledGateOf(server: GatewayServer): ConnectionGate {
    const options = this.ownOptions();
    const isOpen = this.gatewaysOf(server).some((gateway) => acceptsStrangers(gateway, options));
    const [guard] = this.guardsOf(server);
    return async (opening) => {
      if (guard === undefined) throw ProblemException.from('access_undeclared');
      return guard.connect(opening, isOpen);
    };
  }

  private gatewaysOf({ instances }: GatewayServer): readonly Gateway[] {
    return this.gateways().filter(({ instance }) => instances.has(instance));
  }

  private guardsOf(server: GatewayServer): readonly MessageGuard[] {
    const options = this.ownOptions();
    const gateways = this.gatewaysOf(server);
    const handlers = gateways.flatMap((gateway) => gateway.handlers);
    return [...gateways, ...handlers].flatMap((guarded) => ownGuards(guarded, options));
  }
}

function guardServer(server: unknown, gate: ConnectionGate): () => UncoveredReason | undefined {
  if (isSocketIoServer(server)) {
    guardSocketIoServer(server, gate);
    return () => (recoversConnections(server) ? 'recovery' : undefined);
  }
  if (!isWsServer(server)) return () => 'unknown-server';
  const isJudged = guardWsServer(server, gate);
  return () => (isJudged() ? undefined : 'replaced');
}
