import { recall, remember } from '../parts/remember.ts';

/** How the app looks: as the system says, or always one way. */
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** How people call them. */
export const THEME_LABELS: Readonly<Record<Theme, string>> = {
  system: 'Like the system',
  light: 'Light',
  dark: 'Dark',
};

const KEY = 'tenantree.theme';

/** The theme chosen on this device. */
export function readTheme(): Theme {
  const stored = recall(KEY);
  return THEMES.find((theme) => theme === stored) ?? 'system';
}

/** Shows the page in a theme and remembers it on this device. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
  remember(KEY, theme);
}
