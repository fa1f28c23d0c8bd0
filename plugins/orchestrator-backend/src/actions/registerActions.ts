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

import type { ActionDeps } from './ActionDeps';
import { registerExecuteWorkflow } from './executeWorkflow';
import { registerGetInstance } from './getInstance';
import { registerGetWorkflowSchema } from './getWorkflowSchema';
import { registerListInstances } from './listInstances';
import { registerListWorkflows } from './listWorkflows';

/** Registers the actions of Red Hat's orchestrator with Backstage, from where MCP clients get them. */
export function registerActions(deps: ActionDeps): void {
  registerListWorkflows(deps);
  registerGetWorkflowSchema(deps);
  registerExecuteWorkflow(deps);
  registerListInstances(deps);
  registerGetInstance(deps);
}
