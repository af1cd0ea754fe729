import { runNode } from '../support/node-process';

/** Prints whether V8 looks methods of strings up the quick way, once something is loaded. */
const isQuickWith = (module: string): readonly string[] => [
  '--allow-natives-syntax',
  '--eval',
  `require(${JSON.stringify(module)}); console.log('quick:', %HasFastProperties(String.prototype)); process.exit();`,
];

describe('the strings of a process', () => {
  it.each(['./dist/index.js', './dist/bootstrap/app.module.js'])(
    'are as quick with %s as without',
    async (module) => {
      const program = runNode(isQuickWith(module), { NODE_ENV: 'test' });
      const [, quick] = await program.waitFor(/quick: (\w+)/);
      await program.exited();

      expect(quick).toBe('true');
    },
  );
});
