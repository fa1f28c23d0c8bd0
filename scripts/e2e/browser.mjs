/*
 * Copyright 2026 The Flowgate Authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

// Chromium, with a fresh profile, watched for errors.
import fs from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';

const CANDIDATES = ['chromium', 'chromium-browser', 'google-chrome'];
const WAIT_MS = 30_000;

/**
 * @param {string} folder where screenshots go
 */
export async function launchBrowser(folder) {
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: [
      // Chromium refuses its sandbox to root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return {
    session: baseUrl => createSession({ browser, baseUrl, folder }),
    close: () => browser.close(),
  };
}

/** What one test has of the browser: people who are signed in, each with cookies and storage of their own. */
function createSession({ browser, baseUrl, folder }) {
  const contexts = [];
  const pages = [];
  const complaints = [];
  const expectedStatuses = new Set();

  async function openPage({ viewport = { width: 1280, height: 900 } } = {}) {
    const context = await browser.newContext({
      baseURL: baseUrl,
      viewport,
      locale: 'en-US',
    });
    context.setDefaultTimeout(WAIT_MS);
    contexts.push(context);
    const page = await context.newPage();
    pages.push(page);
    page.on('pageerror', error => complaints.push(String(error.stack)));
    page.on('console', message => {
      if (message.type() !== 'error') return;
      const status = message
        .text()
        .match(/^Failed to load resource: .* status of (\d+)/)?.[1];
      if (!status || !expectedStatuses.has(Number(status))) {
        complaints.push(`${message.text()} (${message.location().url})`);
      }
    });
    return page;
  }

  return {
    openPage,
    /** Opens a page and signs in as one of the example people. */
    async signIn(name, url = '/orchestrator', options = {}) {
      const page = await openPage(options);
      await page.goto(url);
      const button = page.getByRole('button', { name: `Sign in as ${name}` });
      await button.click();
      await button.waitFor({ state: 'hidden' });
      await page.getByRole('link', { name: 'Orchestrator' }).first().waitFor();
      return page;
    },
    /** Says that the test provokes an answer with this status, which the browser reports as an error. */
    expectStatus: status => expectedStatuses.add(status),
    assertNoComplaints() {
      if (complaints.length > 0) {
        throw new Error(`The page complained:\n${complaints.join('\n')}`);
      }
    },
    async screenshots(name) {
      const files = [];
      for (const [index, page] of pages.entries()) {
        const file = path.join(
          folder,
          `${name.replace(/[^a-z0-9]+/gi, '-')}-${index + 1}.png`,
        );
        try {
          await page.screenshot({ path: file, fullPage: true });
          files.push(file);
        } catch {
          // A page that has crashed has no picture.
        }
      }
      return files;
    },
    async close() {
      for (const context of contexts) await context.close();
    },
  };
}

function findChromium() {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const candidates = [
    process.env.CHROMIUM,
    ...CANDIDATES.flatMap(name => folders.map(dir => path.join(dir, name))),
  ];
  const found = candidates.find(file => file && fs.existsSync(file));
  if (!found) {
    throw new Error(
      'Chromium was not found: install it (Debian: apt-get install chromium) or name it in $CHROMIUM',
    );
  }
  return found;
}
