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

import {
  BreadcrumbEntry,
  useApi,
  useRouteRef,
  useRouteRefParams,
} from '@backstage/frontend-plugin-api';
import { Alert, Container, Flex, Header } from '@backstage/ui';
import { useCallback } from 'react';
import { orchestratorApiRef } from '../../api';
import { formatDuration, formatTime } from '../../format/formatTime';
import { useRefresh } from '../../hooks/useRefresh';
import { useResource } from '../../hooks/useResource';
import { runRouteRef, workflowRouteRef } from '../../routes';
import { Code } from '../Code';
import { ErrorMessage, LoadingMessage } from '../Feedback';
import { isActiveState, RunState } from '../RunState';
import { Section } from '../Section';
import { RunActions } from './RunActions';
import { RunLog } from './RunLog';
import { RunResult } from './RunResult';
import { StepTable } from './StepTable';

const REFRESH_MS = 1500;

/** One run: its state, steps, result, error, log and data, refreshed until it has ended. */
export function RunPage() {
  const { instanceId } = useRouteRefParams(runRouteRef);
  const api = useApi(orchestratorApiRef);
  const workflowLink = useRouteRef(workflowRouteRef);
  const runLink = useRouteRef(runRouteRef);
  // Together, so that the log which is shown is never older than the state beside it.
  const loaded = useResource(
    useCallback(
      async signal => {
        const run = await api.getRun(instanceId, { signal });
        const log = await api
          .getRunLog(instanceId, { signal })
          .then(lines => ({ lines }))
          .catch((error: Error) => ({ error }));
        return { run, log };
      },
      [api, instanceId],
    ),
  );
  const shown = loaded.value?.run;
  const goesOn = isActiveState(shown?.state) && !shown?.lost;
  useRefresh(loaded.reload, goesOn, REFRESH_MS);

  if (!loaded.value) {
    return (
      <Container py="4">
        {loaded.error ? (
          <ErrorMessage
            title="The run could not be loaded"
            error={loaded.error}
            onRetry={loaded.reload}
          />
        ) : (
          <LoadingMessage what="the run" />
        )}
      </Container>
    );
  }
  const { run, log } = loaded.value;
  const name = run.processName ?? run.processId;
  return (
    <BreadcrumbEntry
      entry={{
        label: name,
        href: workflowLink?.({ workflowId: run.processId }) ?? '',
      }}
    >
      <BreadcrumbEntry
        entry={{ label: 'Run', href: runLink?.({ instanceId }) ?? '' }}
      >
        <Header
          title={`Run of ${name}`}
          metadata={[
            {
              label: 'State',
              value: <RunState state={run.state} lost={run.lost} />,
            },
            { label: 'Started', value: formatTime(run.start) },
            {
              label: 'Took',
              value: formatDuration(run.start, run.end, Date.now()),
            },
            {
              label: 'Started by',
              value: startedBy(run),
            },
            { label: 'Run', value: run.id },
          ]}
          customActions={<RunActions run={run} onChanged={loaded.reload} />}
        />
        <Container py="4">
          <Flex direction="column" gap="4">
            {loaded.error && (
              <ErrorMessage
                title="The run could not be refreshed"
                error={loaded.error}
                onRetry={loaded.reload}
              />
            )}
            {run.error && (
              <Alert
                status="danger"
                icon
                title={
                  run.lost ? 'This run is lost' : `Failed in ${nameOfNode(run)}`
                }
                description={run.error.message}
              />
            )}
            <RunResult data={run.workflowdata} />
            <Section title="Steps">
              <StepTable nodes={run.nodes} isActive={goesOn} />
            </Section>
            <Section title="Log">
              <RunLog log={log} />
            </Section>
            <Section title="Data">
              <Code label="Data">
                {JSON.stringify(run.workflowdata ?? {}, null, 2)}
              </Code>
            </Section>
          </Flex>
        </Container>
      </BreadcrumbEntry>
    </BreadcrumbEntry>
  );
}

/** Who started a run; of a run from before the plugin was there, who its own data says it was. */
function startedBy(run: {
  initiatorEntity?: string;
  actor?: string;
  adopted?: boolean;
}) {
  const { initiatorEntity = '–', actor, adopted } = run;
  if (adopted) return `${initiatorEntity}, as the run itself says`;
  return actor ? `${initiatorEntity} through ${actor}` : initiatorEntity;
}

function nameOfNode(run: {
  nodes: readonly { id: string; definitionId?: string; name?: string }[];
  error?: { nodeDefinitionId: string; nodeInstanceId?: string } | null;
}): string {
  const { nodeInstanceId, nodeDefinitionId } = run.error ?? {};
  const node =
    run.nodes.find(({ id }) => id === nodeInstanceId) ??
    run.nodes.find(({ definitionId }) => definitionId === nodeDefinitionId);
  return node?.name ?? nodeDefinitionId ?? 'an unknown step';
}
