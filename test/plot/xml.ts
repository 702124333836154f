// What of XML a picture needs: tags that close, quoted attributes, entities, text.

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

function decoded(raw: string): string {
  if (/[<>]|&(?!(amp|lt|gt|quot);)/.test(raw)) throw new Error(`a bare sign in ${raw}`);
  return raw.replace(/&(\w+);/g, (_, name: string) => ENTITIES[name]);
}

/** The root of a file; throws where it is not well-formed. */
export function parse(file: string): Element {
  const wrong = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.exec(file);
  if (wrong !== null) throw new Error(`a letter that XML has not at ${wrong.index}`);
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const pattern = /<(\/?)([a-zA-Z]+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
  let end = 0;
  for (const match of file.matchAll(pattern)) {
    end = match.index + match[0].length;
    const [, closing, name, attributes, empty, text] = match;
    const parent = open[open.length - 1];
    if (text !== undefined) parent.text += decoded(text);
    else if (closing !== '') {
      if (open.pop()!.name !== name) throw new Error(`</${name}> closes nothing`);
    } else {
      const pairs = [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, decoded(value)]);
      if (new Set(pairs.map(([key]) => key)).size < pairs.length) throw new Error(`<${name}> has an attribute twice`);
      const element: Element = { name, attributes: Object.fromEntries(pairs), children: [], text: '' };
      parent.children.push(element);
      if (empty === '') open.push(element);
    }
  }
  if (end < file.length) throw new Error(`no XML at ${end}: ${file.slice(end, end + 40)}`);
  if (open.length > 1) throw new Error(`<${open[open.length - 1].name}> is not closed`);
  if (root.children.length !== 1 || root.text.trim() !== '') throw new Error('more than one root');
  return root.children[0];
}

/** The element and all in it, in order. */
export function all(element: Element): Element[] {
  return [element, ...element.children.flatMap(all)];
}

export const withClass = (root: Element, name: string): Element[] =>
  all(root).filter(({ attributes }) => attributes.class?.split(' ').includes(name));

export const texts = (root: Element): string[] =>
  all(root)
    .filter(({ name }) => name === 'text')
    .map(({ text }) => text);
