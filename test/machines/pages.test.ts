// The pages of the machines, on a machine made for them: nesting, guards, merged edges, and characters that Mermaid would
// read as its own.
import { expect } from 'chai';
import { setup } from 'xstate';
import { chartOf } from '../../src/inspect/statechart.ts';
import { mermaidOf, openingComment, pageOf } from '../../scripts/machine-pages.ts';

const machine = setup({
  guards: { 'may;go': () => true },
  actions: { note: () => {} },
}).createMachine({
  id: 'sample',
  initial: 'at-home',
  states: {
    'at-home': { tags: ['live', 'quiet'], on: { 'go.on': { target: 'away', guard: 'may;go' }, 'go: "off"': 'away' } },
    away: {
      initial: 'near',
      on: { 'go.on': '.far' },
      states: { near: { on: { 'go: "off"': { actions: ['note', 'note'] } } }, far: { type: 'final' } },
    },
  },
});

describe('the pages of a machine', () => {
  it('draw it', () => {
    expect(mermaidOf(chartOf(machine))).to.equal(`stateDiagram-v2
  [*] --> at_home
  state "at-home «live, quiet»" as at_home
  state "away" as away {
    [*] --> away_near
    state "near" as away_near
    state "far" as away_far
    away_far --> [*]
  }
  at_home --> away : go.on [may#59;go]<br/>go#58; #34;off#34;
  away --> away_far : go.on
  away_near --> away_near : go#58; #34;off#34; / note, note
`);
  });

  it('say which state takes which event, the innermost first', () => {
    const page = pageOf({ chart: chartOf(machine), source: 'machines/sample.ts', prose: 'A sample.', visible: ['at'] });
    expect(page).to.contain('| State | `go.on` | `go: "off"` |');
    expect(page).to.contain('| at-home | away if may;go | away |');
    expect(page).to.contain('| away.near | away.far | stays |');
    expect(page).to.contain('| away.far (final) | away.far | · |');
  });

  it('begin with the comment that opens the source', () => {
    expect(openingComment('// One.\n// Two.\nimport a;\n// Three.')).to.equal('One.\nTwo.');
  });
});
