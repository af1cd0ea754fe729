import { setTimeout as pause } from 'node:timers/promises';
import { isBrokenConnection } from '../http-client';
import { Lateness } from '../lateness';
import type { DrillInstance } from './drill-instance';
import { decide, type Door, type Question, VALID } from './question';
import type { Timed } from './timed';

/** One answer of a service in a drill. Times are from `performance.now()`. */
export interface Answered extends Timed {
  readonly what: string;
  readonly decision: string;
  readonly isRight: boolean;
}

const ASKERS = 6;
const PAUSE_MS = 30;
const DOORS: readonly Door[] = ['forward-auth', 'verify'];

/** The decision that is recorded if the connection was closed before the answer. */
const BROKEN = 'no answer';

/** The part of the time for which this process may be delayed. Above it, an outage answer is excused. */
const BUSY = 0.25;

/** Continuously requests decisions about valid and invalid tokens, and checks every answer. */
export class SteadyLoad {
  readonly answers: Answered[] = [];
  readonly lateness = new Lateness();
  private readonly asking: Promise<unknown>;
  private isOver = false;
  private next = 0;

  constructor(
    private readonly instance: DrillInstance,
    private readonly questions: readonly Question[],
    private readonly verifier: string,
  ) {
    this.asking = Promise.all(Array.from({ length: ASKERS }, async () => this.ask()));
  }

  /** Stops the load, and waits for requests in flight. */
  async stop(): Promise<void> {
    this.isOver = true;
    await this.asking;
    this.lateness.stop();
  }

  /** The answers that are wrong: neither correct nor a report of an outage. */
  get wrong(): readonly Answered[] {
    return this.answers.filter(({ isRight, decision }) => !isRight && !isOutage(decision));
  }

  get wrongAdmissions(): number {
    return this.wrong.filter(({ decision }) => decision === VALID).length;
  }

  /** Returns the accepted requests that were sent after `from` and answered before `to`. */
  admissionsBetween(from: number, to: number): readonly Answered[] {
    return this.answers.filter(
      ({ decision, sentAt, answeredAt }) => decision === VALID && sentAt > from && answeredAt < to,
    );
  }

  /** The number of answers that reported an outage, by status and code. */
  get refusals(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { decision } of this.answers.filter((answer) => isOutage(answer.decision))) {
      counts.set(decision, (counts.get(decision) ?? 0) + 1);
    }
    return counts;
  }

  /** The answers that reported an outage although this process was hardly delayed in the second before. */
  get unexcused(): readonly string[] {
    return this.answers
      .filter(({ decision, sentAt, answeredAt }) => {
        const from = sentAt - 1000;
        return isOutage(decision) && this.lateness.between(from, answeredAt) < BUSY * (answeredAt - from);
      })
      .map(({ decision }) => decision);
  }

  /** Waits until every question got a correct answer to a request sent after a given time. */
  async allRightSince(moment: number, withinMs: number): Promise<void> {
    const begunAt = performance.now();
    for (;;) {
      const right = new Set(
        this.answers.filter(({ isRight, sentAt }) => isRight && sentAt > moment).map(({ what }) => what),
      );
      const left = this.questions.filter(({ what }) => !right.has(what));
      if (left.length === 0) return;
      if (this.lateness.judged(begunAt, performance.now()) > withinMs) {
        throw new Error(`still not answered correctly: ${left.map(({ what }) => what).join('; ')}`);
      }
      await pause(20);
    }
  }

  /**
   * Waits for the first accepted request that was sent after a given time. Returns the time from then to its answer.
   */
  async firstAdmissionSince(moment: number, withinMs: number): Promise<number> {
    const begunAt = performance.now();
    for (;;) {
      const first = this.answers.find(({ decision, sentAt }) => decision === VALID && sentAt > moment);
      if (first !== undefined) return first.answeredAt - moment;
      if (this.lateness.judged(begunAt, performance.now()) > withinMs)
        throw new Error(`no request was accepted for ${withinMs} ms`);
      await pause(10);
    }
  }

  private async ask(): Promise<void> {
    while (!this.isOver) {
      const turn = this.next++;
      const question = this.questions[turn % this.questions.length];
      // Each question goes to each endpoint in turn.
      const door = DOORS[(turn + Math.floor(turn / this.questions.length)) % DOORS.length];
      if (question === undefined || door === undefined) throw new Error('there is nothing to ask');
      const sentAt = performance.now();
      const decision = await this.answerTo(question, door);
      const answeredAt = performance.now();
      const isRight = question.allowed(sentAt, answeredAt).includes(decision);
      this.answers.push({ what: question.what, decision, isRight, sentAt, answeredAt });
      await pause(PAUSE_MS * (0.5 + Math.random()));
    }
  }

  private async answerTo(question: Question, door: Door): Promise<string> {
    try {
      return await decide(this.instance, question, door, this.verifier);
    } catch (error) {
      if (isBrokenConnection(error)) return BROKEN;
      throw error;
    }
  }
}

function isOutage(decision: string): boolean {
  return decision.startsWith('503 ') || decision === BROKEN;
}
