/**
 * API keys for NestJS. Start with {@link ApiKeysModule}, {@link RequireScopes} and {@link ApiKeysService}.
 *
 * @module keyward
 */
export { ApiKeysModule } from './api-keys.module';
export type {
  ApiKeysModuleAsyncOptions,
  ApiKeysModuleOptions,
  ApiKeysModuleSettings,
  GuardSettings,
  OptionsSource,
} from './api-keys/access/module-settings';
export {
  API_KEYS_OPTIONS,
  type ApiKeysOptions,
  type ApiKeysOptionsFactory,
  type TenantNames,
} from './api-keys/options/api-keys.options';
export {
  ApiKeysService,
  type ApiKeyPage,
  type ChangeOptions,
  type IssuedApiKey,
  type RotateOptions,
} from './api-keys/management/api-keys.service';
export {
  ConcurrentChangeError,
  DelegationExceededError,
  ExpiredKeyError,
  KeyNotFoundError,
  RevokedKeyError,
  RotationConflictError,
  UsageNotRecordedError,
  VersionMismatchError,
} from './api-keys/management/api-keys.errors';
export type { CreateApiKey } from './api-keys/domain/new-key';
export type { KeyPageQuery } from './api-keys/management/key-page';
export { InvalidCursorError } from './http/cursor';
export type { Page } from './http/page';
export { type Clock, CLOCK } from './api-keys/ports/clock';

export {
  CurrentApiKey,
  CurrentCaller,
  type CurrentKey,
  Tenant,
} from './api-keys/access/parameter.decorators';
export { apiKeyOf, type RequestAccess } from './api-keys/access/request-access';
export { type HttpRequest, nodeRequestOf } from './http/http-request';
export {
  AllowSessions,
  Authenticated,
  Cost,
  Public,
  RequireAnyScope,
  RequireScopes,
  SelfScoped,
  TenantHeaders,
  Uncached,
} from './api-keys/access/access.decorators';
export { describeAccess } from './api-keys/access/describe-access';
export type { OpenApiDocument } from './api-keys/access/openapi-access';
export { ScopesGuard } from './api-keys/access/scopes.guard';
export { ClientAddress } from './http/client-address';

export type {
  ApiKey,
  ApiKeyStatus,
  ApiKeyWithHistory,
  Grant,
  Imposed,
  KeyMetadata,
  KeySecret,
  VerifiedKey,
} from './api-keys/domain/api-key';
export type { Binding, TenantContext } from './api-keys/domain/binding';
export { type Caller, callerOf, rootCaller } from './api-keys/domain/caller';
export {
  DECISION_CODES,
  type Decision,
  type DecisionCode,
  type Refused,
  type Requirement,
  type Unknown,
  type Valid,
} from './api-keys/domain/decision';
export {
  type AuditEvent,
  EVENT_TYPES,
  KEY_EVENT_TYPES,
  type KeyEvent,
  type KeyEvents,
  type KeyEventType,
  POLICY_EVENT_TYPES,
  type PolicyEvent,
  type PolicyEventType,
} from './api-keys/domain/key-event';
export type { GrantRequest } from './api-keys/domain/grant-request';
export type { History, HistoryAction, HistoryEntry } from './api-keys/domain/history';
export type { KeyPatch } from './api-keys/domain/key-patch';
export type { RateLimit } from './api-keys/domain/rate-limit';
export { isManagementScope, OWN_SCOPES } from './api-keys/domain/own-scopes';
export type { ScopeRequirement } from './api-keys/domain/scopes';
export {
  type HourlyOutcomes,
  type HourlyUse,
  type KeyUsage,
  type OutcomeCount,
  USAGE_OUTCOMES,
  type UsageOutcome,
  type UsageSpan,
  type UsageSubject,
  type UsageTally,
} from './api-keys/domain/usage';

