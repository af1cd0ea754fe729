import 'reflect-metadata';
import { endBy, exitUnstarted, listenForSignals } from './bootstrap/signals';

listenForSignals();

/** Loads the service after listening for signals, because loading takes a second in which a signal may arrive. */
async function main(): Promise<void> {
  const { startService } = await import('./bootstrap/start-service.js');
  await startService(endBy);
}

main().catch(exitUnstarted);
