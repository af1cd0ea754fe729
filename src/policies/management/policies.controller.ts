import { Delete, Get, HttpCode, HttpStatus, Patch, Put } from '@nestjs/common';
import { SelfScoped } from '../../api-keys/access/access.decorators';
import { currentCaller } from '../../api-keys/access/current-caller';
import { GuardedController, GuardedRoute } from '../../api-keys/access/guarded-route.decorator';
import { DEFAULT_POLICY_ID, type PolicyId } from '../../api-keys/domain/policy-state';
import { entityTag, readIfMatch } from '../../http/if-match';
import type { Call } from '../../http/own-route';
import { ApiNoContentResponse, ApiOkResponse, ApiResponse } from '../../openapi/decorators';
import type { ProblemCode } from '../../problems/problem-catalogue';
import type { Policy } from '../domain/policy';
import { PatchPolicyDto, PutPolicyDto } from './dto/policy-request.dto';
import { PolicyDto, PolicyHistoryDto } from './dto/policy.dto';
import { PoliciesService } from './policies.service';

const READ = { scopes: ['keyward:policies:read'], sessions: true } as const;

const WRITE = {
  scopes: ['keyward:policies:write'],
  sessions: true,
  uncached: true,
  ifMatch: 'policy',
} as const;

const REFUSALS = [
  'forbidden',
  'delegation_exceeded',
  'concurrent_change',
] as const satisfies readonly ProblemCode[];

const REPLACED = { description: 'The rules of an existing policy were replaced.', type: PolicyDto };
const CREATED = { status: HttpStatus.CREATED, description: 'The policy is created.', type: PolicyDto };
const DELETED = { description: 'The policy is deleted.' };

/** The routes of policies. Each one translates HTTP to a call of the service and contains no rules. */
@GuardedController('v1/policies', 'Policies')
@SelfScoped()
export class PoliciesController {
  constructor(private readonly policies: PoliciesService) {}

  /** Returns the policy of an organisation. Its version is the ETag. */
  @Get('orgs/:orgId')
  @GuardedRoute('getOrganisationPolicy', { ...READ, param: 'orgId' })
  async getOrganisation(call: Call): Promise<PolicyDto> {
    return this.read(call, ofOrganisation(call));
  }

  /** Creates the policy of an organisation, or replaces all its rules. Rules that are left out restrict nothing. */
  @Put('orgs/:orgId')
  @ApiOkResponse(REPLACED)
  @ApiResponse(CREATED)
  @GuardedRoute('replaceOrganisationPolicy', {
    ...WRITE,
    param: 'orgId',
    json: PutPolicyDto,
    problems: REFUSALS,
  })
  async putOrganisation(call: Call<PutPolicyDto>): Promise<PolicyDto> {
    return this.put(call, ofOrganisation(call));
  }

  /** Changes the policy of an organisation. Rules that are left out do not change; `null` removes a rule. */
  @Patch('orgs/:orgId')
  @GuardedRoute('updateOrganisationPolicy', {
    ...WRITE,
    param: 'orgId',
    json: PatchPolicyDto,
    problems: REFUSALS,
  })
  async patchOrganisation(call: Call<PatchPolicyDto>): Promise<PolicyDto> {
    return this.patch(call, ofOrganisation(call));
  }

  /** Deletes the policy of an organisation. Deleting it again changes nothing. A suspended policy cannot be deleted. */
  @Delete('orgs/:orgId')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiNoContentResponse(DELETED)
  @GuardedRoute('deleteOrganisationPolicy', {
    ...WRITE,
    param: 'orgId',
    problems: ['policy_suspended', ...REFUSALS],
  })
  async deleteOrganisation(call: Call): Promise<void> {
    await this.policies.remove(currentCaller(call.request), ofOrganisation(call), versionsIn(call));
  }

  /** Lists the changes of the policy of an organisation, oldest first: who changed which rules, and when. */
  @Get('orgs/:orgId/history')
  @GuardedRoute('getOrganisationPolicyHistory', { ...READ, param: 'orgId' })
  async historyOfOrganisation(call: Call): Promise<PolicyHistoryDto> {
    return this.history(call, ofOrganisation(call));
  }

  /** Returns the policy of an owner. Its version is the ETag. */
  @Get('owners/:ownerId')
  @GuardedRoute('getOwnerPolicy', { ...READ, param: 'ownerId' })
  async getOwner(call: Call): Promise<PolicyDto> {
    return this.read(call, ofOwner(call));
  }

  /** Creates the policy of an owner, or replaces all its rules. Rules that are left out restrict nothing. */
  @Put('owners/:ownerId')
  @ApiOkResponse(REPLACED)
  @ApiResponse(CREATED)
  @GuardedRoute('replaceOwnerPolicy', { ...WRITE, param: 'ownerId', json: PutPolicyDto, problems: REFUSALS })
  async putOwner(call: Call<PutPolicyDto>): Promise<PolicyDto> {
    return this.put(call, ofOwner(call));
  }

