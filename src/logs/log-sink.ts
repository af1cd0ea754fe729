import SonicBoom from 'sonic-boom';

const MAX_WAITING_BYTES = 16 * 1024 * 1024;
const STDOUT = 1;

let sink: SonicBoom | undefined;

/**
 * Writes a line to standard output without waiting for it. While nobody reads, lines wait up to 16 MiB and are dropped
 * beyond: a log that stands still must not take the service with it. What waits at the exit is written then.
 */
export function writeLogLine(line: string): void {
  sink ??= openSink();
  sink.write(`${line}\n`);
}

function openSink(): SonicBoom {
  const opened = new SonicBoom({ fd: STDOUT, sync: false, maxLength: MAX_WAITING_BYTES });
  opened.on('error', () => undefined);
  process.on('exit', () => {
    try {
      opened.flushSync();
    } catch {
      // Nobody reads any more.
    }
  });
  return opened;
}
