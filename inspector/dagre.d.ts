// The coordinator serves the package's own module under this name.
export { Graph, layout } from '@dagrejs/dagre';
