// Compiles every changed TypeScript file that a bench may load, see typescript.cjs.
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const ts = require('typescript');
const { ROOT, emittedFile, isEmitted } = require('./typescript.cjs');

const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), (fileName) =>
  readFileSync(fileName, 'utf8'),
);
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
const compilerOptions = {
  ...options,
  noEmit: false,
  declaration: false,
  sourceMap: false,
  inlineSourceMap: true,
  module: ts.ModuleKind.CommonJS,
  moduleResolution: undefined,
};

for (const fileName of ts.sys.readDirectory(
  ROOT,
  ['.ts'],
  ['node_modules'],
  ['src', 'bench', 'test/support', 'test/contract'],
)) {
  if (isEmitted(fileName)) continue;
  const { outputText } = ts.transpileModule(readFileSync(fileName, 'utf8'), { fileName, compilerOptions });
  const emitted = emittedFile(fileName);
  mkdirSync(path.dirname(emitted), { recursive: true });
  writeFileSync(`${emitted}.${process.pid}`, outputText);
  renameSync(`${emitted}.${process.pid}`, emitted);
}
