import { Body, Controller, HttpCode, Post, Query, UseFilters, UseGuards, UsePipes } from '@nestjs/common';
import { ApiBearerAuth, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../../problems/api-problems.decorator';
import { JsonBodyGuard } from '../../problems/media-type.guard';
import { noParameters } from '../../problems/no-parameters.pipe';
import { JSON_BODY, SCOPED } from '../../problems/problem-groups';
import { ProblemFilter } from '../../problems/problem.filter';
import { strictValidation } from '../../problems/validation';
import { CurrentCaller } from '../access/current-caller.decorator';
import { RequireScopes, SelfScoped } from '../access/require-scopes.decorator';
import { ScopesGuard } from '../access/scopes.guard';
import { Uncached } from '../access/uncached.decorator';
import type { Caller } from '../domain/caller';
import { ImportKeysDto, ImportReportDto } from '../dto/import.dto';
import { type ImportOutcome, reportOf } from './import-report';
import { KeyImportService } from './key-import.service';

/** Imports keys over HTTP. */
@ApiTags('API keys')
@ApiBearerAuth('bearer')
@ApiSecurity('apiKey')
@Controller('v1/api-keys/import')
@UseGuards(ScopesGuard)
@UseFilters(ProblemFilter)
@UsePipes(strictValidation())
export class KeyImportController {
  constructor(private readonly importer: KeyImportService) {}

  /**
   * Imports keys of another system by the hashes of their tokens. Each record stands or falls by itself. The calling key
   * must be neither bound to a tenant nor owned by a user.
   */
  @Post()
  @HttpCode(200)
  @UseGuards(JsonBodyGuard)
  @RequireScopes('api-keys:import')
  @Uncached()
  @SelfScoped()
  @ApiProblems(...SCOPED, ...JSON_BODY, 'forbidden')
  async import(
    @CurrentCaller() caller: Caller,
    @Query(noParameters) _query: object,
    @Body() { keys }: ImportKeysDto,
  ): Promise<ImportReportDto> {
    const results: ImportOutcome[] = [];
    for (const [index, record] of keys.entries()) {
      results.push(await this.importer.import(caller, record, index + 1));
    }
    return ImportReportDto.of(reportOf(results));
  }
}
