import 'reflect-metadata';
import { endBy, exitUnstarted, listenForSignals } from './bootstrap/signals';

listenForSignals();

/** The rest is loaded with the signals being heard: it takes a second, in which one may come. */
async function main(): Promise<void> {
  const { startService } = await import('./bootstrap/start-service.js');
  await startService(endBy);
}

main().catch(exitUnstarted);
