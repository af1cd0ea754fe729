const only = (name, comment, from, allowed) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: '\\.spec\\.ts$' },
  to: { pathNot: allowed },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'A cycle has no bottom to read from.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    only(
      'domain-is-pure',
      'The domain imports nothing but itself, pure primitives and pure libraries: no Nest, no I/O.',
      '^src/api-keys/domain/',
      ['^src/api-keys/domain/', '^(node:)?(crypto|zlib|util)$', 'node_modules/(ulid|ipaddr\\.js)/'],
    ),
    {
      name: 'memory-only-through-the-factory',
      comment:
        'Nothing imports a memory store but the storage factory, which asks StorageConfig first, and what it is made of.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['-storage\\.ts$', '/memory-[^/]+\\.ts$', '\\.spec\\.ts$'] },
      to: { path: '/memory-[^/]+\\.ts$' },
    },
    {
      name: 'storage-below',
      comment: 'Storage knows the domain, and nothing above.',
      severity: 'error',
      from: { path: '^src/api-keys/storage/' },
      to: { path: '^src/api-keys/(?!storage/|domain/)' },
    },
    {
      name: 'repository-by-its-interface',
      comment: 'Verification, access, doors and the service know the repository only by its interface.',
      severity: 'error',
      from: {
        path: '^src/api-keys/',
        pathNot: [
          '^src/api-keys/storage/',
          '^src/api-keys/api-keys\\.(module|options)\\.ts$',
          '\\.spec\\.ts$',
        ],
      },
      to: {
        path: '^src/api-keys/storage/',
        pathNot: '(\\.repository|/storage\\.errors|/change-feed|/read-options)\\.ts$',
      },
    },
    {
      name: 'verification-below-access',
      comment: 'HTTP -> access -> verification, with the recorder of usage: never upwards.',
      severity: 'error',
      from: { path: '^src/api-keys/(verification/|usage/usage-)', pathNot: '\\.spec\\.ts$' },
      to: { path: ['^src/api-keys/(access|doors|dto)/', '\\.controller\\.ts$', '\\.service\\.ts$'] },
    },
    {
      name: 'access-below-controllers',
      severity: 'error',
      comment: 'Access knows no controller, door or DTO.',
      from: { path: '^src/api-keys/access/', pathNot: '\\.spec\\.ts$' },
      to: { path: ['^src/api-keys/(doors|dto)/', '\\.controller\\.ts$', '\\.service\\.ts$'] },
    },
    {
      name: 'webhooks-know-no-http-of-ours',
      comment: 'Webhooks send events; they know no guard, route or door.',
      severity: 'error',
      from: { path: '^src/api-keys/events/webhooks/', pathNot: '\\.spec\\.ts$' },
      to: { path: ['^src/api-keys/(access|doors|verification)/', '\\.controller\\.ts$', '\\.service\\.ts$'] },
    },
    {
      name: 'problems-config-and-metrics-at-the-bottom',
      comment:
        'Problems, configuration, HTTP and common helpers and the means to count serve every feature and know none.',
      severity: 'error',
      from: { path: '^src/(problems|config|metrics|http|common)/', pathNot: '\\.spec\\.ts$' },
      to: {
        path: '^src/(api-keys|users|health|logs|bootstrap|cli)/',
        pathNot: [
          '^src/api-keys/access/(http-request|route-discovery|verified-access)\\.ts$',
          // The grammar of scopes, which settings are checked by.
          '^src/api-keys/domain/(own-)?scopes\\.ts$',
        ],
      },
    },
    {
      name: 'features-below-the-service',
      comment: 'What the npm package exports does not know the service that is built from it.',
      severity: 'error',
      from: { path: '^src/(api-keys|users|problems)/' },
      to: { path: '^src/(bootstrap/|cli/|logs/|main\\.ts|cli\\.ts|app\\.module\\.ts)' },
    },
    {
      name: 'commands-beside-the-service',
      comment:
        'A command manages keys. It starts nothing of what the service does by itself: decision record 0042.',
      severity: 'error',
      from: { path: '^src/cli(/|\\.ts$)', pathNot: '\\.spec\\.ts$' },
      to: {
        path: [
          '^src/(bootstrap|health)/',
          '^src/(main|app\\.module)\\.ts$',
          '^src/.*\\.(module|controller|guard)\\.ts$',
          '^src/api-keys/(access|doors)/',
          '^src/api-keys/verification/(?!owner-status)',
          '^src/api-keys/usage/usage-',
          '^src/api-keys/storage/(mongo-change-|mongo-heartbeat|change-feed)',
        ],
        pathNot: ['^src/cli/', '^src/config/(mongo-connection|settings)\\.module\\.ts$'],
      },
    },
    {
      name: 'service-without-commands',
      comment: 'The service does not know the commands for it.',
      severity: 'error',
      from: { path: '^src/(bootstrap|health)/|^src/(main|app\\.module|index)\\.ts$' },
      to: { path: '^src/cli' },
    },
    {
      name: 'api-keys-without-users',
      comment: 'Users may know API keys, never the reverse: the ports are Authenticator and OwnerStatus.',
      severity: 'error',
      from: { path: '^src/api-keys/' },
      to: { path: '^src/users/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
