/** Shows only the output of a measurement and the reason of a failure. */
import type { FullResult, Reporter, TestCase, TestError, TestResult } from '@playwright/test/reporter';

export default class BenchReporter implements Reporter {
  onStdOut(chunk: string | Buffer): void {
    process.stdout.write(chunk);
  }

  onStdErr(chunk: string | Buffer): void {
    process.stderr.write(chunk);
  }

  onError(error: TestError): void {
    console.error(error.stack ?? error.message);
  }

  onTestEnd(_test: TestCase, result: TestResult): void {
    for (const error of result.errors) this.onError(error);
  }

  onEnd({ status }: FullResult): void {
    if (status !== 'passed') console.error('It did not come to a good end.');
  }
}
