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
import { Flex, Switch } from '@backstage/ui';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { useCallback } from 'react';
import { useSearchParams } from 'react-router-dom';
import { orchestratorApiRef } from '../../api';
import { useRefresh } from '../../hooks/useRefresh';
import { useResource } from '../../hooks/useResource';
import { ErrorMessage, LoadingMessage } from '../Feedback';
import { isActiveState } from '../RunState';
import { Section } from '../Section';
import { RUNS_PAGE_SIZE, RunTable } from './RunTable';

const REFRESH_MS = 3000;

/**
 * A page of the runs that the user may see, refreshed while one of them is active. The page and the filter are in the address, so
 * that the back button and a reload keep them.
 */
export function RunsSection(props: {
  whoami?: components['schemas']['Whoami'];
  workflowId?: string;
}) {
  const { whoami, workflowId } = props;
  const api = useApi(orchestratorApiRef);
  const [params, setParams] = useSearchParams();
  const page = readPage(params.get('page'));
  const seesAll = whoami?.scopes.some(
    scope => scope.split(':', 2).join(':') === 'instances:admin',
  );
  const onlyMine = Boolean(seesAll) && params.get('mine') === 'true';
  const initiator = onlyMine ? whoami?.principal.ref : undefined;

  const runs = useResource(
    useCallback(
      signal =>
        api.listRuns(
          {
            offset: (page - 1) * RUNS_PAGE_SIZE,
            pageSize: RUNS_PAGE_SIZE,
            workflowId,
            initiator,
          },
          { signal },
        ),
      [api, page, workflowId, initiator],
    ),
  );
  const active = runs.value?.items.some(
    run => isActiveState(run.state) && !run.lost,
  );
  useRefresh(runs.reload, Boolean(active), REFRESH_MS);

  const change = (name: string, value: string | undefined) =>
    setParams(before => {
      const after = new URLSearchParams(before);
      if (name !== 'page') after.delete('page');
      if (value === undefined) after.delete(name);
      else after.set(name, value);
      return after;
    });

  return (
    <Section
      title={seesAll ? 'Runs' : 'My runs'}
      actions={
        seesAll && (
          <Switch
            label="Only mine"
            isSelected={onlyMine}
            onChange={selected => change('mine', selected ? 'true' : undefined)}
          />
        )
      }
    >
      <Flex direction="column" gap="3">
        {runs.error && (
          <ErrorMessage
            title="The runs could not be loaded"
            error={runs.error}
            onRetry={runs.reload}
          />
        )}
        {runs.isLoading && <LoadingMessage what="runs" />}
        {runs.value && (
          <RunTable
            runs={runs.value.items}
            totalCount={runs.value.totalCount}
            page={page}
            showInitiator={Boolean(seesAll)}
            onPage={next => change('page', next > 1 ? String(next) : undefined)}
          />
        )}
      </Flex>
    </Section>
  );
}

function readPage(text: string | null): number {
  const page = Number(text ?? '1');
  return Number.isSafeInteger(page) && page > 0 ? page : 1;
}
