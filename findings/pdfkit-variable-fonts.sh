#!/usr/bin/env bash
# pdfkit takes two instances of one variable font for the same font, and can embed neither.
#
# One would guess: pdfkit since 0.20 takes fonts that fontkit opened, fontkit's getVariation gives a weight of a variable font and
# measures it rightly, so text in that weight is drawn and embedded; and the weights of one file are two fonts.
#
# True (pdfkit 0.20.2, fontkit 2.0.4 as it asks for): all goes well until the document ends, which then fails: taking letters out of a
# variation writes each anew with an encoder that its library, restructure 3, no longer makes from a length. (fontkit's own report of
# it is issue 308, open since 2023.) And before that the second weight is dropped without a word: two fonts are the same for pdfkit
# when their names and the checksum of the file are, which weights of one file share, so bold text is as wide as regular. Whoever has
# only variable fonts makes instances of them before (subset-font, which is HarfBuzz's, pins the axis); whoever registers one font in
# two ways gives the second another file.
#
# Source: npm pdfkit 0.20.2, fontkit 2.0.4, subset-font 2.9.0, @fontsource-variable/noto-sans-thai 5.3.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund pdfkit@0.20.2 fontkit@2.0.4 subset-font@2.9.0 @fontsource-variable/noto-sans-thai@5.3.0
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { create } from 'fontkit';
import PDFDocument from 'pdfkit';
import subsetFont from 'subset-font';

const packed = readFileSync('node_modules/@fontsource-variable/noto-sans-thai/files/noto-sans-thai-latin-wght-normal.woff2');
const text = 'Weight';
const variable = create(await subsetFont(packed, text, { targetFormat: 'truetype' }));
const weights = [400, 900];
const variations = weights.map((wght) => variable.getVariation({ wght }));
const pinned = await Promise.all(
  weights.map(async (wght) => create(await subsetFont(packed, text, { targetFormat: 'truetype', variationAxes: { wght } }))),
);
const widthsIn = ([regular, black]) => {
  const doc = new PDFDocument({ font: null });
  doc.registerFont('regular', regular).registerFont('black', black);
  const widths = ['regular', 'black'].map((name) => Math.round(doc.font(name, 100).text(text).widthOfString(text)));
  try {
    doc.end();
    return { widths, ends: 'well' };
  } catch (error) {
    return { widths, ends: error.message };
  }
};
const seen = {
  fontkit: variations.map((font) => Math.round((font.layout(text).advanceWidth / font.unitsPerEm) * 100)),
  variations: widthsIn(variations),
  pinned: widthsIn(pinned),
};
console.log(JSON.stringify(seen, null, 2));
assert.ok(seen.fontkit[1] > seen.fontkit[0]);
assert.equal(seen.variations.widths[0], seen.variations.widths[1]);
assert.match(seen.variations.ends, /DataView constructor/);
assert.ok(seen.pinned.widths[1] > seen.pinned.widths[0]);
assert.equal(seen.pinned.ends, 'well');
JS
node show.mjs
