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
import { Alert, Container, Flex, Header, Text } from '@backstage/ui';
import { useCallback } from 'react';
import { holdsScope } from '../../access/readAccess';
import { orchestratorApiRef } from '../../api';
import { useResource } from '../../hooks/useResource';
import { workflowRouteRef } from '../../routes';
import { ErrorMessage, LoadingMessage } from '../Feedback';
import { RunsSection } from '../RunsSection';
import { RunForm } from './RunForm';

/** One workflow: start a run of it, and see its runs. */
export function WorkflowPage() {
  const { workflowId } = useRouteRefParams(workflowRouteRef);
  const api = useApi(orchestratorApiRef);
  const workflowLink = useRouteRef(workflowRouteRef);
  const workflow = useResource(
    useCallback(
      signal => api.getWorkflow(workflowId, { signal }),
      [api, workflowId],
    ),
  );
  const schema = useResource(
    useCallback(
      async signal => ({
        inputSchema: await api.getInputSchema(workflowId, { signal }),
      }),
      [api, workflowId],
    ),
  );
  const whoami = useResource(
    useCallback(signal => api.whoami({ signal }), [api]),
  );

  if (workflow.error) {
    return (
      <Container py="4">
        <ErrorMessage
          title="The workflow could not be loaded"
          error={workflow.error}
          onRetry={workflow.reload}
        />
      </Container>
    );
  }
  if (!workflow.value) {
    return (
      <Container py="4">
        <LoadingMessage what="the workflow" />
      </Container>
    );
  }
  const { name, description, version, workspace, isAvailable, availability } =
    workflow.value;
  const mayExecute =
    !whoami.value ||
    holdsScope(whoami.value, 'workflows:execute', workflow.value);
  return (
    <BreadcrumbEntry
      entry={{
        label: name ?? workflowId,
        href: workflowLink?.({ workflowId }) ?? '',
      }}
    >
      <Header
        title={name ?? workflowId}
        metadata={[
          { label: 'Id', value: workflowId },
          { label: 'Version', value: version ?? '–' },
          { label: 'Workspace', value: workspace ?? 'default' },
        ]}
      />
      <Container py="4">
        <Flex direction="column" gap="4">
          {description && <Text as="p">{description}</Text>}
          {isAvailable === false && (
            <Alert
              status="warning"
              icon
              title="This workflow cannot be started now"
              description={availability?.reason}
            />
          )}
          {!mayExecute && (
            <Alert
              status="info"
              icon
              title="You may not start this workflow"
              description={`No grant gives you workflows:execute in workspace ${
                workspace ?? 'default'
              }.`}
            />
          )}
          {schema.error && (
            <ErrorMessage
              title="The input schema could not be loaded"
              error={schema.error}
              onRetry={schema.reload}
            />
          )}
          {schema.value && (
            <RunForm
              key={workflowId}
              workflowId={workflowId}
              schema={schema.value.inputSchema}
              isDisabled={!mayExecute || isAvailable === false}
            />
          )}
          {schema.isLoading && <LoadingMessage what="the input schema" />}
          <RunsSection whoami={whoami.value} workflowId={workflowId} />
        </Flex>
      </Container>
    </BreadcrumbEntry>
  );
}
