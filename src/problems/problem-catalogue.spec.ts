import { type ProblemCode, PROBLEM_CATALOGUE } from './problem-catalogue';

const problems = Object.entries(PROBLEM_CATALOGUE) as [ProblemCode, { status: number; title: string }][];

describe('the catalogue of problems', () => {
  it.each(problems)('has a stable code, a status and a title for %s', (code, { status, title }) => {
    expect(code).toMatch(/^[a-z]+(?:_[a-z]+)*$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(title).toMatch(/^[A-Z][^.]+$/);
  });

  it('has a different title for each problem', () => {
    expect(new Set(problems.map(([, { title }]) => title)).size).toBe(problems.length);
  });
});
