// The rows of the configuration that say who may look at actors from where, and where they are shown besides.
import { matching, type Parser } from './parsers.ts';
import type { Variable } from './variable.ts';

export interface InspectConfig {
  /** Origins of pages that may look, beside this server's own; null for none. */
  readonly inspectOrigins: readonly string[] | null;
  /** An inspector elsewhere that is shown the actors; null for none. */
  readonly inspectWsUrl: string | null;
  /** The zones that it is shown; null for all in memory. */
  readonly inspectWsZones: readonly string[] | null;
  /** Where the page finds the hosted inspector. */
  readonly statelyInspectorUrl: string;
}

const LIST_MAX = 64;

const listOf = (item: Parser<string>): Parser<readonly string[]> => ({
  allowed: `at most ${LIST_MAX} of these with commas between: ${item.allowed}`,
  parse(text) {
    const items = text.split(',').map((each) => item.parse(each.trim()));
    return items.length <= LIST_MAX && items.every((each) => each !== undefined) ? items : undefined;
  },
});

/** An origin as browsers spell it (RFC 6454, section 6.2). */
const origin: Parser<string> = {
  allowed: 'an origin such as https://inspector.example, in small letters and without a path',
  parse: (text) =>
    URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text ? text : undefined,
};

const socketUrl: Parser<string> = {
  allowed: 'a ws or wss URL without user, query or fragment',
  parse(text) {
    if (/[\s?#]/.test(text) || !URL.canParse(text)) return undefined;
    const { protocol, username, password } = new URL(text);
    return /^wss?:$/.test(protocol) && username === '' && password === '' ? text : undefined;
  },
};

const pageUrl: Parser<string> = {
  allowed: 'an https URL, or an http one of this machine',
  parse(text) {
    if (/[\s"<>]/.test(text) || !URL.canParse(text)) return undefined;
    const { protocol, hostname } = new URL(text);
    return protocol === 'https:' || (protocol === 'http:' && /^(?:localhost|127\.0\.0\.1)$/.test(hostname))
      ? text
      : undefined;
  },
};

const zoneId = matching(/^[A-Za-z0-9_.\-:]{1,128}$/, 'the id of a zone');

export const inspectVariables: { readonly [Field in keyof InspectConfig]: Variable<InspectConfig[Field]> } = {
  inspectOrigins: {
    name: 'INSPECT_ORIGINS',
    parser: listOf(origin),
    fallback: null,
    meaning:
      'Origins of pages elsewhere that may look at actors, with the operator token. Unset: pages of this server only.',
    unit: null,
  },
  inspectWsUrl: {
    name: 'INSPECT_WS_URL',
    parser: socketUrl,
    fallback: null,
    meaning:
      'An inspector of XState elsewhere that is shown the actors, as createInspectorServer of @statelyai/inspect is one.',
    unit: null,
  },
  inspectWsZones: {
    name: 'INSPECT_WS_ZONES',
    parser: listOf(zoneId),
    fallback: null,
    meaning: 'The zones that the inspector at INSPECT_WS_URL is shown. Unset: every zone in memory.',
    unit: null,
  },
  statelyInspectorUrl: {
    name: 'STATELY_INSPECTOR_URL',
    parser: pageUrl,
    fallback: 'https://stately.ai/inspect',
    meaning: 'The page that the inspector opens for those who click on "Open in Stately Inspector".',
    unit: null,
  },
};
