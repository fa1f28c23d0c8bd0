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

import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { OrchestratorRequestError } from '../../api';
import {
  makeRun,
  mockApi,
  renderOrchestrator,
  WEATHER,
  WHOAMI,
} from '../../__testUtils__/renderOrchestrator';

const region = (name: string) => screen.findByRole('region', { name });

describe('OverviewPage', () => {
  it('shows the workflows, the runs and what the user may do and why', async () => {
    const api = mockApi({
      listRuns: jest.fn().mockResolvedValue({
        items: [makeRun({ state: 'ERROR' })],
        totalCount: 1,
        paginationInfo: {},
      }),
    });
    renderOrchestrator(api);

    const workflows = within(await region('Workflows'));
    expect(
      await workflows.findByRole('link', { name: 'Weather advice' }),
    ).toHaveAttribute('href', '/orchestrator/workflows/weather');
    expect(workflows.getByText('platform')).toBeInTheDocument();

    const runs = within(await region('My runs'));
    expect(
      await runs.findByRole('link', { name: 'Weather advice' }),
    ).toHaveAttribute('href', '/orchestrator/runs/run-1');
    expect(runs.getByText('Failed')).toBeInTheDocument();
    expect(runs.getByText('took 2.5 s')).toBeInTheDocument();

    const access = within(await region('My access'));
    expect(await access.findByText('user:default/alice')).toBeInTheDocument();
    const execute = access.getByText('workflows:execute').closest('li')!;
    expect(execute).toHaveTextContent(
      'Because of grant platform-team (workspaces: platform)',
    );
    expect(access.getByText('instances:admin')).toBeInTheDocument();
  });

  it('says so where there is nothing', async () => {
    const api = mockApi({
      listWorkflows: jest.fn().mockResolvedValue({
        overviews: [],
        totalCount: 0,
        paginationInfo: {},
      }),
      whoami: jest
        .fn()
        .mockResolvedValue({ ...WHOAMI, grants: [], scopes: [] }),
    });
    renderOrchestrator(api);
    expect(
      await screen.findByText(/There is no workflow that you may see/),
    ).toBeInTheDocument();
    expect(await screen.findByText(/There is no run yet/)).toBeInTheDocument();
    expect(await screen.findByText(/No grant matches you/)).toBeInTheDocument();
  });

  it('says why a workflow cannot be started', async () => {
    const api = mockApi({
      listWorkflows: jest.fn().mockResolvedValue({
        overviews: [
          {
            ...WEATHER,
            isAvailable: false,
            availability: { isAvailable: false, reason: 'foreach in state A' },
          },
        ],
        totalCount: 1,
        paginationInfo: {},
      }),
    });
    renderOrchestrator(api);
    expect(
      await screen.findByText('Unavailable: foreach in state A'),
    ).toBeInTheDocument();
  });

  it('shows what the backend refuses, and tries again', async () => {
    const api = mockApi();
    api.listWorkflows.mockRejectedValueOnce(
      new OrchestratorRequestError(403, {
        error: {
          message: 'Missing required scope: workflows:read',
          code: 'auth.missing_scope',
        },
      }),
    );
    renderOrchestrator(api);
    const workflows = within(await region('Workflows'));
    expect(await workflows.findByRole('alert')).toHaveTextContent(
      'Missing required scope: workflows:read (auth.missing_scope)',
    );
    await userEvent.click(workflows.getByRole('button', { name: 'Try again' }));
    expect(
      await workflows.findByRole('link', { name: 'Weather advice' }),
    ).toBeInTheDocument();
    expect(workflows.queryByRole('alert')).not.toBeInTheDocument();
  });

  it('turns the pages of the runs', async () => {
    const api = mockApi({
      listRuns: jest.fn(async ({ offset }) => ({
        items: [makeRun({ id: `run-${offset}` })],
        totalCount: 45,
        paginationInfo: {},
      })),
    });
    renderOrchestrator(api);
    const runs = within(await region('My runs'));
    expect(await runs.findByText('run-0')).toBeInTheDocument();
    const next = runs.getByRole('button', { name: /next/i });
    await userEvent.click(next);
    expect(await runs.findByText('run-20')).toBeInTheDocument();
    expect(runs.queryByText('run-0')).not.toBeInTheDocument();
    await userEvent.click(runs.getByRole('button', { name: /previous/i }));
    expect(await runs.findByText('run-0')).toBeInTheDocument();
    expect(api.listRuns).toHaveBeenCalledWith(
      { offset: 20, pageSize: 20 },
      expect.anything(),
    );
  });

  it("shows an administrator everybody's runs, or only their own", async () => {
    const api = mockApi({
      whoami: jest.fn().mockResolvedValue({
        ...WHOAMI,
        principal: { type: 'user', ref: 'user:default/carol' },
        scopes: ['instances:admin', 'instances:read'],
      }),
      listRuns: jest.fn().mockResolvedValue({
        items: [
          makeRun({
            initiatorEntity: 'user:default/bob',
            actor: 'plugin:scaffolder',
          }),
        ],
        totalCount: 1,
        paginationInfo: {},
      }),
    });
    renderOrchestrator(api);
    const runs = within(await region('Runs'));
    expect(await runs.findByText('user:default/bob')).toBeInTheDocument();
    expect(runs.getByText('through plugin:scaffolder')).toBeInTheDocument();
    expect(api.listRuns.mock.lastCall![0].initiator).toBeUndefined();

    await userEvent.click(runs.getByRole('switch', { name: 'Only mine' }));
    await waitFor(() =>
      expect(api.listRuns.mock.lastCall![0].initiator).toBe(
        'user:default/carol',
      ),
    );
  });

  it('refreshes while a run is active', async () => {
    const page = (state: 'ACTIVE' | 'COMPLETED') => ({
      items: [makeRun({ state })],
      totalCount: 1,
      paginationInfo: {},
    });
    const api = mockApi({
      listRuns: jest
        .fn()
        .mockResolvedValueOnce(page('ACTIVE'))
        .mockResolvedValue(page('COMPLETED')),
    });
    renderOrchestrator(api);
    expect(await screen.findByText('Running')).toBeInTheDocument();
    expect(
      await screen.findByText('Completed', {}, { timeout: 15_000 }),
    ).toBeInTheDocument();
  }, 20_000);
});
