import { HttpCode, Post } from '@nestjs/common';
import type { Call } from '../../../http/own-route';
import { currentCaller } from '../../access/current-caller';
import { GuardedController, GuardedRoute } from '../../access/guarded-route.decorator';
import { SelfScoped } from '../../access/access.decorators';
import { ImportKeysDto, ImportReportDto } from './import.dto';
import { ImportQuery } from './import.query';
import { type ImportOutcome, reportOf } from './import-report';
import { KeyImportService } from './key-import.service';

/** The route that imports keys. */
@GuardedController('v1/api-keys/import', 'API keys')
export class KeyImportController {
  constructor(private readonly importer: KeyImportService) {}

  /**
   * Imports keys of another system by the hashes of their tokens.
   *
   * @remarks
   * A rejected record does not stop the others. The calling key must have no binding and no owner. A record with scopes
   * of Keyward's own routes is rejected unless `allowManagementScopes` is true.
   */
  @Post()
  @HttpCode(200)
  @SelfScoped()
  @GuardedRoute('importApiKeys', {
    scopes: ['api-keys:import'],
    uncached: true,
    json: ImportKeysDto,
    query: ImportQuery,
    problems: ['forbidden'],
  })
  async import({ request, body, query }: Call<ImportKeysDto, ImportQuery>): Promise<ImportReportDto> {
    const caller = currentCaller(request);
    const results: ImportOutcome[] = [];
    for (const [index, record] of body.keys.entries()) {
      results.push(await this.importer.import(caller, record, index + 1, query));
    }
    return ImportReportDto.of(reportOf(results));
  }
}
