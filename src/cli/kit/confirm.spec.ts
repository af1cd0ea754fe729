import { PassThrough } from 'node:stream';
import { confirm } from './confirm';

function terminal(): { input: PassThrough; output: PassThrough } {
  return { input: new PassThrough(), output: new PassThrough() };
}

describe('a confirmation', () => {
  it.each([
    ['y', true],
    ['Y', true],
    ['yes', true],
    [' yes ', true],
    ['', false],
    ['n', false],
    ['yesterday', false],
    ['ja', false],
  ])('with the answer %j is %s', async (answer, isYes) => {
    const here = terminal();
    const asked = confirm('Revoke it?', here);
    here.input.write(`${answer}\n`);
    expect(await asked).toBe(isYes);
    expect(String(here.output.read())).toContain('Revoke it? [y/N] ');
  });

  it('is false if the input ends', async () => {
    const here = terminal();
    const asked = confirm('Revoke it?', here);
    here.input.end();
    expect(await asked).toBe(false);
  });
});