  /** Changes the policy of an owner. Rules that are left out do not change; `null` removes a rule. */
  @Patch('owners/:ownerId')
  @GuardedRoute('updateOwnerPolicy', { ...WRITE, param: 'ownerId', json: PatchPolicyDto, problems: REFUSALS })
  async patchOwner(call: Call<PatchPolicyDto>): Promise<PolicyDto> {
    return this.patch(call, ofOwner(call));
  }

  /** Deletes the policy of an owner. Deleting it again changes nothing. A suspended policy cannot be deleted. */
  @Delete('owners/:ownerId')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiNoContentResponse(DELETED)
  @GuardedRoute('deleteOwnerPolicy', {
    ...WRITE,
    param: 'ownerId',
    problems: ['policy_suspended', ...REFUSALS],
  })
  async deleteOwner(call: Call): Promise<void> {
    await this.policies.remove(currentCaller(call.request), ofOwner(call), versionsIn(call));
  }

  /** Lists the changes of the policy of an owner, oldest first: who changed which rules, and when. */
  @Get('owners/:ownerId/history')
  @GuardedRoute('getOwnerPolicyHistory', { ...READ, param: 'ownerId' })
  async historyOfOwner(call: Call): Promise<PolicyHistoryDto> {
    return this.history(call, ofOwner(call));
  }

  /** Returns the default policy. Its version is the ETag. It applies to organisations without a policy of their own. */
  @Get('default')
  @GuardedRoute('getDefaultPolicy', { ...READ, problems: ['not_found'] })
  async getDefault(call: Call): Promise<PolicyDto> {
    return this.read(call, DEFAULT_POLICY_ID);
  }

  /** Creates the default policy, or replaces all its rules. Rules that are left out restrict nothing. */
  @Put('default')
  @ApiOkResponse(REPLACED)
  @ApiResponse(CREATED)
  @GuardedRoute('replaceDefaultPolicy', { ...WRITE, json: PutPolicyDto, problems: REFUSALS })
  async putDefault(call: Call<PutPolicyDto>): Promise<PolicyDto> {
    return this.put(call, DEFAULT_POLICY_ID);
  }

  /** Changes the default policy. Rules that are left out do not change; `null` removes a rule. */
  @Patch('default')
  @GuardedRoute('updateDefaultPolicy', {
    ...WRITE,
    json: PatchPolicyDto,
    problems: ['not_found', ...REFUSALS],
  })
  async patchDefault(call: Call<PatchPolicyDto>): Promise<PolicyDto> {
    return this.patch(call, DEFAULT_POLICY_ID);
  }

  /** Deletes the default policy. Deleting it again changes nothing. */
  @Delete('default')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiNoContentResponse(DELETED)
  @GuardedRoute('deleteDefaultPolicy', { ...WRITE, problems: ['not_found', ...REFUSALS] })
  async deleteDefault(call: Call): Promise<void> {
    await this.policies.remove(currentCaller(call.request), DEFAULT_POLICY_ID, versionsIn(call));
  }

  /** Lists the changes of the default policy, oldest first: who changed which rules, and when. */
  @Get('default/history')
  @GuardedRoute('getDefaultPolicyHistory', { ...READ, problems: ['not_found'] })
  async historyOfDefault(call: Call): Promise<PolicyHistoryDto> {
    return this.history(call, DEFAULT_POLICY_ID);
  }

  private async read({ request, setHeader }: Call, id: PolicyId): Promise<PolicyDto> {
    return shown(await this.policies.get(currentCaller(request), id), setHeader);
  }

  private async put(call: Call<PutPolicyDto>, id: PolicyId): Promise<PolicyDto> {
    const exists = call.header('if-match')?.trim() === '*' ? true : undefined;
    const options = { ...versionsIn(call), exists };
    const { policy, isNew } = await this.policies.put(currentCaller(call.request), id, call.body, options);
    if (isNew) call.setStatus(HttpStatus.CREATED);
    return shown(policy, call.setHeader);
  }

  private async patch(call: Call<PatchPolicyDto>, id: PolicyId): Promise<PolicyDto> {
    const policy = await this.policies.patch(currentCaller(call.request), id, call.body, versionsIn(call));
    return shown(policy, call.setHeader);
  }

  private async history({ request }: Call, id: PolicyId): Promise<PolicyHistoryDto> {
    return PolicyHistoryDto.of(await this.policies.history(currentCaller(request), id));
  }
}

function ofOrganisation({ params }: Call): PolicyId {
  return `org:${params['orgId'] ?? ''}`;
}

function ofOwner({ params }: Call): PolicyId {
  return `owner:${params['ownerId'] ?? ''}`;
}

function versionsIn({ header }: Call): { readonly ifVersion: readonly number[] | undefined } {
  return { ifVersion: readIfMatch(header('if-match')) };
}

function shown(policy: Policy, setHeader: Call['setHeader']): PolicyDto {
  setHeader('ETag', entityTag(policy.version));
  return PolicyDto.of(policy);
}
