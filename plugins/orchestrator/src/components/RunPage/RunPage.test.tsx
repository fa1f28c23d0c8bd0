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
} from '../../__testUtils__/renderOrchestrator';

const PATH = '/runs/run-1';
const region = (name: string) => screen.findByRole('region', { name });

const conflict = () =>
  new OrchestratorRequestError(409, {
    error: { message: 'The run has ended', code: 'instance.conflict' },
  });

describe('RunPage', () => {
  it('shows state, steps, result, log and data', async () => {
    const api = mockApi({
      getRun: jest.fn().mockResolvedValue(
        makeRun({
          nodes: [
            {
              id: 'b',
              name: 'Judge',
              type: 'Switch',
              enter: '2026-11-22T03:04:06.000Z',
              exit: '2026-11-22T03:04:06.250Z',
            },
            {
              id: 'a',
              name: 'Ask',
              type: 'Operation',
              enter: '2026-11-22T03:04:05.000Z',
              exit: '2026-11-22T03:04:06.000Z',
            },
          ],
          workflowdata: {
            city: 'Oslo',
            result: {
              message: 'Take a coat',
              outputs: [{ key: 'Temperature', value: -4 }],
            },
          },
        }),
      ),
      getRunLog: jest.fn().mockResolvedValue([
        { id: '1795230245678000001', log: 'Asking for the weather' },
        { id: '1795230245678000002', log: 'Done' },
      ]),
    });
    renderOrchestrator(api, PATH);

    expect(await screen.findByText('Completed')).toBeInTheDocument();
    expect(screen.getByText('user:default/alice')).toBeInTheDocument();

    const steps = within(await region('Steps'));
    const rows = steps.getAllByRole('row').slice(1);
    expect(rows.map(row => row.textContent)).toEqual([
      expect.stringMatching(/^AskOperation.*1 s$/),
      expect.stringMatching(/^JudgeSwitch.*250 ms$/),
    ]);
    const result = await region('Result');
    expect(result).toHaveTextContent('Take a coat');
    expect(result).toHaveTextContent('Temperature-4');
    const [log] = await screen.findAllByText(/Asking for the weather/);
    expect(log.textContent).toMatch(/678 {2}Asking for the weather\n.*Done$/);
    expect(screen.getByText(/"city": "Oslo"/)).toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: 'Abort' }),
    ).not.toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: 'Retrigger' }),
    ).not.toBeInTheDocument();
  });

  it('follows the run until it has ended', async () => {
    const api = mockApi({
      getRun: jest
        .fn()
        .mockResolvedValueOnce(makeRun({ state: 'ACTIVE', end: null }))
        .mockResolvedValue(makeRun()),
    });
    renderOrchestrator(api, PATH);
    expect(await screen.findByText('Running')).toBeInTheDocument();
    expect(
      await screen.findByText('Completed', {}, { timeout: 15_000 }),
    ).toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: 'Abort' }),
    ).not.toBeInTheDocument();
  }, 20_000);

  it('shows a run that its engine lost as such, which can still be aborted', async () => {
    const api = mockApi({
      getRun: jest.fn().mockResolvedValue(
        makeRun({
          state: 'ACTIVE',
          end: null,
          lost: true,
          adopted: true,
          error: {
            nodeDefinitionId: '',
            message: 'Version 1.0 of the workflow is gone',
          },
        }),
      ),
    });
    renderOrchestrator(api, PATH);
    expect(await screen.findByText('Lost')).toBeInTheDocument();
    expect(screen.queryByText('Running')).not.toBeInTheDocument();
    expect(screen.getByText('This run is lost')).toBeInTheDocument();
    expect(
      screen.getByText('Version 1.0 of the workflow is gone'),
    ).toBeInTheDocument();
    expect(
      screen.getByText('user:default/alice, as the run itself says'),
    ).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Abort' })).toBeInTheDocument();
  });

  it('says in which step the run failed, and runs it again when asked twice', async () => {
    const api = mockApi({
      getRun: jest.fn().mockResolvedValue(
        makeRun({
          state: 'ERROR',
          nodes: [{ id: 'n1', definitionId: '2', name: 'Ask' }],
          error: { nodeDefinitionId: '2', message: 'status code 500' },
        }),
      ),
    });
    renderOrchestrator(api, PATH);
    expect(await screen.findByText('Failed in Ask')).toBeInTheDocument();
    expect(screen.getByText('status code 500')).toBeInTheDocument();

    await userEvent.click(screen.getByRole('button', { name: 'Retrigger' }));
    expect(api.retriggerRun).not.toHaveBeenCalled();
    const calls = api.getRun.mock.calls.length;
    await userEvent.click(
      await screen.findByRole('button', { name: 'Retrigger the run' }),
    );
    expect(api.retriggerRun).toHaveBeenCalledWith({
      workflowId: 'weather',
      instanceId: 'run-1',
    });
    await waitFor(() =>
      expect(api.getRun.mock.calls.length).toBeGreaterThan(calls),
    );
  });

  it('aborts only when that is confirmed, and says why where it cannot', async () => {
    const api = mockApi({
      getRun: jest
        .fn()
        .mockResolvedValue(makeRun({ state: 'ACTIVE', end: null })),
    });
    api.abortRun.mockRejectedValueOnce(conflict());
    renderOrchestrator(api, PATH);

    await userEvent.click(await screen.findByRole('button', { name: 'Abort' }));
    await userEvent.click(
      await screen.findByRole('button', { name: 'Cancel' }),
    );
    expect(api.abortRun).not.toHaveBeenCalled();

    await userEvent.click(await screen.findByRole('button', { name: 'Abort' }));
    await userEvent.click(
      await screen.findByRole('button', { name: 'Abort the run' }),
    );
    expect(api.abortRun).toHaveBeenCalledWith('run-1');
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'The run has ended (instance.conflict)',
    );
  });

  it('shows the run also where its log cannot be had', async () => {
    const api = mockApi();
    api.getRunLog.mockRejectedValue(conflict());
    renderOrchestrator(api, PATH);
    expect(await screen.findByText('Completed')).toBeInTheDocument();
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'The log could not be loaded',
    );
  });

  it('says so where there is no such run', async () => {
    const api = mockApi();
    api.getRun.mockRejectedValue(
      new OrchestratorRequestError(404, {
        error: { message: 'Unknown run', code: 'instance.not_found' },
      }),
    );
    renderOrchestrator(api, PATH);
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'Unknown run (instance.not_found)',
    );
  });
});
