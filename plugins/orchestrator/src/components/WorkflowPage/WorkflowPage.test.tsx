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

import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { OrchestratorRequestError } from '../../api';
import {
  mockApi,
  renderOrchestrator,
  WEATHER,
} from '../../__testUtils__/renderOrchestrator';

const PATH = '/workflows/weather';
const input = () => screen.findByRole('textbox', { name: 'Input (JSON)' });
const run = () => screen.findByRole('button', { name: 'Run' });

async function type(text: string) {
  const box = await input();
  await userEvent.clear(box);
  // In the language of user-event, a bracket is written twice.
  await userEvent.type(box, text.replace(/[{[]/g, '$&$&'));
}

describe('WorkflowPage', () => {
  it('fills the input in from the schema, starts the run and goes to it', async () => {
    const api = mockApi();
    renderOrchestrator(api, PATH);
    expect(await input()).toHaveValue('{\n  "city": "Oslo"\n}');
    await userEvent.click(await run());

    expect(
      await screen.findByRole('heading', { name: 'Run of Weather advice' }),
    ).toBeInTheDocument();
    expect(api.getRun).toHaveBeenCalledWith('run-1', expect.anything());
    expect(api.execute).toHaveBeenCalledTimes(1);
    expect(api.execute).toHaveBeenCalledWith({
      workflowId: 'weather',
      input: { city: 'Oslo' },
      idempotencyKey: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('lists the runs of this workflow only', async () => {
    const api = mockApi();
    renderOrchestrator(api, PATH);
    await waitFor(() =>
      expect(api.listRuns).toHaveBeenCalledWith(
        expect.objectContaining({ workflowId: 'weather' }),
        expect.anything(),
      ),
    );
  });

  it('shows every fault that the backend finds', async () => {
    const api = mockApi();
    api.execute.mockRejectedValueOnce(
      new OrchestratorRequestError(400, {
        error: {
          message: 'The input does not fit the schema',
          code: 'request.invalid',
          faults: [
            { path: 'body/inputData/city', message: 'must be string' },
            { path: 'body/inputData', message: 'must not have more' },
          ],
        },
      }),
    );
    renderOrchestrator(api, PATH);
    await userEvent.click(await run());
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('The run was not started');
    expect(alert).toHaveTextContent('body/inputData/city must be string');
    expect(alert).toHaveTextContent('body/inputData must not have more');
  });

  it('keeps the key for the same input, and takes a new one for another', async () => {
    const api = mockApi();
    api.execute.mockRejectedValue(new TypeError('Failed to fetch'));
    renderOrchestrator(api, PATH);
    await userEvent.click(await run());
    await screen.findByRole('alert');
    await userEvent.click(await run());
    await waitFor(() => expect(api.execute).toHaveBeenCalledTimes(2));
    await type('{"city": "Lagos"}');
    await userEvent.click(await run());
    await waitFor(() => expect(api.execute).toHaveBeenCalledTimes(3));

    const keys = api.execute.mock.calls.map(([call]) => call.idempotencyKey);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
    expect(api.execute.mock.lastCall![0].input).toEqual({ city: 'Lagos' });
  });

  it('starts nothing that is no JSON object', async () => {
    const api = mockApi();
    renderOrchestrator(api, PATH);
    await type('{"city": ');
    expect(await screen.findByText(/This is not valid JSON/)).toBeVisible();
    expect(await run()).toBeDisabled();
    await type('[1]');
    expect(await screen.findByText(/has to be a JSON object/)).toBeVisible();
    expect(await run()).toBeDisabled();
    expect(api.execute).not.toHaveBeenCalled();
  });

  it('says where no grant allows a start', async () => {
    const api = mockApi({
      getWorkflow: jest
        .fn()
        .mockResolvedValue({ ...WEATHER, workspace: 'payments' }),
    });
    renderOrchestrator(api, PATH);
    expect(
      await screen.findByText(
        'No grant gives you workflows:execute in workspace payments.',
      ),
    ).toBeInTheDocument();
    expect(await run()).toBeDisabled();
  });

  it('says why the workflow cannot be started now', async () => {
    const api = mockApi({
      getWorkflow: jest.fn().mockResolvedValue({
        ...WEATHER,
        isAvailable: false,
        availability: { isAvailable: false, reason: 'foreach in state A' },
      }),
    });
    renderOrchestrator(api, PATH);
    expect(await screen.findByText('foreach in state A')).toBeInTheDocument();
    expect(await run()).toBeDisabled();
  });

  it('says so where there is no such workflow', async () => {
    const api = mockApi();
    api.getWorkflow.mockRejectedValue(
      new OrchestratorRequestError(404, {
        error: { message: 'Unknown workflow', code: 'workflow.not_found' },
      }),
    );
    renderOrchestrator(api, '/workflows/nope');
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'Unknown workflow (workflow.not_found)',
    );
  });
});
