import { ifInstalled } from '../common/if-installed';

type Swagger = typeof import('@nestjs/swagger');

const swagger = ifInstalled('@nestjs/swagger', () => require('@nestjs/swagger') as Swagger);

/** Whether `@nestjs/swagger` is installed. */
export const hasSwagger = swagger !== undefined;

const nothing = (): (() => void) => () => undefined;

/**
 * The decorators of `@nestjs/swagger` that Keyward uses. They do nothing if the package is not installed, because an
 * application with `routes: false` does not need it. All code imports them from here, including the code that the
 * plugin of `@nestjs/swagger` adds (see scripts/openapi-plugin.cjs).
 */
export const {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiExcludeController,
  ApiExtension,
  ApiExtraModels,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiQuery,
  ApiResponse,
  ApiSchema,
  ApiTags,
  getSchemaPath,
} = swagger ?? new Proxy({} as Swagger, { get: () => nothing });
