import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The server's program in one file, made once for the run (scripts/linked-server.ts). */
    program: string;
  }
}

/** What `npm start` runs, `apps/api/src/main.ts`, with all that it imports in one file. */
export const linkedProgram = (): string => inject('program');
