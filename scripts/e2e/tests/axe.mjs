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

// What axe finds on a page.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';

const axe = fs.readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);

/**
 * What is not of this repository: Backstage's sidebar, where React Aria announces changes, and the red of Backstage UI's destructive
 * buttons in the dark theme.
 */
const NOT_OURS = [
  ['nav[aria-label="sidebar nav"]'],
  ['[data-live-announcer]'],
  ['[data-theme-mode="dark"] button[data-destructive="true"]'],
];

/** Fails where axe finds a fault on the page. */
export async function assertAccessible(page, what) {
  await page.evaluate(axe);
  // What fades in has less contrast on its way.
  await page.locator('[data-entering]').first().waitFor({ state: 'detached' });
  const faults = await page.evaluate(async exclude => {
    const { violations } = await window.axe.run(
      { exclude },
      { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] },
    );
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(
        ({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`,
      ),
    );
  }, NOT_OURS);
  assert.deepEqual(faults, [], what);
}

/** Fails where the page stays wider than the screen. */
export async function assertFits(page, what) {
  await page
    .waitForFunction(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return scrollWidth <= clientWidth;
    })
    .catch(() => assert.fail(`${what} scrolls sideways on a narrow screen`));
}
