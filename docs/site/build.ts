/**
 * `npm run docs`: guides and reference as one site in docs/reference, or in the folder that is named behind it, from src
 * and docs. What is wrong, TypeDoc's warnings included, ends it with status 1.
 */
import { appendFileSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, Converter, PageEvent, ReflectionKind, RendererEvent, TSConfigReader, TypeDocReader } from 'typedoc';
import type { DocumentReflection, Models } from 'typedoc';
import { siteStyle } from './diagrams/site-style.ts';
import { GUIDES, PARTS } from './guides.ts';
import { AS_TEXT, finish, withHead } from './page.ts';
import { SiteRouter, SiteTheme, fileOf } from './theme.ts';
import { withWays } from './ways.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
process.chdir(root);

const [out = 'docs/reference'] = process.argv.slice(2);
const app = await Application.bootstrap({}, [new TypeDocReader(), new TSConfigReader()]);
app.renderer.defineRouter('site', SiteRouter);
app.renderer.defineTheme('site', SiteTheme);
app.options.setValue('out', out);
app.options.setValue('router', 'site');
app.options.setValue('theme', 'site');
app.options.setValue('groupOrder', [...GUIDES.map(({ title }) => title), ...app.options.getValue('groupOrder')]);

app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, guide: DocumentReflection) => {
  const file = fileOf(guide);
  const group = GUIDES.find(({ pages }) => Object.hasOwn(pages, file));
  if (group === undefined) return app.logger.warn(`${file} is not in the list of docs/site/guides.ts`);
  guide.name = group.pages[file]!;
  guide.frontmatter['group'] = group.title;
  if (group.title === PARTS) guide.relevanceBoost = 3;
});

const folder = join(root, 'docs/diagrams');
const drawings = new Map(readdirSync(folder).map((file) => [basename(file, '.svg'), readFileSync(join(folder, file), 'utf8')]));
let urls: string[] = [];
app.renderer.on(RendererEvent.BEGIN, ({ pages }: RendererEvent) => {
  urls = pages.map(({ url }) => url);
});
app.renderer.on(PageEvent.END, (page: PageEvent) => {
  if (page.contents === undefined) return;
  page.contents = withWays(withHead(finish(page.contents, drawings), page.url), page.url, urls);
});
app.renderer.on(RendererEvent.END, ({ outputDirectory }: RendererEvent) => {
  appendFileSync(join(outputDirectory, 'assets/custom.css'), `\n${siteStyle()}\n`);
  const media = join(outputDirectory, 'media');
  const programs = readdirSync(media).filter((name) => name.endsWith('.ts'));
  for (const name of programs) renameSync(join(media, name), join(media, `${name}${AS_TEXT}`));
});

const project = await app.convert();
if (project !== undefined) {
  // A search for `policy` means the function, or the chain of the same name, not the interface.
  for (const name of project.getReflectionsByKind(ReflectionKind.Function | ReflectionKind.Variable)) boost(name);
  app.validate(project);
  if (!failed()) await app.generateOutputs(project);
}
if (project === undefined || failed()) process.exitCode = 1;

function boost(reflection: Models.Reflection): void {
  if (reflection.isDeclaration()) reflection.relevanceBoost = reflection.kind === ReflectionKind.Function ? 2 : 1.5;
}

function failed(): boolean {
  return app.logger.hasErrors() || app.logger.hasWarnings();
}
