import './base.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { defineElements } from '@tenantree/widget';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { Broken } from './parts/broken.tsx';
import { pageStyles } from './parts/page-styles.ts';
import { guardTurns } from './parts/unsaved.ts';
import { renewAfterUpdate } from './renew.ts';
import { queries } from './server.ts';
import { applyTheme, readTheme } from './shell/theme.ts';

document.adoptedStyleSheets.push(pageStyles());
applyTheme(readTheme());
defineElements();
renewAfterUpdate();
guardTurns();

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
// Until somebody does something the focus is left where the browser begins.
const { dataset } = document.documentElement;
dataset['untouched'] = '';
for (const touch of ['keydown', 'click'])
  addEventListener(touch, () => delete dataset['untouched'], { capture: true, once: true });

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <Broken>
        <App />
      </Broken>
    </QueryClientProvider>
  </StrictMode>,
);
