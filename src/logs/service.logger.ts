import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import { ConfigurationError } from '../problems/configuration.error';
import type { LogFormat } from '../settings/environment';
import { writeLogLine } from './log-sink';
import { redactionOf, type Redaction, shown } from '../common/redaction';

const LEVELS: readonly LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'];

/** The log entry of a request. No member can contain a credential. */
export type RequestLine = Readonly<Record<string, string | number | undefined>>;

/**
 * Nest's console logger, which also redacts every text and can write one JSON object per line. It does not log a
 * `ConfigurationError`, because the process prints the error when it exits.
 */
export class ServiceLogger extends ConsoleLogger {
  private format: LogFormat = 'text';
  private conceal: Redaction = redactionOf();

  /**
   * @param output the stream for text; commands use standard error, because they write their result to standard output
   */
  constructor(private readonly output?: 'stderr') {
    super();
  }

  /** Sets the minimum log level. */
  writeFrom(level: LogLevel): void {
    this.setLogLevels(LEVELS.slice(0, LEVELS.indexOf(level) + 1));
  }

  writeAs(format: LogFormat): void {
    this.format = format;
  }

  /** Makes the logger also redact tokens of other systems that start with these prefixes. */
  redactImported(prefixes: readonly string[]): void {
    this.conceal = redactionOf(prefixes);
  }

  /** Returns whether a text contains a credential. */
  holdsCredential(text: string): boolean {
    return this.conceal(text) !== text;
  }

  /** Logs one answered request. Does not redact the entry, because no member can contain a credential. */
  request(level: 'log' | 'warn' | 'debug', line: RequestLine): void {
    if (!this.isLevelEnabled(level)) return;
    if (this.format === 'json') {
      writeLogLine(JSON.stringify({ time: new Date().toISOString(), level, context: 'HTTP', ...line }));
      return;
    }
    const { method, route, status, ms, ...rest } = line;
    const more = Object.entries(rest).map(([name, value]) =>
      value === undefined ? '' : ` ${name}=${value}`,
    );
    const text = `${method} ${route} ${status} ${ms} ms${more.join('')}`;
    super.printMessages([text], 'HTTP', level, this.output ?? 'stdout');
  }

  override error(message: unknown, ...rest: [stack?: string, context?: string]): void {
    if (!(message instanceof ConfigurationError)) super.error(message, ...rest);
  }

  protected override printMessages(
    messages: unknown[],
    context = '',
    level: LogLevel = 'log',
    stream?: 'stdout' | 'stderr',
    stack?: unknown,
  ): void {
    const texts = messages.map((message) => this.conceal(shown(message)));
    if (this.format === 'text') {
      super.printMessages(texts, context, level, this.output ?? stream);
      return;
    }
    for (const message of texts) {
      const line = { time: new Date().toISOString(), level, context, message, stack: this.clean(stack) };
      writeLogLine(JSON.stringify(line));
    }
  }

  protected override printStackTrace(stack: string | undefined): void {
    if (this.format === 'text') super.printStackTrace(this.clean(stack) ?? '');
  }

  private clean(stack: unknown): string | undefined {
    return stack === undefined ? undefined : this.conceal(shown(stack));
  }
}
