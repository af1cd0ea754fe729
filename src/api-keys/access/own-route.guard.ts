import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  RequestMethod,
  type Type,
} from '@nestjs/common';
import { HTTP_CODE_METADATA, METHOD_METADATA } from '@nestjs/common/constants.js';
import { ContextIdFactory, HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { type HttpRequest, nodeRequestOf } from '../../http/http-request';
import { accessOf, forgetAccess } from './verified-access';
import { knownIn, readOrRefuse, refuseParameters } from '../../problems/validation';
import { markAnswered } from '../../problems/answered';
import { type Call, type OwnRouteHandler, ownRouteHandlerOf } from '../../http/own-route';
import { readParameters } from '../../http/parameters';
import { readBody } from '../../http/request-body';
import { readForm } from '../../http/request-form';
import { varyBy } from '../../problems/cache-headers';

/** The guard verifies the caller again if the body takes longer than this to arrive. */
const SLOW_BODY_MS = 100;

const JSON_TYPE = 'application/json; charset=utf-8';

/** The status and the headers of a response that is not sent yet. */
interface Outcome {
  readonly headers: Map<string, string>;
  status: number;
}

/** A request with the field that Express and Fastify add. */
interface Sent extends HttpRequest {
  readonly originalUrl?: string;
}

/**
 * Runs Keyward's routes and sends their responses. It is a guard, because interceptors and pipes of the host run after all
 * guards. They therefore cannot change the request or the response (decision record 0062). Guards of the host run before this
 * one and may reject the request.
 */
@Injectable()
export class OwnRouteGuard implements CanActivate {
  constructor(
    private readonly modules: ModuleRef,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const method = context.getHandler();
    const route = ownRouteHandlerOf(method);
    if (route === undefined) return true;
    const request = context.getArgByIndex<HttpRequest>(0);
    const outcome: Outcome = { headers: new Map(), status: statusOf(method) };
    const readFrom = performance.now();
    const call = await callOf(request, route, outcome);
    if (performance.now() - readFrom > SLOW_BODY_MS) await this.judgeAgain(context, request);
    const controller: unknown = await this.modules.resolve(
      context.getClass<object>() as Type,
      ContextIdFactory.getByRequest(request),
      // From the guard's own module, because an application may import Keyward twice, with two stores.
      { strict: true },
    );
    const answer: unknown = await route.handle.call(controller, call);
    const response = context.getArgByIndex<object>(1);
    // Otherwise Express may respond with 304. Behind a proxy, the header is meant for another service.
    delete nodeRequestOf(request).headers['if-none-match'];
    this.send(response, answer, outcome);
    markAnswered(response);
    return true;
  }

  /** Verifies the caller again, because its key may have been revoked since the headers arrived. Counts as another request. */
  private async judgeAgain(context: ExecutionContext, request: HttpRequest): Promise<void> {
    const access = accessOf(request);
    if (access === undefined) return;
    forgetAccess(request);
    // The same guard, because an application may import Keyward twice, with two stores.
    await (access.guard as CanActivate).canActivate(context);
  }

  private send(response: unknown, answer: unknown, { status, headers }: Outcome): void {
    const adapter = this.adapterHost.httpAdapter;
    if (answer !== undefined) adapter.setHeader(response, 'Content-Type', JSON_TYPE);
    for (const [name, value] of headers) {
      // Keeps the credential headers in Vary.
      if (name === 'Vary') varyBy(adapter, response, [value]);
      else adapter.setHeader(response, name, value);
    }
    // As text, so that no setting of the framework changes it.
    adapter.reply(response, typeof answer === 'string' ? answer : JSON.stringify(answer), status);
  }
}

async function callOf(request: HttpRequest, { reads }: OwnRouteHandler, outcome: Outcome): Promise<Call> {
  const node = nodeRequestOf(request);
  const [path = '', queryText = ''] = ((request as Sent).originalUrl ?? node.url ?? '').split(/\?(.*)/s, 2);
  return {
    request,
    params: (request.params ?? {}) as Readonly<Record<string, string>>,
    path: path.replace(/\/+$/, ''),
    query: queryOf(queryText, reads),
    queryText,
    body: await bodyOf(request, reads),
    header: (name) => {
      const value = node.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    setHeader: (name, value) => void outcome.headers.set(name, value),
    setStatus: (status) => {
      outcome.status = status;
    },
  };
}

function queryOf(
  text: string,
  { query, form, anyQuery = false, ignoreUnknown = false }: OwnRouteHandler['reads'],
): object {
  if (anyQuery) return {};
  const parameters = readParameters(text);
  if (query !== undefined) return readOrRefuse(query, parameters);
  refuseParameters(form !== undefined && ignoreUnknown ? knownIn(form, parameters) : parameters);
  return {};
}

async function bodyOf(
  request: HttpRequest,
  { json, form, optionalBody = false, ignoreUnknown = false }: OwnRouteHandler['reads'],
): Promise<object> {
  if (form !== undefined) {
    const parameters = (await readForm(request)) ?? {};
    return readOrRefuse(form, ignoreUnknown ? knownIn(form, parameters) : parameters);
  }
  if (json === undefined) return {};
  const body = await readBody(request, 'json');
  return readOrRefuse(json, body === undefined && optionalBody ? {} : body);
}

/** Returns the success status of a route from its decorators. */
function statusOf(method: object): number {
  const declared = Reflect.getMetadata(HTTP_CODE_METADATA, method) as number | undefined;
  const isPost = Reflect.getMetadata(METHOD_METADATA, method) === RequestMethod.POST;
  return declared ?? (isPost ? 201 : 200);
}
