// Leaves a jest run's closing lines for scripts/test.mjs, which prints them last. Suites that did not load count as failed.
const { writeFileSync } = require('node:fs');

module.exports = class SummaryReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const lines = results.testResults
      .flatMap((suite) => suite.testResults)
      .filter((test) => test.status === 'pending')
      .map((test) => `skipped: ${test.fullName}`);
    const tail = skipped > 0 ? `, ${skipped} skipped` : '';
    lines.push(`${results.numPassedTests} passed, ${failed} failed${tail}`);
    writeFileSync(process.env.HYPHA_TEST_SUMMARY, `${lines.join('\n')}\n`);
  }
};
