// A picture as SVG. Every state is a group with `data-state`, every transition one with `data-edge` (from:event:to), so that
// a page can light them by a class. Nothing has a style of its own, and nothing runs: how it looks is in
// `src/inspect/charts/chart.css`.
import { headHeight, INDENT, LABEL_INDENT, ROW, rowsOf, stayingIn, tagsOf } from './chart-graph.ts';
import type { Area, Box, Line, Picture, Point } from './chart-picture.ts';
import type { Chart, Edge } from '../src/inspect/statechart.ts';

export interface SvgOptions {
  /** The style sheet, for a file that is looked at alone; null for a page that has it already. */
  readonly style: string | null;
}

/** From the top of a box to the line that its name stands on. */
const NAME_BASE = 22;
/** From the top of a row to the line that its text stands on. */
const ROW_BASE = 12;
/** How long the head of an arrow is. */
const HEAD = 7;
/** How far before and behind a bend a line is round. */
const BEND = 6;
const ORIGIN: Point = { x: 0, y: 0 };

export const svgOf = ({ chart, width, height, boxes, dots, lines }: Picture, { style }: SvgOptions): string => {
  const id = escaped(chart.id);
  const size = `width="${width}" height="${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" data-machine="${id}" ${size} viewBox="0 0 ${width} ${height}"`,
    ` role="img" aria-labelledby="${id}-title" aria-describedby="${id}-desc">`,
    `<title id="${id}-title">The states of ${id}</title>`,
    `<desc id="${id}-desc">${escaped(inWords(chart))}</desc>`,
    ...(style === null ? [] : [`<style>\n${style}</style>`]),
    `<rect class="paper" ${size} rx="12"/>`,
    ...boxes.map((box) => stateOf(chart, box)),
    ...lines.map((line) => `<path class="line" d="${pathOf(line)}"/>`),
    ...dots.map(dotOf),
    ...lines.flatMap(transitionsAlong),
    '</svg>',
    '',
  ].join('\n');
};

const inWords = ({ initial, states, edges }: Chart): string => {
  const transitions = edges.map(({ from, event, guard, to }) => {
    const cause = guard === null ? event : `${event} if ${guard}`;
    return `${from} on ${cause}: ${to ?? 'stays'}.`;
  });
  return `It begins in ${initial}; there are ${states.map(({ key }) => key).join(', ')}. ${transitions.join(' ')}`;
};

const stateOf = (chart: Chart, box: Box): string => {
  const { state, x, y } = box;
  const tags = tagsOf(state);
  return [
    `<g class="state ${state.kind}" data-state="${escaped(state.name)}">`,
    rectangle('box', box, 0),
    ...(state.kind === 'final' ? [rectangle('ring', box, 3)] : []),
    text('name', { x: x + INDENT, y: y + NAME_BASE }, state.key),
    ...(tags === '' ? [] : [text('tags', { x: x + INDENT, y: y + NAME_BASE + ROW }, tags)]),
    ...stayingOf(box, stayingIn(chart, state)),
    '</g>',
  ].join('\n');
};

const stayingOf = ({ state, x, y, width }: Box, staying: readonly Edge[]): string[] => {
  if (staying.length === 0) return [];
  const top = y + headHeight(state);
  // With states within there is no room for a rule.
  const rule = state.kind === 'compound' ? [] : [`<path class="rule" d="M${x} ${top}H${x + width}"/>`];
  return [...rule, ...transitionsOf(staying, { x: x + INDENT, y: top + ROW / 2 }, '')];
};

const transitionsAlong = (line: Line): string[] => {
  if (line.label === null) return [];
  const { x, y } = line.label;
  return transitionsOf(line.edges, { x: x + LABEL_INDENT, y }, `<path class="trace" d="${pathOf(line)}"/>`);
};

/** Transitions one below the other. Each has its own trace of the line, which shows only while it is lit. */
const transitionsOf = (edges: readonly Edge[], { x, y }: Point, trace: string): string[] => {
  let base = y + ROW_BASE;
  return edges.map((edge) => {
    const rows = rowsOf(edge).map((row, index) =>
      text(index === 0 ? 'cause' : 'actions', { x, y: base + index * ROW }, row),
    );
    base += rows.length * ROW;
    return `<g class="transition" data-edge="${escaped(edgeName(edge))}">${trace}${rows.join('')}</g>`;
  });
};

const edgeName = ({ from, event, to }: Edge): string => `${from}:${event}:${to ?? from}`;

const rectangle = (name: string, { x, y, width, height }: Area, inset: number): string => {
  const size = `width="${width - 2 * inset}" height="${height - 2 * inset}"`;
  return `<rect class="${name}" x="${x + inset}" y="${y + inset}" ${size} rx="${8 - inset}"/>`;
};

const dotOf = ({ x, y, width, height }: Area): string =>
  `<circle class="dot" cx="${x + width / 2}" cy="${y + height / 2}" r="${width / 2}"/>`;

const text = (name: string, { x, y }: Point, content: string): string =>
  `<text class="${name}" x="${x}" y="${y}">${escaped(content)}</text>`;

/** The way from the first point to the last, with round bends and a head at its end. */
const pathOf = ({ points }: Line): string => {
  const [start = ORIGIN, ...rest] = points;
  const bends = rest.slice(0, -1).map((bend, index) => bendAt(points[index] ?? bend, bend, rest[index + 1] ?? bend));
  return [`M${at(start)}`, ...bends, ...headOf(points)].join('');
};

const bendAt = (before: Point, bend: Point, after: Point): string =>
  `L${at(towards(bend, before))}Q${at(bend)} ${at(towards(bend, after))}`;

/** A point a little away from one in the direction of another, at most half the way. */
const towards = ({ x, y }: Point, other: Point): Point => {
  const length = Math.hypot(other.x - x, other.y - y);
  const part = length === 0 ? 0 : Math.min(BEND / length, 0.5);
  return { x: x + (other.x - x) * part, y: y + (other.y - y) * part };
};

const headOf = (points: readonly Point[]): string[] => {
  const [end = ORIGIN, before = ORIGIN] = points.toReversed();
  const [along, across] = [Math.sign(end.x - before.x) * HEAD, Math.sign(end.y - before.y) * HEAD];
  const barbs = [-0.5, 0.5].map((side) => ({ x: end.x - along + side * across, y: end.y - across + side * along }));
  return [`L${at(end)}`, ...barbs.map((barb) => `M${at(end)}L${at(barb)}`)];
};

const at = ({ x, y }: Point): string => `${x} ${y}`;

const escaped = (content: string): string =>
  content.replaceAll(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);
