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

import type { LoggerService } from '@backstage/backend-plugin-api';
import { withinTime } from '../database/withinTime';

/** How long a part may take to end, unless told otherwise; milliseconds. */
const STOP_MS = 5_000;

class StopTimeoutError extends Error {
  name = 'StopTimeoutError';
}

/** Something that works in the background until it is stopped. */
export interface Stoppable {
  stop(): Promise<void>;
}

/**
 * Stops parts, all at the same time. What fails keeps no other from ending, and what takes too long, as with a database that does
 * not answer, is given up: the process is about to end, and somebody waits for it. Never throws.
 *
 * @param parts - by what the log calls them
 * @param options - `milliseconds`: how long each may take
 */
export async function stopParts(
  parts: Readonly<Record<string, Stoppable>>,
  options: { logger: LoggerService; milliseconds?: number },
): Promise<void> {
  const { logger, milliseconds = STOP_MS } = options;
  await Promise.all(
    Object.entries(parts).map(async ([name, part]) => {
      try {
        await withinTime(
          part.stop(),
          milliseconds,
          () => new StopTimeoutError(),
        );
      } catch (error) {
        // Its message can hold addresses and values; the name of its class cannot.
        logger.warn(
          `The ${name} did not end as it should: ${(error as Error).name}`,
        );
      }
    }),
  );
}
