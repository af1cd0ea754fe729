import { retried } from './retried';

const lost = (): Error => new Error('others were faster');

describe('a change that competes with other changes', () => {
  it('is retried until it is written', async () => {
    const attempt = jest.fn<Promise<string | undefined>, []>().mockResolvedValueOnce(undefined);
    attempt.mockResolvedValueOnce('landed');
    expect(await retried(attempt, lost)).toBe('landed');
    expect(attempt).toHaveBeenCalledTimes(2);
  });

  it('fails after five attempts', async () => {
    const attempt = jest.fn<Promise<string | undefined>, []>().mockResolvedValue(undefined);
    await expect(retried(attempt, lost)).rejects.toThrow('others were faster');
    expect(attempt).toHaveBeenCalledTimes(5);
  });

  it('is not retried after it throws an error', async () => {
    const attempt = jest.fn<Promise<string | undefined>, []>().mockRejectedValue(new Error('no store'));
    await expect(retried(attempt, lost)).rejects.toThrow('no store');
    expect(attempt).toHaveBeenCalledTimes(1);
  });
});
