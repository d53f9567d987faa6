// Elements with their properties and children in one expression. Text is always text: nothing a caller named becomes markup.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @typedef {Readonly<Record<string, string | number | boolean | ((event: any) => void) | null>>} Attributes
 * @typedef {Node | string | null} Child
 */

/**
 * An attribute that is null or false is left out; a function listens to the event of its name.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export const element = (tag, attributes = {}, ...children) =>
  /** @type {HTMLElementTagNameMap[Tag]} */ (dressed(document.createElement(tag), attributes, children));

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export const svgElement = (tag, attributes = {}, ...children) =>
  /** @type {SVGElementTagNameMap[Tag]} */ (dressed(document.createElementNS(SVG, tag), attributes, children));

/**
 * @param {Element} made
 * @param {Attributes} attributes
 * @param {readonly Child[]} children
 */
const dressed = (made, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? '' : String(value));
  }
  made.append(...children.filter((child) => child !== null));
  return made;
};

/**
 * The element of that id, which the page is known to have.
 * @param {string} id
 */
export const byId = (id) => known(document.getElementById(id), HTMLElement, id);

/** @param {string} id */
export const svgById = (id) => known(document.getElementById(id), SVGSVGElement, id);

/** @param {string} id */
export const inputById = (id) => known(byId(id), HTMLInputElement, id);

/** @param {string} id */
export const frameById = (id) => known(byId(id), HTMLIFrameElement, id);

/**
 * @template {Element} T
 * @param {Element | null} found
 * @param {new () => T} kind
 * @param {string} id
 */
const known = (found, kind, id) => {
  if (found instanceof kind) return found;
  throw new Error(`The page has no such #${id}.`);
};
