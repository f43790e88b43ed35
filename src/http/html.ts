import { createHash } from 'node:crypto';

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

export interface Page {
  html: string;
  /** Allows the page's own style by its hash, and nothing else. */
  contentSecurityPolicy: string;
}

/** A page that needs nothing from elsewhere. */
export function makePage(parts: { title: string; style: string; body: string }): Page {
  const { title, style, body } = parts;
  const html = [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)}</title>`,
    `<style>${style}</style>`,
    '</head>',
    `<body>${body}`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
  return { html, contentSecurityPolicy: policyFor(style) };
}

function policyFor(style: string): string {
  return [
    "default-src 'none'",
    `style-src ${hashSource(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
