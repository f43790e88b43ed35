import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { findChromium } from '../services/chromium.js';

/** For a machine that is five times slower than most. */
const PATIENCE_MS = 30_000;
const WIDE = { width: 1280, height: 900 };

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Tells the console of whatever the policy refused, and why. */
const REPORT_VIOLATIONS = `addEventListener('securitypolicyviolation', (event) =>
  console.error('POLICY ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample))`;

let launched: Promise<Browser> | undefined;

/** One browser for all tests of a file. */
function launch(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error('No Chromium is found. npm test installs it on Debian.');
  launched ??= chromium.launch({ executablePath, args: FLAGS });
  return launched;
}

t.teardown(async () => (await launched)?.close());

export interface OpenedPage {
  page: Page;
  /** Violations of the page's content security policy and errors that nothing caught. */
  faults: string[];
}

/** A page in a browser session of its own. At the end of `t` it must not have met a fault. */
export async function openPage(
  t: Test,
  address: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const browser = await launch();
  const context = await browser.newContext({ viewport: WIDE, reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  await context.addInitScript(REPORT_VIOLATIONS);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (/POLICY|Content Security Policy|TrustedHTML/.test(message.text())) faults.push(message.text());
  });
  t.teardown(async () => {
    await context.close();
    if (faults.length > 0) throw new Error(`the page met faults: ${faults.join('; ')}`);
  });
  await page.goto(address);
  return { page, faults };
}

/** Waits until something on the page holds this text. */
export async function waitForText(page: Page, text: string | RegExp): Promise<void> {
  await page.getByText(text).first().waitFor();
}
