import './base.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { defineElements, TOKENS } from '@tenantree/widget';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { queries } from './server.ts';
import { applyTheme, readTheme } from './shell/theme.ts';

const tokens = new CSSStyleSheet();
tokens.replaceSync(TOKENS);
document.adoptedStyleSheets.push(tokens);
applyTheme(readTheme());
defineElements();

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
