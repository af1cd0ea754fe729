import type { MongoServer, MongoServerKind } from './mongo-server';
import { Suspension } from './suspension';

interface ChildServerParts {
  readonly uri: string;
  readonly kind: MongoServerKind;
  readonly pid: number;
  readonly end: () => Promise<void>;
}

export function childServer({ uri, kind, pid, end }: ChildServerParts): MongoServer {
  const suspension = new Suspension(pid);
  let ended: Promise<void> | undefined;
  return {
    uri,
    kind,
    pid,
    suspend: () => suspension.begin(),
    resume: () => suspension.end(),
    stop: () => {
      suspension.end();
      ended ??= end();
      return ended;
    },
  };
}
