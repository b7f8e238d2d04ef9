/** What is asked of a page from inside the browser. Each function is sent there as text, so it uses nothing from outside of it. */

/** Where the links of a page lead, and what can be led to in it. */
export function linksAndAnchors(): { links: string[]; anchors: string[] } {
  const links = [...document.querySelectorAll('a[href]')].map((link) => (link as HTMLAnchorElement).href);
  const anchors = [...document.querySelectorAll('[id], a[name]')].flatMap(({ id, attributes }) => [id, attributes.getNamedItem('name')?.value ?? '']);
  return { links: [...new Set(links)], anchors: [...new Set(anchors)].filter((name) => name !== '') };
}

/** The texts that cannot be read in full, however one scrolls; and whether the page itself is wider than the window. */
export function cutTexts(): string[] {
  const wide = document.documentElement.clientWidth;
  const found = new Set<string>();
  if (document.documentElement.scrollWidth > wide) found.add(`the page is ${document.documentElement.scrollWidth} px wide`);
  const clips = (overflow: string): boolean => overflow === 'hidden' || overflow === 'clip';
  const scrolls = (overflow: string): boolean => overflow === 'auto' || overflow === 'scroll';
  // What holds a text: the boxes around an element that cut what is beyond them, or let it be scrolled to; innermost first.
  const holders = new Map<Element, { at: Element; x: string; y: string; box: DOMRect }[]>();
  const holdersOf = (element: Element | null): { at: Element; x: string; y: string; box: DOMRect }[] => {
    if (element === null || element === document.body) return [];
    let known = holders.get(element);
    if (known === undefined) {
      const { overflowX: x, overflowY: y } = getComputedStyle(element);
      const outer = holdersOf(element.parentElement);
      known = x === 'visible' && y === 'visible' ? outer : [{ at: element, x, y, box: element.getBoundingClientRect() }, ...outer];
      holders.set(element, known);
    }
    return known;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (parent === null || parent.closest('svg, script, style') !== null || (node.textContent ?? '').trim() === '') continue;
    if (!parent.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      if (rect.width < 1) continue;
      let [openX, openY] = [true, true];
      for (const { at, x, y, box } of holdersOf(parent)) {
        const cut = (openX && clips(x) && (rect.left < box.left - 1 || rect.right > box.right + 1)) ||
          (openY && clips(y) && (rect.top < box.top - 1 || rect.bottom > box.bottom + 1));
        if (cut) found.add(`"${node.textContent!.trim().slice(0, 40)}" is cut by ${at.tagName.toLowerCase()}.${at.className}`);
        if (scrolls(x)) openX = false;
        if (scrolls(y)) openY = false;
      }
      if (openX && (rect.left < -1 || rect.right > wide + 1)) found.add(`"${node.textContent!.trim().slice(0, 40)}" leaves the window`);
    }
  }
  return [...found];
}

/** The texts of the drawings that are cut, or stand out too little from what is behind them. */
export function faintTexts(): { drawings: string[]; faults: string[] } {
  const channels = (colour: string): number[] => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour: string): number => {
    const [r = 0, g = 0, b = 0] = channels(colour).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const drawings = [...document.querySelectorAll('svg.drawing')];
  const faults = drawings.flatMap((drawing) => {
    const outer = drawing.getBoundingClientRect();
    const seen: { box: DOMRect; fill: string }[] = [];
    const wrong: string[] = [];
    for (const part of drawing.querySelectorAll('rect, text')) {
      const { fill } = getComputedStyle(part);
      const box = part.getBoundingClientRect();
      if (part.tagName === 'rect') {
        if (fill !== 'none') seen.push({ box, fill });
        continue;
      }
      const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
      const ground = seen.findLast((one) => one.box.left <= x && x <= one.box.right && one.box.top <= y && y <= one.box.bottom);
      const [a, b] = [luminance(fill), luminance(ground?.fill ?? 'rgb(255, 255, 255)')];
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (contrast < 4.5) wrong.push(`"${part.textContent}" has a contrast of ${contrast.toFixed(2)}`);
      if (box.left < outer.left || box.right > outer.right || box.bottom > outer.bottom) wrong.push(`"${part.textContent}" is cut`);
      if (parseFloat(getComputedStyle(part).fontSize) * (outer.width / 440) < 9) wrong.push(`"${part.textContent}" is too small`);
    }
    const name = drawing.querySelector('title')?.id.replace(/(-\d+)?-title$/, '') ?? '';
    return wrong.map((fault) => `${name}: ${fault}`);
  });
  const names = drawings.map((drawing) => drawing.querySelector('title')?.id.replace(/(-\d+)?-title$/, '') ?? '');
  return { drawings: names, faults };
}
