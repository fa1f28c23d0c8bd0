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

import request from 'supertest';
import type { TestPortal } from '../../__testUtils__/TestPortal';

/** Invokes an action of the plugin over HTTP, as Backstage's actions service does for the MCP server. */
export function invokeAction(
  portal: TestPortal,
  headers: Readonly<Record<string, string>>,
  action: string,
  input: object,
  version: 'v1' | 'v2' = 'v1',
): request.Test {
  return request(portal.server)
    .post(
      `/api/orchestrator/.backstage/actions/${version}/actions/orchestrator:${action}/invoke`,
    )
    .set(headers)
    .send(version === 'v1' ? input : { input });
}
