import '@tenantree/widget/tokens.css';
import './base.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { defineElements } from '@tenantree/widget';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { queries } from './server.ts';
import { applyTheme, readTheme } from './shell/theme.ts';

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
