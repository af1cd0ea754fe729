import type { Grant } from './api-key';

/** An owner or an organisation, whose number of live keys can be limited. The id is the same as that of its policy. */
export type SlotSubject = `org:${string}` | `owner:${string}`;

/** The reservation of one live key. It is made before the key is stored. */
export interface KeySlot {
  readonly keyId: string;
  readonly at: Date;
}

/** Returns the owner and the organisation of a key. A key without both counts towards no limit. */
export function slotSubjectsOf({ ownerId, orgId }: Pick<Grant, 'ownerId' | 'orgId'>): readonly SlotSubject[] {
  const subjects: SlotSubject[] = [];
  if (ownerId !== undefined) subjects.push(`owner:${ownerId}`);
  if (orgId !== undefined) subjects.push(`org:${orgId}`);
  return subjects;
}

/** Returns the key fields that select the keys of a subject. */
export function keysOfSubject(subject: SlotSubject): { readonly [field in 'ownerId' | 'orgId']?: string } {
  const id = subject.slice(subject.indexOf(':') + 1);
  return subject.startsWith('org:') ? { orgId: id } : { ownerId: id };
}
