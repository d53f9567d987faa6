// A machine as JSON: what `createMachine` makes of it has the same states and transitions, and a function that JSON would
// lose is noticed.
import { expect } from 'chai';
import { createMachine } from 'xstate';
import { chartOf } from '../../src/inspect/statechart.ts';
import { catalogue } from '../../scripts/machine-catalogue.ts';
import { jsonOf } from '../../scripts/machine-json.ts';

const readBack = (json: string) => createMachine(JSON.parse(json) as Parameters<typeof createMachine>[0]);

for (const { machine } of catalogue) {
  describe(`the JSON of ${machine.id}`, () => {
    it('gives the same chart', () => {
      const again = readBack(jsonOf(machine));
      expect(chartOf(again)).to.deep.equal(chartOf(machine));
      expect(again.version).to.equal(machine.version);
    });
  });
}

describe('the JSON of a machine', () => {
  const inline = () => true;

  it('is not made where a function stands that should have a name', () => {
    const machine = createMachine({
      id: 'careless',
      context: () => ({}),
      output: inline,
      entry: [inline],
      on: { go: { guard: inline, actions: 'named' }, come: [{ actions: [{ type: 'named', params: inline }] }] },
      initial: 'one',
      states: { one: { invoke: { src: 'worker', input: inline } }, output: { type: 'final', output: inline } },
    });
    const paths = [
      '/entry/0',
      '/on/go/guard',
      '/on/come/0/actions/0/params',
      '/states/one/invoke/input',
      '/states/output/output',
    ];
    expect(() => jsonOf(machine)).to.throw(`careless has inline functions at ${paths.join(', ')}.`);
  });

  it('leaves out what makes the context and the output', () => {
    const machine = createMachine({ id: 'careful', context: () => ({}), output: inline });
    expect(jsonOf(machine)).to.equal('{\n  "id": "careful"\n}\n');
  });
});
