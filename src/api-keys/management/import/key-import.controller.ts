import { HttpCode, Post, UseFilters, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Call, OwnController, OwnRoute } from '../../../http/own-route';
import { OwnRouteGuard } from '../../access/own-route.guard';
import { ApiProblems } from '../../../problems/api-problems.decorator';
import { JSON_BODY, SCOPED } from '../../../problems/problem-groups';
import { ProblemFilter } from '../../../problems/problem.filter';
import { currentCaller } from '../../access/current-caller';
import { RequireScopes, SelfScoped } from '../../access/require-scopes.decorator';
import { ScopesGuard } from '../../access/scopes.guard';
import { Uncached } from '../../access/uncached.decorator';
import { ImportKeysDto, ImportReportDto } from './import.dto';
import { ImportQuery } from './import.query';
import { type ImportOutcome, reportOf } from './import-report';
import { KeyImportService } from './key-import.service';

/** Imports keys over HTTP. */
@ApiTags('API keys')
@ApiBearerAuth('bearer')
@OwnController('v1/api-keys/import')
@UseGuards(ScopesGuard, OwnRouteGuard)
@UseFilters(ProblemFilter)
export class KeyImportController {
  constructor(private readonly importer: KeyImportService) {}

  /**
   * Imports keys of another system by the hashes of their tokens. A refused record does not stop the others.
   * The calling key must be neither bound to a tenant nor owned by a user. Scopes that give access to Keyward's own routes
   * are refused unless `allowManagementScopes` is true.
   */
  @Post()
  @HttpCode(200)
  @RequireScopes('api-keys:import')
  @Uncached()
  @SelfScoped()
  @ApiProblems(...SCOPED, ...JSON_BODY, 'forbidden')
  @ApiOperation({ operationId: 'importApiKeys' })
  @OwnRoute({ json: ImportKeysDto, query: ImportQuery })
  async import({ request, body, query }: Call<ImportKeysDto, ImportQuery>): Promise<ImportReportDto> {
    const caller = currentCaller(request);
    const results: ImportOutcome[] = [];
    for (const [index, record] of body.keys.entries()) {
      results.push(await this.importer.import(caller, record, index + 1, query));
    }
    return ImportReportDto.of(reportOf(results));
  }
}
