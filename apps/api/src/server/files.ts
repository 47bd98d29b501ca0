import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

const COMPRESSIBLE = /^(text\/|application\/(json|manifest)|image\/svg)/;
/** Less than one network packet is not worth compressing. */
const LEAST_COMPRESSED_BYTES = 1_400;

/** Folders in which builds put files whose names change with their content. */
const HASHED = /^\/?(assets|chunks)\//;

type File = {
  readonly stamp: string;
  readonly type: string;
  readonly etag: string;
  readonly plain: Buffer;
  readonly br: Buffer | null;
  readonly gzip: Buffer | null;
};

/** Answers requests with the files of a folder. */
export type Files = {
  /** The answer with a file; null when the folder has none of this name. @param path within the folder, still percent-encoded */
  answer(path: string, request: Request, headers?: Record<string, string>): Promise<Response | null>;
};

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

/** Files of a build, read and compressed once and again when they change. @param usualAge `Cache-Control` of files outside the folders of hashed names */
export function createFiles(folder: string, usualAge: string): Files {
  const known = new Map<string, File>();

  const load = async (name: string): Promise<File | null> => {
    const found = await stat(name).catch(() => null);
    if (!found?.isFile()) return null;
    const stamp = `${found.mtimeMs} ${found.size}`;
    const kept = known.get(name);
    if (kept?.stamp === stamp) return kept;
    const file = await readWhole(name, stamp);
    known.set(name, file);
    return file;
  };

  return {
    answer: async (path, request, headers = {}) => {
      const name = inside(folder, path);
      const file = name === null ? null : await load(name);
      if (name === null || file === null) return null;
      const cache = HASHED.test(path) ? 'public, max-age=31536000, immutable' : usualAge;
      const all = { ...headers, etag: file.etag, 'cache-control': cache, vary: 'accept-encoding' };
      if (request.headers.get('if-none-match') === file.etag) return new Response(null, { status: 304, headers: all });
      const { body, encoding } = choose(file, request.headers.get('accept-encoding') ?? '');
      return new Response(request.method === 'HEAD' ? null : new Uint8Array(body), {
        headers: {
          ...all,
          'content-type': file.type,
          'content-length': String(body.byteLength),
          ...(encoding === null ? {} : { 'content-encoding': encoding }),
        },
      });
    },
  };
}

/** The file's name in the folder; null for names that lead out of it or name no file. */
function inside(folder: string, path: string): string | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return null;
  }
  if (decoded.includes('\0') || decoded.includes('\\')) return null;
  const name = normalize(join(folder, decoded));
  return name.startsWith(normalize(folder) + sep) ? name : null;
}

async function readWhole(name: string, stamp: string): Promise<File> {
  const plain = await readFile(name);
  const type = TYPES[extname(name)] ?? 'application/octet-stream';
  const etag = `W/"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
  if (!COMPRESSIBLE.test(type) || plain.byteLength < LEAST_COMPRESSED_BYTES) {
    return { stamp, type, etag, plain, br: null, gzip: null };
  }
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  const [br, gz] = await Promise.all([compressBrotli(plain, { params }), compressGzip(plain, { level: 9 })]);
  return { stamp, type, etag, plain, br, gzip: gz };
}

function choose(file: File, accepted: string): { readonly body: Buffer; readonly encoding: string | null } {
  if (file.br && /\bbr\b/.test(accepted)) return { body: file.br, encoding: 'br' };
  if (file.gzip && /\bgzip\b/.test(accepted)) return { body: file.gzip, encoding: 'gzip' };
  return { body: file.plain, encoding: null };
}
