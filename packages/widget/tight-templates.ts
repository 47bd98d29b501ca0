import { type ESTree, type Plugin, parseSync, Visitor } from 'vite';

const tight = (text: string): string => text.replace(/\s*\n\s*/g, ' ').replace(/ {2,}/g, ' ');
/** Lines end between elements that flex and grid lay out: there white space shows nothing, and would be a text node each. */
const tightMarkup = (text: string): string =>
  tight(text.replace(/>\s*\n\s*(?=<|$)/g, '>').replace(/(^|>)\s*\n\s*(?=<)/g, '$1')).replace(
    /="([\w-]+)"(?=[\s>])/g,
    '=$1',
  );
const tightCss = (text: string): string =>
  tight(text.replace(/\/\*[\s\S]*?\*\//g, ''))
    .replace(/\s*([{};,>!/])\s*/g, '$1')
    .replace(/: /g, ':')
    .replace(/;}/g, '}');

const TAGS: Readonly<Record<string, (text: string) => string>> = { css: tightCss, html: tightMarkup };

/** Takes the white space out of our own `css` and `html` templates: to the minifier these are just strings. Nothing of a library is touched. */
export function tightTemplates(): Plugin {
  return {
    name: 'tight-templates',
    transform(code, id) {
      if (!/\/widget\/src\/.*\.ts$/.test(id)) return null;
      const texts: { readonly start: number; readonly end: number; readonly tighten: (text: string) => string }[] = [];
      new Visitor({
        TaggedTemplateExpression: ({ tag, quasi }: ESTree.TaggedTemplateExpression) => {
          const tighten = tag.type === 'Identifier' ? TAGS[tag.name] : undefined;
          if (tighten) texts.push(...quasi.quasis.map(({ start, end }) => ({ start, end, tighten })));
        },
      }).visit(parseSync(id, code, { astType: 'js' }).program);
      const tightened = texts
        .sort((a, b) => b.start - a.start)
        .reduce(
          (all, { start, end, tighten }) => all.slice(0, start) + tighten(all.slice(start, end)) + all.slice(end),
          code,
        );
      return { code: tightened, map: null };
    },
  };
}
