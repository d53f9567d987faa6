// A machine as a graph that ELK can place: how large each state is with what is written in it, which transitions share a
// line, and where a state with states within begins. Widths are reckoned, not measured, so that every computer draws the
// same picture.
import type { ElkExtendedEdge, ElkNode, LayoutOptions } from 'elkjs/lib/elk-api.js';
import { allOf, type Chart, type Edge, type State } from '../src/inspect/statechart.ts';

/** All transitions from one state to another: they share a line, and stand beside it one below the other. */
export interface Bundle {
  /** The id of the line in the graph. */
  readonly id: string;
  readonly edges: readonly Edge[];
}

// Lengths in pixels. The sizes of the fonts are those of `src/inspect/charts/chart.css`.

/** From a line of text to the next. */
export const ROW = 16;
/** From the border of a box to what is written in it. */
export const INDENT = 12;
/** From where a label begins to its text. */
export const LABEL_INDENT = 4;
/** What a state's name takes of its box, from the top. */
const NAME_HEIGHT = 32;
/** What separates that from what the state does without leaving itself. */
const STAYING_MARGIN = 8;
const DOT = 10;
const BOX_MIN = 84;
const GAP = 20;

// The widest of the usual fonts for code takes 0.602 of its size per character. Those for text vary more.
const CODE_WIDTH = 11 * 0.61;
const NAME_WIDTH = 13 * 0.68;
const TAG_WIDTH = 11 * 0.58;

const padding = (all: number, left = all): string => `[top=${all},left=${left},bottom=${all},right=${all}]`;

const LAYERED: LayoutOptions = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.edgeRouting': 'ORTHOGONAL',
  // Every label on the right of its line, so that none seems to belong to another.
  'elk.layered.edgeLabels.sideSelection': 'ALWAYS_UP',
  'elk.spacing.nodeNode': '32',
  'elk.spacing.edgeNode': '20',
  'elk.spacing.edgeEdge': '14',
  'elk.spacing.edgeLabel': '4',
  'elk.layered.spacing.nodeNodeBetweenLayers': '28',
  'elk.layered.spacing.edgeNodeBetweenLayers': '18',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '14',
};

// The states of the machine come in the order in which they are written. Within a state ELK cannot keep that (it fails),
// but begins where the state begins.
const OUTERMOST: LayoutOptions = {
  ...LAYERED,
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.padding': padding(GAP),
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.cycleBreaking.strategy': 'MODEL_ORDER',
};
const WITHIN: LayoutOptions = { ...LAYERED, 'elk.layered.cycleBreaking.strategy': 'DEPTH_FIRST' };

export const graphOf = (chart: Chart): ElkNode => ({
  id: 'root',
  layoutOptions: OUTERMOST,
  children: [dotIn(''), ...chart.states.map((state) => nodeOf(chart, state))],
  edges: [...startsOf(chart), ...bundlesOf(chart).map(lineOf)],
});

/** What a state does with the events that it takes without leaving itself: that is written in its box. */
export const stayingIn = ({ edges }: Chart, { name, within }: State): Edge[] =>
  edges.filter(({ from, to }) => from === name && (to === null || (to === name && within.length === 0)));

export const bundlesOf = (chart: Chart): Bundle[] => {
  const staying = new Set(allOf(chart.states).flatMap((state) => stayingIn(chart, state)));
  const bundles = new Map<string, Edge[]>();
  for (const edge of chart.edges.filter((each) => !staying.has(each))) {
    const id = `${edge.from} to ${edge.to}`;
    bundles.set(id, [...(bundles.get(id) ?? []), edge]);
  }
  return Array.from(bundles, ([id, edges]) => ({ id, edges }));
};

/** What brings a transition about; in a second row, what it does. */
export const rowsOf = ({ event, guard, actions }: Edge): string[] => {
  const cause = guard === null ? event : `${event} [${guard}]`.trim();
  return actions.length === 0 ? [cause] : [cause, `/ ${actions.join(', ')}`];
};

export const tagsOf = ({ tags }: State): string => (tags.length === 0 ? '' : `«${tags.join(', ')}»`);

/** What a state's name and tags take of its box, from the top. */
export const headHeight = ({ tags }: State): number => NAME_HEIGHT + (tags.length === 0 ? 0 : ROW);

// The text of a state with states within stands on their left: lines come from above, and would run through it.
const nodeOf = (chart: Chart, state: State): ElkNode => {
  const staying = stayingIn(chart, state);
  const width = textWidth(state, staying);
  const height = headHeight(state) + (staying.length === 0 ? 0 : rowsHeight(staying) + 2 * STAYING_MARGIN);
  if (state.within.length === 0) return { id: state.name, width, height };
  return {
    id: state.name,
    layoutOptions: {
      ...WITHIN,
      'elk.padding': padding(GAP, width),
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${width},${height})`,
    },
    children: [dotIn(state.name), ...state.within.map((each) => nodeOf(chart, each))],
  };
};

const textWidth = (state: State, staying: readonly Edge[]): number => {
  const widths = [state.key.length * NAME_WIDTH, tagsOf(state).length * TAG_WIDTH, rowsWidth(staying)];
  return Math.ceil(Math.max(BOX_MIN, 2 * INDENT + Math.max(...widths)));
};

const rowsWidth = (edges: readonly Edge[]): number =>
  Math.ceil(Math.max(0, ...edges.flatMap(rowsOf).map((row) => row.length * CODE_WIDTH)));

const rowsHeight = (edges: readonly Edge[]): number => edges.flatMap(rowsOf).length * ROW;

const dotIn = (state: string): ElkNode => ({ id: dotId(state), width: DOT, height: DOT });

// No state has a space in its name and no line begins with one.
const dotId = (state: string): string => ` ${state}`;

/** From each dot to the state in which the one around it begins. */
const startsOf = ({ initial, states }: Chart): ElkExtendedEdge[] => [
  startIn('', initial),
  ...allOf(states).flatMap((state) => (state.initial === null ? [] : [startIn(state.name, state.initial)])),
];

const startIn = (state: string, initial: string): ElkExtendedEdge => ({
  id: `${dotId(state)} begins`,
  sources: [dotId(state)],
  targets: [initial],
});

const lineOf = ({ id, edges }: Bundle): ElkExtendedEdge => ({
  id,
  sources: edges.slice(0, 1).map(({ from }) => from),
  targets: edges.slice(0, 1).map(({ from, to }) => to ?? from),
  // ELK places no label without a text.
  labels: [{ text: id, width: rowsWidth(edges) + 2 * LABEL_INDENT, height: rowsHeight(edges) }],
});
