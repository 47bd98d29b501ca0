#!/usr/bin/env bash
# fontkit, and so pdfkit, draws the Thai word for water with its vowel and tone in the wrong order, and throws for any word in Punjabi.
#
# One would guess: a library that shapes Arabic and Devanagari from the font's own OpenType tables shapes Thai, which has no joining and
# hardly any reordering, and does for Gurmukhi what it does for Devanagari.
#
# True (fontkit 2.0.4, Noto Sans Thai and Gurmukhi): in น้ำ the vowel am is to be split in two, of which the first, a ring, goes before the
# tone mark and below it; fontkit leaves it behind, so the ring is drawn above the tone, which stands too low. Noto's tables for Gurmukhi
# have anchors that are empty, which OpenType allows ("nothing to attach here"); fontkit reads the coordinates of nothing and throws
# (issue 367 of fontkit has it for Malayalam). Text in DejaVu shows neither, as DejaVu has neither script: a document that takes its
# second font for one name more can fail altogether. HarfBuzz's own build for JavaScript (harfbuzzjs) can shape for it, since pdfkit
# takes any object with a layout.
#
# Source: npm fontkit 2.0.4, harfbuzzjs 1.6.4, subset-font 2.9.0, @fontsource-variable/noto-sans-thai and noto-sans-gurmukhi 5.3.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund fontkit@2.0.4 harfbuzzjs@1.6.4 subset-font@2.9.0 \
  @fontsource-variable/noto-sans-thai@5.3.0 @fontsource-variable/noto-sans-gurmukhi@5.3.0
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { create } from 'fontkit';
import * as hb from 'harfbuzzjs';
import subsetFont from 'subset-font';

const shapesOf = async (script, from, text) => {
  const letters = String.fromCodePoint(...Array.from({ length: 128 }, (_, n) => from + n));
  const packed = readFileSync(`node_modules/@fontsource-variable/noto-sans-${script}/files/noto-sans-${script}-${script}-wght-normal.woff2`);
  const bytes = await subsetFont(packed, letters, { targetFormat: 'truetype', variationAxes: { wght: 400 } });
  const font = create(bytes);
  const named = (glyph) => [...letters].find((letter) => font.glyphForCodePoint(letter.codePointAt(0)).id === glyph) ?? 'a form of its own';
  const buffer = new hb.Buffer();
  buffer.addText(text);
  buffer.guessSegmentProperties();
  hb.shape(new hb.Font(new hb.Face(new hb.Blob(bytes))), buffer);
  const harfbuzz = buffer.getGlyphInfos().map(({ codepoint }) => codepoint);
  try {
    const fontkit = font.layout(text).glyphs.map(({ id }) => id);
    return { harfbuzz, fontkit, same: harfbuzz.join() === fontkit.join(), harfbuzzNames: harfbuzz.map(named), fontkitNames: fontkit.map(named) };
  } catch (error) {
    return { harfbuzz, fontkit: error.message };
  }
};
const seen = { plain: await shapesOf('thai', 0x0e00, 'ไทย'), water: await shapesOf('thai', 0x0e00, 'น้ำ'), punjabi: await shapesOf('gurmukhi', 0x0a00, 'ਪੰਜਾਬੀ') };
console.log(seen);
assert.equal(seen.plain.same, true);
assert.equal(seen.water.same, false);
assert.equal(seen.water.harfbuzz.length, 4);
assert.match(seen.punjabi.fontkit, /xCoordinate/);
assert.ok(seen.punjabi.harfbuzz.every((glyph) => glyph > 0));
JS
node show.mjs
