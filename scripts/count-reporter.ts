import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/** Writes how many tests passed, failed and were skipped to the file that TENANTREE_TEST_COUNTS names. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const file = process.env['TENANTREE_TEST_COUNTS'];
    if (file === undefined) return;
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      let own = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') counts.passed += 1;
        else if (state === 'skipped') counts.skipped += 1;
        else own += 1; // failed, or never came to an end
      }
      // a file that can't be loaded, or whose hooks fail, has no failed test to show for it
      counts.failed += own === 0 && !module.ok() ? 1 : own;
    }
    writeFileSync(file, JSON.stringify(counts));
  }
}