export {
  API_KEY_REPOSITORY,
  type ApiKeyQuery,
  type ApiKeyRepository,
  type ApiKeyStorage,
  KeyIdTakenError,
  type KeyOutline,
} from './api-keys/storage/api-key.repository';
export type {
  ChangeFeed,
  ChangeFeedKind,
  ChangeFeedMode,
  ChangeListener,
  FreshnessSettings,
  ReadOptions,
} from './change-feed/change-feed';
export {
  MAX_USAGE_DAYS,
  MAX_USAGE_SUM_DAYS,
  USAGE_REPOSITORY,
  type UsageGroup,
  type UsageGroupQuery,
  type UsageGroups,
  UsageNotWrittenError,
  type UsageRepository,
  type UsageStorage,
} from './api-keys/ports/usage.repository';
export { StorageFaultError, StorageUnavailableError } from './problems/storage.errors';

export {
  type DeliveryState,
  EVENT_REPOSITORY,
  type EventFilter,
  type EventQuery,
  type EventRepository,
  type EventStorage,
  type LeaseRecord,
  type LeaseRepository,
  type QueuedEvent,
  type RecordedEvent,
} from './api-keys/ports/event.repository';
export type { ExpiryPosition, KeyOutbox } from './api-keys/storage/key-outbox';
export type { Outbox, PendingEvents } from './api-keys/ports/outbox';
export type { KeySlots, SubjectSlots } from './api-keys/storage/key-slots';
export type { KeySlot, SlotSubject } from './api-keys/domain/key-slot';

export type { EventPage, EventPageQuery } from './events/event-page';
export { EventsService } from './events/events.service';
export type { WebhookOptions } from './api-keys/options/webhook.options';
export type { PresentedCredential, PresentedToken } from './api-keys/access/header-credential';
export type { ImportOptions, ImportOutcome, ImportReport } from './api-keys/management/import/import-report';
export { KeyImportService } from './api-keys/management/import/key-import.service';
export { RateLimiterUnavailableError } from './api-keys/limits/limits.errors';
export {
  type Charge,
  type Consumption,
  type LimitedSubject,
  type OnLimiterOutage,
  RATE_LIMITER,
  type RateLimiter,
  type RateLimitState,
} from './api-keys/ports/rate-limiter';
export {
  KeyUsageService,
  type UsageReport,
  type UsageRequest,
} from './api-keys/management/key-usage.service';
export {
  USAGE_GROUPINGS,
  type UsageGrouping,
  type UsageSum,
  type UsageSums,
  type UsageSumsRequest,
} from './api-keys/management/usage-sums';
export { REUSE_DETECTED, type ReuseDetected } from './api-keys/verification/reuse-recorder';
export type { Limited, Passed, Verification, VerificationCode } from './api-keys/verification/verification';
export { KeyVerifier, type VerifyOptions } from './api-keys/verification/key-verifier';
export { PoliciesModule } from './policies/management/policies.module';
export type { PoliciesOptions } from './policies/policies.options';
export {
  type NewPolicy,
  PoliciesService,
  type PutPolicy,
  type PutPolicyOptions,
} from './policies/management/policies.service';
export { PoliciesForbiddenError, PolicySuspendedError } from './policies/policies.errors';
export type { Policy, PolicyAction, PolicyPatch, PolicyRules, PolicyStatus } from './policies/domain/policy';
export type { PolicyStorage } from './policies/storage/policy-storage';
export { POLICIES, type Policies } from './api-keys/ports/policies';
export type { PolicyId, PolicyState } from './api-keys/domain/policy-state';
export { AUTHENTICATOR, type Authenticator } from './api-keys/ports/authenticator';
export { OWNER_KEY_LIMIT, type OwnerKeyLimit } from './api-keys/ports/owner-key-limit';
export { OWNER_STATUS, type OwnerStatus } from './api-keys/ports/owner-status';

export { ConfigurationError } from './problems/configuration.error';
export type { Durability } from './config/storage.config';

export { type ErrorCode, type FaultCode, KeywardError } from './problems/keyward.error';
export { MisuseError } from './problems/misuse.error';
export {
  type FieldFault,
  type Problem,
  type ProblemExtensions,
  PROBLEM_MEDIA_TYPE,
} from './problems/problem';
export { PROBLEM_CATALOGUE, type ProblemCode } from './problems/problem-catalogue';
export { ProblemException } from './problems/problem.exception';
export { ProblemFilter } from './problems/problem.filter';
export { UnacceptableFieldError } from './problems/unacceptable-field.error';
