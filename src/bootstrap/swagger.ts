import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { SignIn } from './sign-in';
import { toOpenApi31 } from './openapi-31';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

/** Returns the OpenAPI 3.1 document of the service. */
export function describeService(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Keyward')
    .setDescription(
      'Create, verify, list, change and revoke API keys. Press Authorize and paste a token to try the routes. ' +
        'A key sees only the keys within its binding and can grant only what it holds itself.',
    )
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/')
    .addTag('API keys', 'Keys and their history.')
    .addTag('Events', 'What happened to keys: the audit trail.')
    .addTag('Users', 'People who sign in and manage their own keys.')
    .addTag('Verification', 'Decisions about tokens, for services in any language.')
    // Only one scheme: generated clients would send the token twice if there were two.
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'API key',
        description: 'An API key (RFC 6750). The header `X-API-Key: <token>` also works.',
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
      // Only for Swagger UI: client generators should see one security scheme.
      patchDocumentOnRequest: (request: unknown, _response: unknown, document: OpenAPIObject) =>
        isBySwaggerUi(request as { readonly url: string }) ? signIn.addTo(document) : document,
    }),
  });
}

function isBySwaggerUi({ url }: { readonly url: string }): boolean {
  return url.includes('/swagger-ui-init.js');
}

/**
 * Redirects `/docs` to `/docs/`, because Swagger UI resolves its OAuth redirect page relative to its own URL. The
 * redirect is relative, so that it also works behind a proxy that adds a path.
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
