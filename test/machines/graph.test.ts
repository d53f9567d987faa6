// What holds of every machine, found by walking its graph: nothing unreachable, nothing stuck, nothing unread, and no
// function where a name belongs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { initialTransition } from 'xstate';
import { allOf, chartOf, leavesOf, lineageOf, type Chart } from '../../src/inspect/statechart.ts';
import { catalogue } from '../../scripts/machine-catalogue.ts';
import { jsonOf } from '../../scripts/machine-json.ts';
import { projectSources } from '../tidy/source.ts';

/** Where a machine is after it has entered a state: in the first state within, all the way down. */
const entered = (chart: Chart, name: string): string => {
  const initial = allOf(chart.states).find((state) => state.name === name)?.initial;
  return initial ? entered(chart, initial) : name;
};

const leadsTo = (chart: Chart, leaf: string): string[] =>
  chart.edges.filter(({ from, to }) => to && lineageOf(leaf).includes(from)).map(({ to }) => entered(chart, to ?? ''));

const reachable = (chart: Chart): Set<string> => {
  const found = new Set([entered(chart, chart.initial)]);
  for (const leaf of found) for (const next of leadsTo(chart, leaf)) found.add(next);
  return found;
};

// The codec names every field so that none is forgotten; that is no reading.
const outside = projectSources().filter(({ path }) => path.startsWith('src/') && path !== 'src/zone/actors/codec.ts');

const readsOf = (field: string): RegExp =>
  new RegExp(
    [
      `\\bcontext\\.${field}\\b`,
      `\\bcontext: \\{[^}]*\\b${field}\\b`,
      `\\{[^{}]*\\b${field}\\b[^{}]*\\} = [\\w.()#]*\\bcontext\\b`,
    ].join('|'),
  );

describe('the catalogue of machines', () => {
  it('has every file that makes a machine', () => {
    const files = projectSources().filter(
      ({ path, code }) => path.startsWith('machines/') && code.includes('createMachine'),
    );
    expect(catalogue.map(({ source }) => source)).to.have.members(files.map(({ path }) => path));
  });
});

for (const { machine, source, visible, input } of catalogue) {
  const chart = chartOf(machine);
  const leaves = leavesOf(chart.states);
  const [start] = initialTransition(machine, input);
  const fields = Object.keys(start.context);

  describe(`the machine ${machine.id}`, () => {
    it('has a version, which its snapshots carry', () => {
      expect(machine.version).to.match(/^\d+$/);
    });

    it('reaches every state', () => {
      expect([...reachable(chart)].toSorted()).to.deep.equal(leaves.map(({ name }) => name).toSorted());
    });

    it('can leave every state that is not final', () => {
      const stuck = leaves.filter(
        ({ name, kind }) => kind !== 'final' && leadsTo(chart, name).every((to) => to === name),
      );
      expect(stuck).to.deep.equal([]);
    });

    it('has names where functions could stand', () => {
      expect(() => jsonOf(machine)).not.to.throw();
    });

    it('has no field that nobody reads and nobody is shown', () => {
      const code = readFileSync(join(import.meta.dirname, '../..', source), 'utf8');
      const read = (field: string) =>
        [code, ...outside.map((each) => each.code)].some((text) => readsOf(field).test(text));
      expect(fields.filter((field) => !read(field) && !visible.includes(field))).to.deep.equal([]);
    });

    it('shows only fields that it has', () => {
      expect(fields).to.include.members([...visible]);
    });
  });
}
