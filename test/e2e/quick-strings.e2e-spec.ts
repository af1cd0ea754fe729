import { runNode } from '../support/node-process';

/** Builds a program that loads a module and prints whether String.prototype keeps its fast properties. */
const isQuickWith = (module: string): readonly string[] => [
  '--allow-natives-syntax',
  '--eval',
  `require(${JSON.stringify(module)}); console.log('quick:', %HasFastProperties(String.prototype)); process.exit();`,
];

describe('String.prototype', () => {
  it.each(['./dist/index.js', './dist/bootstrap/app.module.js'])(
    'keeps its V8 fast properties after %s is loaded',
    async (module) => {
      const program = runNode(isQuickWith(module), { NODE_ENV: 'test' });
      const [, quick] = await program.waitFor(/quick: (\w+)/);
      await program.exited();

      expect(quick).toBe('true');
    },
  );
});
