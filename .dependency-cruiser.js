const { ROOMS } = require('./scripts/rooms.cjs');

/** The rooms of `src`, from the bottom to the top. */
const FLOORS = Object.keys(ROOMS);

const pathOf = (room) => `^src/${room.replace('.', '\\.')}${room.endsWith('.ts') ? '$' : '/'}`;

const floors = FLOORS.slice(0, -1).map((room, index) => ({
  name: `${room.replace(/.*\/|\.module\.ts/g, '')}-imports-no-floor-above`,
  comment: 'A folder may import only layers below its own. scripts/rooms.cjs lists the layers.',
  severity: 'error',
  from: { path: pathOf(room) },
  to: { path: [...FLOORS.slice(index + 1).map(pathOf), '^src/(index|testing|main|cli)\\.ts$'] },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Circular imports have no place to start reading.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...floors,
    {
      name: 'no-circular-folders',
      comment: 'Folders that import each other cannot be read one after the other.',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
    {
      name: 'every-file-has-a-room',
      comment: 'Only entry points are directly in src. Add a new folder to scripts/rooms.cjs first.',
      severity: 'error',
      from: { path: '^src/', pathNot: [...FLOORS.map(pathOf), '^src/(index|testing|main|cli)\\.ts$'] },
      to: {},
    },
    {
      name: 'helpers-of-tests-stay-apart',
      comment: 'Only src/testing.ts exports helpers of tests. Nothing that runs in production imports them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/testing(/|\\.ts$)' },
      to: { path: '^src/testing(/|\\.ts$)' },
    },
    {
      name: 'domain-is-pure',
      comment: 'The domain imports itself, pure helpers and pure libraries: no Nest, no I/O.',
      severity: 'error',
      from: { path: '^src/api-keys/domain/' },
      to: {
        pathNot: [
          '^src/api-keys/domain/',
          '^src/common/ulid\\.ts$',
          '^(node:)?(crypto|zlib|util)$',
          'node_modules/(ulid|ipaddr\\.js)/',
        ],
      },
    },
    {
      name: 'memory-only-through-the-factory',
      comment:
        'Only the storage factory, which asks StorageConfig first, and the parts of a memory store import it.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['-storage\\.ts$', '/memory-[^/]+\\.ts$'] },
      to: { path: '/memory-[^/]+\\.ts$' },
    },
    {
      name: 'repository-by-its-interface',
      comment: 'Verification, access, doors and the service use the repository only through its interface.',
      severity: 'error',
      from: {
        path: '^src/api-keys/',
        pathNot: '^src/api-keys/storage/',
      },
      to: {
        path: '^src/api-keys/storage/',
        pathNot: '/(api-key\\.repository|key-outbox|key-slots)\\.ts$',
      },
    },
    {
      name: 'commands-beside-the-service',
      comment: 'A command manages keys. It starts no background work of the service: decision record 0042.',
      severity: 'error',
      from: { path: '^src/cli(/|\\.ts$)' },
      to: {
        path: [
          '^src/(bootstrap|health)/',
          '^src/main\\.ts$',
          '^src/.*\\.(module|controller|guard)\\.ts$',
          '^src/api-keys/(access|doors)/',
          '^src/api-keys/verification/',
          '^src/api-keys/usage/usage-',
          '^src/change-feed/',
        ],
        pathNot: ['^src/cli/', '^src/mongo/mongo-connection\\.module\\.ts$'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Specs can import everything.
    exclude: { path: '\\.spec\\.ts$' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
