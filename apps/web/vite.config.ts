import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // browsers that know light-dark(): rewritten for older ones it would not follow the theme
  build: {
    target: 'es2024',
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    assetsInlineLimit: 0,
    sourcemap: false,
  },
  server: { proxy: { '/trpc': { target: 'http://localhost:7300', ws: true }, '/auth': 'http://localhost:7300' } },
});
