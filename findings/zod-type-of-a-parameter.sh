#!/usr/bin/env bash
# What type a function gives its zod schema parameter decides how much the compiler does for everybody who calls it.
#
# One would guess: `(schema: z.ZodType<Out, In>)`, as zod's documentation has it, and `(schema: S) with S extends z.core.$ZodType`, with
# `z.output<S>` and `z.input<S>` read from it, cost the compiler about the same: both name the same two types.
#
# True (zod 4.6.7, TypeScript 5.9.3): to infer Out and In from a concrete schema the compiler relates it to `z.ZodType` member by member, and
# nearly every method of a schema answers a schema again. A constraint by `$ZodType`, which has no methods, is looked up. Forty objects
# of eight fields given to such a function take more than ten times as many instantiations of types, for the same types inferred.
#
# Source: npm zod 4.6.7 (v4/classic/schemas.d.ts, v4/core/schemas.d.ts), typescript 5.9.3 (--extendedDiagnostics)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm pkg set type=module >/dev/null
npm install --silent --no-audit --no-fund zod@4.6.7 typescript@5.9.3
cat > write.mjs <<'JS'
import { writeFileSync } from 'node:fs';
const functions = {
  inferred: 'declare function take<Out, In>(schema: z.ZodType<Out, In>): { out: Out; in: In };',
  looked: 'declare function take<S extends z.core.$ZodType>(schema: S): { out: z.output<S>; in: z.input<S> };',
  none: 'declare function take<S>(schema: S): { out: unknown; in: unknown };',
};
const fields = (n) => `a${n}: z.string().max(9), b: z.number().int().optional(), c: z.array(z.string()).readonly(), d: z.enum(['x', 'y']).nullable(),
  e: z.strictObject({ f: z.boolean(), g: z.string().transform((t) => t.length) }), h: z.union([z.string(), z.null()]), i: z.record(z.string(), z.number()), j: z.literal(1).default(1)`;
for (const [name, declared] of Object.entries(functions)) {
  const uses = Array.from({ length: 40 }, (_, n) => `export const t${n} = take(z.strictObject({ ${fields(n)} }));`);
  const same = name === 'none' ? '' : `export const out: { e: { g: number } } = t0.out; export const sent: { e: { g: string } } = t0.in;`;
  writeFileSync(`${name}.ts`, [`import { z } from 'zod';`, declared, ...uses, same].join('\n'));
}
JS
node write.mjs
count() {
  node_modules/.bin/tsc --noEmit --strict --target es2022 --module nodenext --skipLibCheck --extendedDiagnostics "$1.ts" | awk '/^Instantiations:/ { print $2 }'
}
none=$(count none); inferred=$(count inferred); looked=$(count looked)
echo "instantiations: no type asked $none, by z.ZodType<Out, In> $inferred, by z.core.\$ZodType $looked"
test $((inferred - none)) -gt $((10 * (looked - none)))
