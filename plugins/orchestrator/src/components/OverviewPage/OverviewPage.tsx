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

import { useApi } from '@backstage/frontend-plugin-api';
import { Container, Flex, Grid } from '@backstage/ui';
import { useCallback } from 'react';
import { orchestratorApiRef } from '../../api';
import { useResource } from '../../hooks/useResource';
import { AccessSection } from '../AccessSection';
import { OrchestratorHeader } from '../OrchestratorHeader';
import { RunsSection } from '../RunsSection';
import { WorkflowsSection } from '../WorkflowsSection';

/** The workflows and runs that the user may see, and who the user is. */
export function OverviewPage() {
  const api = useApi(orchestratorApiRef);
  const whoami = useResource(
    useCallback(signal => api.whoami({ signal }), [api]),
  );
  return (
    <>
      <OrchestratorHeader title="Overview" active="overview" />
      <Container py="4">
        <Grid.Root columns={{ initial: '1', lg: '3' }} gap="4">
          <Grid.Item colSpan={{ initial: '1', lg: '2' }}>
            <Flex direction="column" gap="4">
              <WorkflowsSection />
              <RunsSection whoami={whoami.value} />
            </Flex>
          </Grid.Item>
          <Grid.Item colSpan="1">
            <AccessSection whoami={whoami} />
          </Grid.Item>
        </Grid.Root>
      </Container>
    </>
  );
}
