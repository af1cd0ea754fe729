const { dependencies } = require('./service/package.json');

/** The service's sources are here, but its manifest is separate: test/e2e/package.e2e-spec.ts compares the two. */
const ofTheService = Object.keys(dependencies).filter(
  (name) => !['@fastify/static', 'fastify', 'helmet'].includes(name),
);

/** Loaded by other packages: by @nestjs/apollo. */
const loaded = ['@as-integrations/express5'];

/** Run by their paths. */
const programs = ['@arethetypeswrong/cli', '@redocly/cli', 'publint', 'remark-cli', 'remark-validate-links'];

/** @type {import('knip').KnipConfig} */
module.exports = {
  workspaces: {
    '.': {
      entry: [
        'src/{main,cli,index,testing}.ts',
        'test/**/*.{spec,e2e-spec,integration-spec,fault-spec,drill-spec}.ts',
        // Separate processes, or loaded by name.
        'test/support/**/*.{cjs,mjs}',
        'test/support/package/{host,lean-host}/main.ts',
        'samples/{graphql,memories,websockets}/src/main.ts',
        'src/bootstrap/swagger.ts',
        'test/support/fixed-properties.ts',
        'samples/**/*.e2e-spec.ts',
        'bench/run.ts',
        'bench/*.bench.ts',
        'bench/*.cjs',
        'scripts/*.{mjs,cjs}',
        'deploy/*.{mjs,js}',
      ],
      project: [
        '{src,test,samples,bench,scripts,deploy}/**/*.{ts,mjs,cjs,js}',
        // Compiled with a generated client, and has its own manifests.
        '!test/conformance/**',
      ],
      ignoreDependencies: [...ofTheService, ...loaded, ...programs],
      // Installed on the system.
      ignoreBinaries: ['java'],
    },
  },
  ignoreWorkspaces: ['service', 'stubs/scarf'],
  // A type that a signature uses is exported with it.
  ignoreExportsUsedInFile: { interface: true, type: true },
};
