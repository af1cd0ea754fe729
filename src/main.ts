import 'reflect-metadata';
import { endBy, exitUnstarted, listenForSignals } from './bootstrap/signals';

listenForSignals();

/** Loads the service after the signal handlers are installed, because a signal may arrive while it loads. */
async function main(): Promise<void> {
  const { startService } = await import('./bootstrap/start-service.js');
  await startService(endBy);
}

main().catch(exitUnstarted);
