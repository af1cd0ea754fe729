// Lets Node load this tree's TypeScript as `tsc` would emit it, so that what is measured is what is shipped.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const ts = require('typescript');

const { config } = ts.readConfigFile(join(__dirname, '../tsconfig.json'), ts.sys.readFile);
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, join(__dirname, '..'));
const compilerOptions = {
  ...options,
  noEmit: false,
  declaration: false,
  sourceMap: false,
  inlineSourceMap: true,
  module: ts.ModuleKind.CommonJS,
  moduleResolution: undefined,
};

require.extensions['.ts'] = (module, fileName) => {
  const { outputText } = ts.transpileModule(readFileSync(fileName, 'utf8'), { fileName, compilerOptions });
  module._compile(outputText, fileName);
};
