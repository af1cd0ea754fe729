import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { Environment, readEnvironment } from '../../src/config/environment';

describe('an operator who reads .env.example', () => {
  const text = readFileSync(join(__dirname, '../../.env.example'), 'utf8');
  const example = parseEnv(text);

  it('finds every setting there is, and none that is not', () => {
    expect(Object.keys(example).toSorted()).toEqual(Object.keys(new Environment()).toSorted());
  });

  it('finds each explained above, and standing at its default', () => {
    for (const name of Object.keys(example)) {
      expect([name, new RegExp(`^# .+\\n(?:[A-Z].*\\n)*${name}=`, 'm').test(text)]).toEqual([name, true]);
    }
    expect({ ...readEnvironment({ ...example, NODE_ENV: undefined }) }).toEqual({ ...new Environment() });
  });
});
