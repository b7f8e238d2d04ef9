/** The site's own sidebar (the guides in their order, then the reference) and its own addresses for guides. */
import { DefaultTheme, KindRouter, ReflectionKind } from 'typedoc';
import type { DocumentReflection, Models, NavigationElement, ProjectReflection } from 'typedoc';
import { addressOf } from './address.ts';
import { GUIDES } from './guides.ts';

/** The file a guide was read from, relative to the root. */
export function fileOf(guide: DocumentReflection): string {
  const file = guide.project.files.getReflectionPath(guide) ?? '';
  const root = process.cwd().replaceAll('\\', '/');
  return file.startsWith(`${root}/`) ? file.slice(root.length + 1) : file;
}

/** TypeDoc's addresses, but for the guides. */
export class SiteRouter extends KindRouter {
  protected override getIdealBaseName(reflection: Models.Reflection): string {
    if (!reflection.isDocument()) return super.getIdealBaseName(reflection);
    return addressOf(fileOf(reflection));
  }
}

/** What the package's own module is called. */
const MAIN = 'breakwater';

/** TypeDoc's theme, with a sidebar in which all guides are in sight; the names of the reference are folded by kind. */
export class SiteTheme extends DefaultTheme {
  override buildNavigation(project: ProjectReflection): NavigationElement[] {
    const guides = new Map((project.documents ?? []).map((guide) => [fileOf(guide), guide]));
    const listed = GUIDES.flatMap(({ title, pages }) => {
      const entries = Object.entries(pages).flatMap(([file, text]) => {
        const guide = guides.get(file);
        return guide === undefined ? [] : [{ text, path: this.router.getFullUrl(guide) }];
      });
      return entries.length === 0 ? [] : [{ text: title }, ...entries];
    });
    const modules = super.buildNavigation(project).flatMap(({ children = [] }) => children);
    const reference = modules.filter(({ kind }) => kind === ReflectionKind.Module).flatMap(({ text, path, children = [] }) => [
      { text: text === MAIN ? 'Reference' : `Reference: ${text}` },
      { text: 'All names', path: path ?? 'modules.html' },
      ...children,
    ]);
    return [...listed, ...reference];
  }
}
