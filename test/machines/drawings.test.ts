// The pictures of the machines: everything is there once, nothing lies on anything else, and a page that forbids scripts and
// styles can show them.
import { expect } from 'chai';
import { setup } from 'xstate';
import { rowsOf, stayingIn } from '../../scripts/chart-graph.ts';
import { pictureOf, type Area, type Box, type Line, type Picture, type Point } from '../../scripts/chart-picture.ts';
import { svgOf } from '../../scripts/chart-svg.ts';
import { allOf, chartOf } from '../../src/inspect/statechart.ts';
import { catalogue } from '../../scripts/machine-catalogue.ts';

// What no machine of the coordinator has, and the pictures have to bear.
const sample = setup({ guards: { 'a<b': () => true }, actions: { note: () => {} } }).createMachine({
  id: 'sample',
  initial: 'outer',
  states: {
    outer: {
      initial: 'one',
      tags: ['a & b'],
      on: { 'go "in"': '.two', again: { target: 'outer', reenter: true }, out: 'last' },
      states: {
        one: { always: { guard: 'a<b', target: 'two' }, on: { same: { target: 'one', actions: 'note' } } },
        two: { initial: 'deep', states: { deep: { on: { back: '#sample.outer.one', out: '#sample.last' } } } },
      },
    },
    last: { type: 'final' },
  },
});

const machines = [...catalogue.map(({ machine }) => machine), sample];

const attributes = (svg: string, name: string): string[] =>
  [...svg.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map(([, value = '']) => value);

const overlap = (a: Area, b: Area): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const pairs = <T>(items: readonly T[]): [T, T][] =>
  items.flatMap((a, index) => items.slice(index + 1).map((b): [T, T] => [a, b]));

/** The stretches of a line, each as an area without breadth. */
const stretches = (points: readonly Point[]): Area[] =>
  points.slice(1).map((to, index) => {
    const from = points[index] ?? to;
    const [x, y] = [Math.min(from.x, to.x), Math.min(from.y, to.y)];
    return { x, y, width: Math.abs(to.x - from.x), height: Math.abs(to.y - from.y) };
  });

// What eleven pixels of a font for code take, by themselves.
const LETTER = 6.6;
const ROW = 16;

const rowsAt = ({ x, y }: Point, rows: readonly string[]): Area => ({
  x,
  y,
  width: Math.max(...rows.map((row) => row.length)) * LETTER,
  height: rows.length * ROW,
});

/** Where the name of a state stands, its tags, and what it does while it stays. */
const textOf = ({ chart }: Picture, { state, x, y }: Box): Area =>
  rowsAt({ x: x + 12, y: y + 10 }, [state.key, ...state.tags.slice(0, 1), ...stayingIn(chart, state).flatMap(rowsOf)]);

const labelOf = ({ label, edges }: Line): Area[] =>
  label ? [rowsAt({ x: label.x + 4, y: label.y }, edges.flatMap(rowsOf))] : [];

for (const machine of machines) {
  describe(`the picture of ${machine.id}`, () => {
    let picture: Picture;
    before(async () => {
      picture = await pictureOf(chartOf(machine));
    });

    it('has a group for every state and every transition, once', () => {
      const svg = svgOf(picture, { style: null });
      const { states, edges } = picture.chart;
      expect(attributes(svg, 'data-state')).to.have.members(allOf(states).map(({ name }) => name));
      const names = attributes(svg, 'data-edge');
      expect(new Set(names)).to.have.property('size', names.length);
      expect(names).to.have.length(edges.length);
    });

    it('leaves room for every text', () => {
      const labels = picture.lines.flatMap(labelOf);
      const texts = [...labels, ...picture.boxes.map((box) => textOf(picture, box))];
      expect(pairs(texts).filter(([a, b]) => overlap(a, b))).to.deep.equal([]);
      const full = picture.boxes.filter(({ state }) => state.kind !== 'compound');
      expect(labels.filter((label) => full.some((box) => overlap(label, box)))).to.deep.equal([]);
      const drawn = picture.lines.flatMap(({ points }) => stretches(points));
      expect(texts.filter((text) => drawn.some((stretch) => overlap(text, stretch)))).to.deep.equal([]);
      expect(texts.filter((text) => picture.dots.some((dot) => overlap(text, dot)))).to.deep.equal([]);
    });

    it('keeps within its borders', () => {
      const areas = [...picture.boxes, ...picture.lines.flatMap(({ points }) => stretches(points))];
      const right = Math.max(...areas.map(({ x, width }) => x + width));
      const bottom = Math.max(...areas.map(({ y, height }) => y + height));
      expect(right).to.be.below(picture.width);
      expect(bottom).to.be.below(picture.height);
      expect(Math.min(...areas.flatMap(({ x, y }) => [x, y]))).to.be.above(0);
    });

    it('is the same each time', async () => {
      const again = await pictureOf(chartOf(machine));
      expect(svgOf(again, { style: null })).to.equal(svgOf(picture, { style: null }));
    });

    it('needs no style and no script of its own in a page', () => {
      const svg = svgOf(picture, { style: null });
      expect(svg).not.to.match(/ style=|<style|<script|\bon\w+=|href|url\(/);
      expect(svgOf(picture, { style: '.chart {}\n' })).to.contain('<style>\n.chart {}\n</style>');
    });

    it('has a title and says the same in words', () => {
      const svg = svgOf(picture, { style: null });
      expect(svg).to.match(
        / role="img" aria-labelledby="([\w-]+)" aria-describedby="([\w-]+)">\n<title id="\1">.*\n<desc id="\2">/,
      );
    });
  });
}

describe('the picture of a machine', () => {
  it('writes what would be markup so that it is none', async () => {
    const svg = svgOf(await pictureOf(chartOf(sample)), { style: null });
    expect(svg).to.contain('data-edge="outer:go &#34;in&#34;:outer.two"');
    expect(svg).to.contain('>«a &#38; b»<').and.to.contain('>[a&#60;b]<');
  });

  it('writes into the box of a state what does not leave it', async () => {
    const picture = await pictureOf(chartOf(sample));
    const drawn = picture.lines.flatMap(({ edges }) => edges.map(({ event }) => event));
    expect(drawn).to.include('again').and.not.to.include('same');
    expect(svgOf(picture, { style: null })).to.match(
      /data-state="outer\.one">[^§]*?data-edge="outer\.one:same:outer\.one"/,
    );
  });
});
