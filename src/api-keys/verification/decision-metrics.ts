import { Injectable } from '@nestjs/common';
import { DECISION_CODES } from '../domain/decision';
import { type Tally, tallyOf } from '../../common/tally';
import type { VerificationCode } from './verification';

/** The part of Keyward that makes a decision: the guard or a decision endpoint. */
export type Door = 'guard' | 'verify' | 'introspect' | 'forward-auth';

/** The code of a counted decision. `UNAVAILABLE` means that no decision could be made. */
export type CountedCode = VerificationCode | 'UNAVAILABLE';

const METRIC = 'keyward_decisions_total';

/** Counts decisions by door and code for Prometheus. Each count costs one addition. */
@Injectable()
export class DecisionMetrics {
  private readonly tallies: Readonly<Record<Door, Readonly<Record<CountedCode, Tally>>>> = {
    guard: talliesOf('guard'),
    verify: talliesOf('verify'),
    introspect: talliesOf('introspect'),
    'forward-auth': talliesOf('forward-auth'),
  };

  count(door: Door, code: CountedCode): void {
    this.tallies[door][code].value += 1;
  }

  /** Counts a decision by its code, or as `UNAVAILABLE` if it fails. */
  async counted<T extends { readonly code: CountedCode }>(door: Door, decision: T | Promise<T>): Promise<T> {
    try {
      const made = await decision;
      this.count(door, made.code);
      return made;
    } catch (error) {
      this.count(door, 'UNAVAILABLE');
      throw error;
    }
  }
}

function talliesOf(door: Door): Readonly<Record<CountedCode, Tally>> {
  const help = 'Decisions about presented tokens, by door (guard or endpoint) and code.';
  const codes: readonly CountedCode[] = [...DECISION_CODES, 'RATE_LIMITED', 'UNAVAILABLE'];
  const tallies = codes.map((code) => [code, tallyOf(METRIC, help, { door, code })]);
  return Object.fromEntries(tallies) as Record<CountedCode, Tally>;
}
