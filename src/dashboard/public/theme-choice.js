import { refresh } from './state.js';

const CHOICES = ['system', 'light', 'dark'];

/** `theme.js` has set it before the page was drawn. */
export function themeOf() {
  return document.documentElement.dataset.theme ?? 'system';
}

export function nextTheme() {
  const next = CHOICES[(CHOICES.indexOf(themeOf()) + 1) % CHOICES.length] ?? 'system';
  if (next === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  localStorage.setItem('copydock-theme', next);
  refresh();
}
