import type { Type } from '@nestjs/common';
import { UnacceptableFieldError } from '../../problems/unacceptable-field.error';
import { knownNamesOf, readStrictly } from '../../problems/validation';
import { EXTERNAL_ID_RULE, isExternalId } from '../domain/external-id';
import type { CreateApiKey } from '../domain/new-key';
import type { KeyPatch } from '../domain/key-patch';
import { CreateApiKeyDto } from './dto/create-api-key.dto';
import { UpdateApiKeyDto } from './dto/update-api-key.dto';
import { toCreate, toPatch } from './key-request.mapper';

/**
 * Validates a create request from the host's code by the rules of the HTTP route, see decision record 0082.
 *
 * @throws UnacceptableFieldError if a field is unknown or invalid
 */
export function checkedCreate(request: CreateApiKey): CreateApiKey {
  return { ...toCreate(read(CreateApiKeyDto, request)), ownerId: ownerIn(request) };
}

/**
 * Validates a patch from the host's code by the rules of the HTTP route, see decision record 0082.
 *
 * @throws UnacceptableFieldError if a field is unknown or invalid
 */
export function checkedPatch(patch: KeyPatch): KeyPatch {
  return { ...toPatch(read(UpdateApiKeyDto, patch)), ownerId: ownerIn(patch) };
}

function read<T extends object>(type: Type<T>, given: unknown): T {
  const outcome = readStrictly(type, bodyOf(type, given));
  if ('faults' in outcome) throw new UnacceptableFieldError(outcome.faults);
  return outcome.value;
}

/** Returns a JSON body with the fields of a request, including getters of its class, but without the owner. */
function bodyOf(type: Type, given: unknown): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  const fields: Record<string, unknown> = { ...given };
  for (const name of knownNamesOf(type)) if (name in given) fields[name] = Reflect.get(given, name);
  const { ownerId: _owner, expiresAt, ...body } = fields;
  return expiresAt === undefined ? body : { ...body, expiresAt: textOf(expiresAt) };
}

function textOf(time: unknown): unknown {
  if (!(time instanceof Date)) return time;
  return Number.isNaN(time.getTime()) ? 'no valid date' : time.toISOString();
}

/**
 * Returns the owner of a request. The host's own users can be owners, so the id need not be the id of a Keyward user.
 */
function ownerIn({ ownerId }: KeyPatch): string | null | undefined {
  if (ownerId === undefined || ownerId === null || (typeof ownerId === 'string' && isExternalId(ownerId)))
    return ownerId;
  throw new UnacceptableFieldError('/ownerId', EXTERNAL_ID_RULE);
}
