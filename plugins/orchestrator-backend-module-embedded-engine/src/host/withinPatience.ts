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

/** How long a stop waits for what is being stored; milliseconds. */
const STOP_PATIENCE_MS = 3_000;

/**
 * Waits, but not for ever: a statement on a connection that was taken away may never be answered, and what it would store is taken
 * on again after the next start.
 */
export async function withinPatience(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>(resolve => {
    timer = setTimeout(resolve, STOP_PATIENCE_MS);
  });
  await Promise.race([work, patience]);
  clearTimeout(timer);
}
