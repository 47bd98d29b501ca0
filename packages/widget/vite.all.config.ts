import { mergeConfig } from 'vite';
import stock from './vite.config.ts';

/** The same in one file, so that one published hash covers everything that runs. */
export default mergeConfig(stock, {
  build: {
    emptyOutDir: false,
    lib: { fileName: () => 'subaccount-manager.all.js' },
    rolldownOptions: { output: { codeSplitting: false } },
  },
});
