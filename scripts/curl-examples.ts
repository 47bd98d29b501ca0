/** A curl command of a documentation page, as a request. */
export type CurlExample = { readonly text: string; readonly url: string; readonly init: RequestInit };

const BLOCK = /^```sh\n([\s\S]*?)^```$/gm;
const TOKEN = /\s*(?:'([^']*)'|"([^"]*)"|(\S+))/y;

/**
 * The curl commands of a page's `sh` blocks, with shell variables filled in. Reads the options that our pages use and refuses others,
 * so that an example is never half understood.
 *
 * @param variables values of `$NAME`
 */
export function curlExamples(page: string, variables: Readonly<Record<string, string>>): CurlExample[] {
  return [...page.matchAll(BLOCK)]
    .map((match) => match[1]!.replaceAll('\\\n', ' ').trim())
    .filter((text) => text.startsWith('curl '))
    .flatMap((text) => text.split(/\n(?=curl )/))
    .map((text) => toRequest(text, variables));
}

function toRequest(text: string, variables: Readonly<Record<string, string>>): CurlExample {
  const [, ...words] = tokens(text, variables);
  const headers = new Headers();
  const query = new URLSearchParams();
  let url = '';
  let body: string | null = null;
  while (words.length > 0) {
    const word = words.shift()!;
    if (['-s', '-G', '-sG', '-sN'].includes(word)) continue;
    if (word === '-c' || word === '-b') words.shift();
    else if (word === '-d') body = words.shift()!;
    else if (word === '-H') {
      const [name = '', value = ''] = words.shift()!.split(/:\s*(.*)/s);
      headers.set(name, value);
    } else if (word === '--data-urlencode') {
      const [name = '', value = ''] = words.shift()!.split(/=(.*)/s);
      query.set(name, value);
    } else if (word.startsWith('http')) url = word;
    else throw new Error(`curl ${word} is not understood in: ${text}`);
  }
  const address = query.size > 0 ? `${url}?${query.toString()}` : url;
  return { text, url: address, init: { headers, ...(body !== null && { method: 'POST', body }) } };
}

function tokens(text: string, variables: Readonly<Record<string, string>>): string[] {
  const found: string[] = [];
  const fill = (word: string): string => word.replace(/\$([A-Z]+)/g, (_, name: string) => variables[name] ?? '');
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    found.push(match[1] ?? fill(match[2] ?? match[3] ?? ''));
    if (TOKEN.lastIndex >= text.length) break;
  }
  return found;
}
