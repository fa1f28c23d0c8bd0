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

import type { z as Zod } from 'zod/v3';

/** What the actions answer of a run. */
export function runShape(z: typeof Zod) {
  return {
    instanceId: z.string().describe('The id of the run'),
    workflowId: z.string().describe('The id of its workflow'),
    workflowName: z.string().optional().describe('The name of its workflow'),
    status: z.string().optional().describe('The state of the run'),
    startTime: z
      .string()
      .optional()
      .describe('When the run started, in ISO 8601'),
    endTime: z
      .string()
      .optional()
      .describe('When the run ended, in ISO 8601; absent while it has not'),
  };
}
