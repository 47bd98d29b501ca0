// Made by scripts/draw-icons.ts from Lucide (ISC licence, see LICENSE-lucide.txt): not edited by hand.
export const ALERT = 'M21.73 18l-8-14a2 2 0 0 0-3.48 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.73-3M12 9v4M12 17h.01';
export const ARROW_DOWN = 'M12 5v14M19 12l-7 7-7-7';
export const ARROW_OUT = 'M15 3h6v6M10 14 21 3M18 13v6a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2h6';
export const ARROW_UP = 'M5 12l7-7 7 7M12 19V5';
export const CLOCK = 'M22 12a10 10 0 1 1-20 0a10 10 0 1 1 20 0ZM12 6v6l4 2';
export const CLOSED =
  'M3 3h18a1 1 0 0 1 1 1v3a1 1 0 0 1 -1 1h-18a1 1 0 0 1 -1 -1v-3a1 1 0 0 1 1 -1ZM4 8v11a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V8M10 12h4';
export const FILTER = 'M2 5h20M6 12h12M9 19h6';
export const LOCK =
  'M5 11h14a2 2 0 0 1 2 2v7a2 2 0 0 1 -2 2h-14a2 2 0 0 1 -2 -2v-7a2 2 0 0 1 2 -2ZM7 11V7a5 5 0 0 1 10 0v4';
export const PAUSED = 'M22 12a10 10 0 1 1-20 0a10 10 0 1 1 20 0ZM10 15L10 9M14 15L14 9';
export const PLUS = 'M5 12h14M12 5v14';
export const SEARCH = 'M21 21l-4.34-4.34M19 11a8 8 0 1 1-16 0a8 8 0 1 1 16 0Z';
export const SLIDERS = 'M10 5H3M12 19H3M14 3v4M16 17v4M21 12h-9M21 19h-5M21 5h-7M8 10v4M8 12H3';
