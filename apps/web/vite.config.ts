import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  build: { target: 'es2024', assetsInlineLimit: 0, sourcemap: false },
  server: { proxy: { '/trpc': { target: 'http://localhost:7300', ws: true }, '/auth': 'http://localhost:7300' } },
});
