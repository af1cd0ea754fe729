/**
 * Moves `Date.now()` and `performance.now()` forward, which measure the age of cache entries and the time since a
 * failure. Sessions do not expire earlier, because their expiry is compared with `new Date()`, which does not move.
 */
export class MovableTime {
  private ahead = 0;
  private readonly spies: readonly jest.SpyInstance[];

  constructor() {
    const [wall, steady] = [Date.now.bind(Date), performance.now.bind(performance)];
    this.spies = [
      jest.spyOn(Date, 'now').mockImplementation(() => wall() + this.ahead),
      jest.spyOn(performance, 'now').mockImplementation(() => steady() + this.ahead),
    ];
  }

  advanceMinutes(minutes: number): void {
    this.ahead += minutes * 60_000;
  }

  restore(): void {
    for (const spy of this.spies) spy.mockRestore();
  }
}
