/** The links of a Markdown page that lead nowhere: to a file that is not there, or to a heading that is not in it. */
import { posix } from 'node:path';

/**
 * The broken links of `page`, as they are written. Links into the web are not looked at.
 *
 * @param read - answers the text of a file by its path from the root, `undefined` where there is none.
 */
export function brokenLinks(page: string, read: (path: string) => string | undefined): string[] {
  const links = [...proseOf(read(page) ?? '').matchAll(/\]\(([^()\s]+)\)/g)].map(([, link]) => link!);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = read(path === '' ? page : posix.join(posix.dirname(page), path));
    return target === undefined || (anchor !== undefined && !anchorsOf(target).includes(anchor));
  });
}

/** A page without its code. */
function proseOf(markdown: string): string {
  return markdown.replaceAll(/^ *```[^]*?^ *```/gm, '').replaceAll(/`[^`\n]*`(?!\])/g, '');
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(markdown: string): string[] {
  const headings = [...markdown.replaceAll(/^ *```[^]*?^ *```/gm, '').matchAll(/^#+ +(.*)$/gm)].map(([, text]) => text!);
  return headings.map((text) =>
    text
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-'),
  );
}
