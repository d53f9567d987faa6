// The rows a benchmark prints. A figure stands beside what this machine can do at best, measured in the same run, so that
// it means something elsewhere too. Nothing here asserts.

export interface Row {
  readonly what: string;
  readonly figure: number;
  readonly unit: '/s' | 'ms' | 'µs' | 'bytes' | 'times' | '';
  /** First target, and what the reference does with the same client; null where there is none. */
  readonly target?: string;
  readonly reference?: string;
  /** The figure in relation to a limit of this machine. */
  readonly ratio?: string;
}

const written = (figure: number): string =>
  figure >= 100 || Number.isInteger(figure) ? Math.round(figure).toLocaleString('en') : figure.toFixed(2);

export const printTable = (title: string, rows: readonly Row[]): void => {
  console.log(`\n### ${title}\n`);
  console.log('| What | Figure | Target | Reference | Of the limit |');
  console.log('| --- | ---: | ---: | ---: | --- |');
  for (const { what, figure, unit, target = '', reference = '', ratio = '' } of rows) {
    console.log(`| ${what} | ${`${written(figure)} ${unit}`.trim()} | ${target} | ${reference} | ${ratio} |`);
  }
};

export const percent = (figure: number, limit: number, of: string): string =>
  `${Math.round((figure / limit) * 100)} % of ${of}`;
