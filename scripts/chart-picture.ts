// A chart with a place for everything in it. ELK places and routes; what comes back is made flat: boxes, dots and lines in
// the coordinates of the whole picture, rounded, the outer boxes before those within.
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import Elk from 'elkjs/lib/elk.bundled.js';
import { bundlesOf, graphOf } from './chart-graph.ts';
import { allOf, type Chart, type Edge, type State } from '../src/inspect/statechart.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Area extends Point {
  readonly width: number;
  readonly height: number;
}

export interface Box extends Area {
  readonly state: State;
}

export interface Line {
  readonly points: readonly Point[];
  /** The transitions that take this way; none for the one that leads from a dot to where a state begins. */
  readonly edges: readonly Edge[];
  /** Where the transitions are written; null where there are none. */
  readonly label: Point | null;
}

export interface Picture extends Area {
  readonly chart: Chart;
  readonly boxes: readonly Box[];
  readonly dots: readonly Area[];
  readonly lines: readonly Line[];
}

export const pictureOf = async (chart: Chart): Promise<Picture> => {
  const root = await new Elk.default().layout(graphOf(chart));
  const states = new Map(allOf(chart.states).map((state) => [state.name, state]));
  const nodes = allWithin(root);
  return {
    chart,
    ...areaOf(root),
    boxes: nodes.flatMap((node) => {
      const state = states.get(node.id);
      return state ? [{ state, ...areaOf(node) }] : [];
    }),
    dots: nodes.filter(({ id }) => !states.has(id)).map(areaOf),
    lines: linesOf(chart, root.edges ?? []),
  };
};

const allWithin = ({ children = [] }: ElkNode): ElkNode[] => children.flatMap((node) => [node, ...allWithin(node)]);

const linesOf = (chart: Chart, routed: readonly ElkExtendedEdge[]): Line[] => {
  const bundled = new Map(bundlesOf(chart).map(({ id, edges }) => [id, edges]));
  return routed.map(({ id, sections = [], labels: [label] = [] }) => ({
    points: sections.flatMap(({ startPoint, bendPoints = [], endPoint }) =>
      [startPoint, ...bendPoints, endPoint].map(pointOf),
    ),
    edges: bundled.get(id) ?? [],
    label: label ? pointOf(label) : null,
  }));
};

const pointOf = ({ x = 0, y = 0 }: Partial<Point>): Point => ({ x: rounded(x), y: rounded(y) });

const areaOf = ({ width = 0, height = 0, ...point }: Partial<Area>): Area => ({
  ...pointOf(point),
  width: rounded(width),
  height: rounded(height),
});

// To half a pixel: nobody sees the rest, and the last digits of a float are no reason for a picture to have drifted.
const rounded = (length: number): number => Math.round(length * 2) / 2;
