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

// Where things are on the page.

/** A part of the page, by its heading. */
export function section(page, name) {
  return page.getByRole('region', { name, exact: true }).first();
}

/** Waits until the page shows a run, and that run is in a state. */
export async function waitForState(page, state) {
  // Lists of runs show states too.
  await page.waitForURL(/\/orchestrator\/runs\/[^/?#]+$/);
  await page.getByText(state, { exact: true }).first().waitFor();
}

/** Goes from the overview to a workflow. */
export async function openWorkflow(page, name) {
  await section(page, 'Workflows').getByRole('link', { name }).click();
  await page.getByRole('heading', { name: 'Start a run' }).waitFor();
}

/** Starts a workflow from the overview; leaves the page where that leads. */
export async function startRun(page, name, input) {
  await openWorkflow(page, name);
  await page
    .getByRole('textbox', { name: 'Input (JSON)' })
    .fill(JSON.stringify(input));
  await page.getByRole('button', { name: 'Run', exact: true }).click();
}

/** The id of the run that the page shows. */
export function runIdOf(page) {
  const [, id] = page.url().match(/\/orchestrator\/runs\/([^/?#]+)$/) ?? [];
  if (!id) throw new Error(`No run is shown at ${page.url()}`);
  return id;
}
