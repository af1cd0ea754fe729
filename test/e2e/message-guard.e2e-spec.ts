import { IncomingMessage } from 'node:http';
import { type AddressInfo, type Server, Socket } from 'node:net';
import { Controller, type ExecutionContext, Injectable, UseGuards } from '@nestjs/common';
import {
  ClientProxyFactory,
  MessagePattern,
  type MicroserviceOptions,
  RpcException,
  Transport,
} from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import {
  ApiKeysModule,
  ApiKeysService,
  CurrentApiKey,
  type CurrentKey,
  type HttpRequest,
  type ProblemException,
  RequireScopes,
  rootCaller,
  ScopesGuard,
  Tenant,
  type TenantContext,
} from 'keyward';
import { firstValueFrom } from 'rxjs';

/** Reads the credential of a message from its data. */
@Injectable()
class MessageGuard extends ScopesGuard {
  protected override requestOf(context: ExecutionContext): HttpRequest | undefined {
    if (context.getType() !== 'rpc') return super.requestOf(context);
    const { key } = context.switchToRpc().getData<{ readonly key?: string }>();
    const request = new IncomingMessage(new Socket());
    if (key !== undefined) request.rawHeaders.push('Authorization', `Bearer ${key}`);
    return { raw: request };
  }

  protected override rejectionOf({ problem }: ProblemException): Error {
    return new RpcException(problem);
  }
}

@Controller()
class CountController {
  @MessagePattern('count')
  @RequireScopes('memory:read')
  @UseGuards(ScopesGuard)
  count(@Tenant() { orgId }: TenantContext, @CurrentApiKey() { name }: CurrentKey): string {
    return `${name} counts the memories of ${orgId}`;
  }
}

@Controller()
class OtherController {
  @MessagePattern('other')
  @RequireScopes('memory:read')
  @UseGuards(MessageGuard)
  other(@Tenant() { orgId }: TenantContext): string {
    return `the other memories of ${orgId}`;
  }
}

interface Host {
  readonly tokenFor: (orgId: string, ...scopes: string[]) => Promise<string>;
  readonly ask: (pattern: string, data: object) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

async function startHost(use: typeof ScopesGuard, inheritAppConfig: boolean): Promise<Host> {
  const built = await Test.createTestingModule({
    imports: [ApiKeysModule.forRoot({ storage: 'memory', guard: { use } })],
    controllers: [CountController, OtherController],
  }).compile();
  const app = built.createNestApplication({ logger: false });
  app.connectMicroservice<MicroserviceOptions>(
    { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } },
    { inheritAppConfig },
  );
  await app.listen(0, '127.0.0.1');
  await app.startAllMicroservices();
  const [microservice] = app.getMicroservices() as readonly { unwrap(): Server }[];
  if (microservice === undefined) throw new Error('the application has no microservice');
  const { port } = microservice.unwrap().address() as AddressInfo;
  const client = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port },
  });
  return {
    tokenFor: async (orgId, ...scopes) => {
      const { token } = await app
        .get(ApiKeysService)
        .create(rootCaller('test'), { name: `key of ${orgId}`, scopes, orgId });
      return token;
    },
    ask: async (pattern, data) => {
      try {
        return await firstValueFrom(client.send<unknown>(pattern, data));
      } catch (error) {
        return (error as { readonly code?: string }).code ?? error;
      }
    },
    close: async () => {
      client.close();
      await app.close();
    },
  };
}

describe.each([
  ['a global guard that the microservice inherits', 'count', true],
  ['a guard on the handler', 'other', false],
] as const)('messages of a microservice with requestOf in %s', (_where, pattern, inheritAppConfig) => {
  let host: Host;

  beforeAll(async () => (host = await startHost(MessageGuard, inheritAppConfig)));
  afterAll(async () => host.close());

  it('are judged by the key and the tenant in their data', async () => {
    const [acme, globex] = [
      await host.tokenFor('acme', 'memory:read'),
      await host.tokenFor('globex', 'memory:read'),
    ];
    const writer = await host.tokenFor('acme', 'memory:write');
    const orgId = 'acme';
    expect(await host.ask(pattern, { orgId, key: acme })).toMatch(/memories of acme$/);
    expect(await host.ask(pattern, { orgId, key: globex })).toBe('binding_mismatch');
    expect(await host.ask(pattern, { orgId, key: writer })).toBe('insufficient_scope');
    expect(await host.ask(pattern, { key: acme })).toBe('binding_mismatch');
    expect(await host.ask(pattern, { orgId })).toBe('missing_credential');
    expect(await host.ask(pattern, { orgId, key: `${acme}x` })).toBe('malformed_token');
  });

  it('see the key of their own message when many arrive at once', async () => {
    const orgs = ['acme', 'globex'];
    const tokens = await Promise.all(orgs.map(async (orgId) => host.tokenFor(orgId, 'memory:read')));
    const asked = Array.from({ length: 40 }, (_each, index) => index % 2);
    const answers = await Promise.all(
      asked.map(async (which) => host.ask(pattern, { orgId: orgs[which], key: tokens[which] })),
    );
    answers.forEach((answer, index) => {
      const org = orgs[index % 2];
      expect(answer).toMatch(new RegExp(`memories of ${org}$`));
      if (pattern === 'count') expect(answer).toMatch(new RegExp(`^key of ${org} `));
    });
  });
});

describe('messages of a microservice with ScopesGuard itself', () => {
  it('are all rejected', async () => {
    const host = await startHost(ScopesGuard, true);
    const key = await host.tokenFor('acme', 'memory:read');
    const answer = await host.ask('count', { orgId: 'acme', key });
    await host.close();
    expect(answer).toEqual({ status: 'error', message: 'Forbidden resource' });
  });
});
