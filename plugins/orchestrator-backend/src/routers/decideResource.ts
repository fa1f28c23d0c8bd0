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

import type { Access, RunScope, WorkflowScope } from '../gate/Access';
import type { Operation } from '../gate/operations';
import type { RunFacts, WorkflowFacts } from '../grants/criteria';

/** Decides on what the path of an operation names; nothing where it names nothing. */
export type DecideResource = (
  operation: Operation,
  access: Access,
  path: Readonly<Record<string, string>>,
) => Promise<void>;

function isRunScope(scope: string | undefined): scope is RunScope {
  return scope === 'instances:read' || scope === 'instances:write';
}

/**
 * Makes the decision on the resource of a request that is refused for its form. Rights come before form: who may not know of a
 * workflow, run or token is answered the same with a broken body as with a good one. A request of good form is decided on by the
 * service that serves it.
 */
export function createDecideResource(sources: {
  readonly findWorkflow: (id: string) => Promise<WorkflowFacts | undefined>;
  /** As its engine has it now: what changes a definition must not rest on what is remembered of it. */
  readonly findFresh: (id: string) => Promise<WorkflowFacts | undefined>;
  readonly findRun: (id: string) => Promise<RunFacts | undefined>;
  /** Refuses where the caller may not know of a token. */
  readonly decideToken: (access: Access, id: string) => Promise<void>;
}): DecideResource {
  return async ({ scopes }, access, path) => {
    const { tokenId, instanceId, workflowId } = path;
    const [scope] = scopes;
    if (tokenId !== undefined) {
      await sources.decideToken(access, tokenId);
    } else if (instanceId !== undefined && isRunScope(scope)) {
      const run = await sources.findRun(instanceId);
      const isMeant =
        workflowId === undefined || run?.workflowId === workflowId;
      await access.decideRun(scope, isMeant ? run : undefined);
    } else if (workflowId !== undefined && scope?.startsWith('workflows:')) {
      const find =
        scope === 'workflows:write' ? sources.findFresh : sources.findWorkflow;
      await access.decideWorkflow(
        scope as WorkflowScope,
        await find(workflowId),
      );
    }
  };
}
