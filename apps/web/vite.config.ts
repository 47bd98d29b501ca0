import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { BROWSERS } from '../../scripts/claimed-browsers.ts';
import { compressed } from '../../scripts/compressed.ts';

/** Words of React Aria in a language: `…/intl/overlays/fr-FR.mjs`. */
const WORDS = /\/intl\/[\w-]+\/(?<language>[a-z]{2})-[A-Z]{2}\.m?js$/;
/** The languages of the elements, too. In every other one React Aria, like they, speaks English. */
const LANGUAGES: ReadonlySet<string> = new Set(['en', 'de']);

/** React Aria brings its words in 34 languages; only those that the app speaks go into it. */
const ownLanguages: Plugin = {
  name: 'own-languages',
  enforce: 'pre',
  load: (id) => {
    const language = WORDS.exec(id)?.groups?.['language'];
    return language === undefined || LANGUAGES.has(language) ? null : 'export default undefined;';
  },
};

export default defineConfig({
  plugins: [react(), ownLanguages, compressed()],
  // browsers that know light-dark(): rewritten for older ones it would not follow the theme
  build: {
    target: 'es2024',
    cssTarget: Object.entries(BROWSERS).map(([browser, version]) => `${browser}${version}`),
    assetsInlineLimit: 0,
    sourcemap: false,
  },
  server: { proxy: { '/trpc': { target: 'http://localhost:7300', ws: true }, '/auth': 'http://localhost:7300' } },
});
