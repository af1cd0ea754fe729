import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { SignIn } from './sign-in';
import { toOpenApi31 } from './openapi-31';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

/** The OpenAPI 3.1 document of the service. */
export function describeService(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Keyward')
    .setDescription(
      'API keys: issue, guard, list, change, revoke. Press Authorize and paste a key to try the routes; ' +
        'a key sees only what it is bound to and gives only what it holds.',
    )
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/')
    .addTag('API keys', 'Keys and their history.')
    .addTag('Events', 'What happened to keys: the audit trail.')
    .addTag('Users', 'People who sign in, and look after their own keys.')
    .addTag('Verification', 'Whether a token is good, for services in any language.')
    // One scheme: clients that are generated from two send the token twice.
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'API key',
        description: 'An API key (RFC 6750). The header `X-API-Key: <token>` works in its place.',
      },
      'bearer',
    )
    .build();
  return toOpenApi31(SwaggerModule.createDocument(app, config));
}

/** Serves Swagger UI at `/docs` and the document at `/docs-json`. */
export function serveDocumentation(app: NestFastifyApplication, signIn?: SignIn): void {
  openAsFolder(app);
  SwaggerModule.setup('docs', app, () => describeService(app), {
    jsonDocumentUrl: 'docs-json',
    yamlDocumentUrl: 'docs-yaml',
    customSiteTitle: 'Keyward',
    swaggerOptions: {
      persistAuthorization: false,
      tryItOutEnabled: true,
      ...(signIn && { initOAuth: signIn.initOAuth }),
    },
    ...(signIn && {
      // For Swagger UI alone: generators read one security scheme.
      patchDocumentOnRequest: (request: unknown, _response: unknown, document: OpenAPIObject) =>
        isBySwaggerUi(request as { readonly url: string }) ? signIn.addTo(document) : document,
    }),
  });
}

function isBySwaggerUi({ url }: { readonly url: string }): boolean {
  return url.includes('/swagger-ui-init.js');
}

/**
 * Leads from `/docs` to `/docs/`: Swagger UI looks for the page that ends a sign-in beside its own address. Relative, for
 * proxies that serve it under a path of theirs.
 */
function openAsFolder(app: NestFastifyApplication): void {
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (request, reply, done) => {
      if (request.routeOptions.url === '/docs') void reply.redirect('docs/');
      else done();
    });
}
