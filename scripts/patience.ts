import { vi } from 'vitest';

/**
 * How long a test waits for what is to come (ms): of two cores that are busy with others', a second is soon over. Where a rule says how
 * soon, its test says so itself.
 */
const PATIENCE_MS = 10_000;

// `expect.poll` and `expect.element` are told in vitest.config.ts; these can't be.
const { waitFor, waitUntil } = vi;
vi.waitFor = (condition, options = PATIENCE_MS) => waitFor(condition, options);
vi.waitUntil = (condition, options = PATIENCE_MS) => waitUntil(condition, options);
