/**
 * The colours of the drawings, and the style sheet that uses them. A drawing on its own follows the reader's system; in the
 * site, where it stands in the page, it follows the page. Meaning is never told by a colour alone: marks and words tell it, too.
 */

/** For each use the colour on a light ground, and on a dark one. */
const COLOURS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  paper: ['#ffffff', '#1d2229'],
  shade: ['#f1f4f8', '#262d36'],
  edge: ['#d3dae2', '#3b444f'],
  ink: ['#1b2530', '#e9eef3'],
  soft: ['#4d5a68', '#aeb9c5'],
  line: ['#8593a1', '#7b8896'],
  ok: ['#0b7365', '#62d2bf'],
  'ok-tint': ['#d5efe9', '#123f39'],
  bad: ['#b0271f', '#ff9b91'],
  'bad-tint': ['#fadfdc', '#55231f'],
  late: ['#8a5200', '#f0bd6e'],
  'late-tint': ['#fcebc9', '#4d3810'],
  held: ['#5b45a8', '#bfaef7'],
  'held-tint': ['#e7e1fa', '#352b5c'],
};

/** What the classes of the drawings look like. */
export const RULES: string = `
.drawing text { fill: var(--d-ink); font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; }
.drawing .small { fill: var(--d-soft); font-size: 12px; }
.drawing .strong { font-weight: 600; }
.drawing .mono { fill: var(--d-soft); font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
.drawing .halo { stroke: var(--d-paper); stroke-width: 4px; stroke-linejoin: round; paint-order: stroke; }
.drawing .word-ok { fill: var(--d-ok); }
.drawing .word-bad { fill: var(--d-bad); }
.drawing .word-late { fill: var(--d-late); }
.drawing .word-held { fill: var(--d-held); }
.drawing .paper { fill: var(--d-paper); stroke: var(--d-edge); }
.drawing .ok { fill: var(--d-ok-tint); stroke: var(--d-ok); }
.drawing .bad { fill: var(--d-bad-tint); stroke: var(--d-bad); }
.drawing .late { fill: var(--d-late-tint); stroke: var(--d-late); }
.drawing .held { fill: var(--d-held-tint); stroke: var(--d-held); }
.drawing .plain { fill: var(--d-paper); stroke: var(--d-line); }
.drawing .shade { fill: var(--d-shade); stroke: var(--d-line); }
.drawing .outside { fill: var(--d-held-tint); stroke: var(--d-held); stroke-dasharray: 5 4; }
.drawing .ghost { fill: none; stroke: var(--d-line); stroke-dasharray: 3 3; }
.drawing .grid { stroke: var(--d-edge); }
.drawing .axis { stroke: var(--d-line); }
.drawing .wait { stroke: var(--d-line); stroke-width: 1.5; }
.drawing .mark { stroke: var(--d-soft); stroke-width: 1.2; stroke-dasharray: 4 3; }
.drawing .arrow { fill: none; stroke: var(--d-soft); stroke-width: 1.4; }
.drawing .head { fill: var(--d-soft); }
.drawing .sign { fill: none; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.drawing .sign.ok { fill: none; }
.drawing .sign.bad { fill: none; }
.drawing .sign.late { fill: none; }
.drawing .sign.held { fill: none; }`.trim();

/** The style sheet that a drawing carries when it stands on its own. */
export function ownStyle(): string {
  return `.drawing { ${variables(0)} }\n@media (prefers-color-scheme: dark) { .drawing { ${variables(1)} } }\n${RULES}`;
}

/** The colours as variables, on a light ground (0) or a dark one (1). */
export function variables(ground: 0 | 1): string {
  return Object.entries(COLOURS).map(([use, colours]) => `--d-${use}: ${colours[ground]};`).join(' ');
}
