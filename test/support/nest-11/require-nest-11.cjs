// Fails the suites of the project nest-11 if they would run on another version of Nest.
const { version } = require('@nestjs/core/package.json');

if (!version.startsWith('11.')) throw new Error(`these suites need Nest 11, but found ${version}`);
