/** The style sheet of the drawings where they stand in the pages of the site. */
import { RULES, variables } from '../../../src/testing/drawing/palette.ts';

/** The style sheet of a site whose root says `data-theme`: `light`, `dark`, or `os` for what the system says. */
export function siteStyle(): string {
  return [
    `:root { ${variables(0)} }`,
    `@media (prefers-color-scheme: dark) { :root { ${variables(1)} } }`,
    `:root[data-theme='light'] { ${variables(0)} }`,
    `:root[data-theme='dark'] { ${variables(1)} }`,
    RULES,
  ].join('\n');
}
