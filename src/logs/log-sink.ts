import SonicBoom from 'sonic-boom';

const MAX_WAITING_BYTES = 16 * 1024 * 1024;
const STDOUT = 1;

let sink: SonicBoom | undefined;

/**
 * Writes a line to standard output without waiting for it. While no program reads the output, up to 16 MiB are buffered
 * and further lines are dropped. Therefore, a blocked log does not block the service. The buffer is written when the
 * process exits.
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
      // The reader is gone.
    }
  });
  return opened;
}
