// Mocha's usual report with one plain line behind it, for whoever reads only the end: `N passed, N failed, N skipped`.
import Mocha from 'mocha';

class ClosingLine extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`);
  }
}

// oxlint-disable-next-line import/no-default-export -- mocha takes a reporter no other way
export default ClosingLine;
