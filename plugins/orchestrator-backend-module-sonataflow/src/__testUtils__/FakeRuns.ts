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

import { randomUUID } from 'node:crypto';
import type { FakeDataIndex } from './FakeDataIndex';
import type { FakeInstance } from './fakeRows';

/** What a workflow of a fake runtime does. */
export interface FakeWorkflow {
  readonly id: string;
  readonly version?: string;
  /** It completes, waits for an event, fails each time, fails until it is retriggered, or is started by an event only. */
  readonly behaviour: 'completes' | 'waits' | 'fails' | 'failsOnce' | 'event';
  /** The status of the answer to a start that fails: that of the call which failed; 500 unless told. */
  readonly failsWith?: number;
  readonly inputSchema?: Record<string, any> & {
    readonly required?: readonly string[];
  };
  readonly source?: string;
  readonly annotations?: string[];
  /** Starts runs of this workflow, which wait. */
  readonly child?: string;
}

/** A run that has not ended. */
export interface FakeRun {
  readonly id: string;
  readonly workflow: FakeWorkflow;
  data: Record<string, any>;
  isFailed: boolean;
}

/** The only node of each workflow. */
export const NODE = {
  nodeDefinitionId: 'node-1',
  nodeInstanceId: 'node-instance-1',
};

/** The workflows and runs of a fake runtime, which writes what becomes of them into a fake Data Index. */
export class FakeRuns {
  readonly workflows = new Map<string, FakeWorkflow>();
  /** Where the Data Index is told that the runtime is. */
  serviceUrl = '';
  readonly #runs = new Map<string, FakeRun>();
  readonly #dataIndex: FakeDataIndex;
  readonly #now: () => number;

  constructor(dataIndex: FakeDataIndex, now: () => number) {
    this.#dataIndex = dataIndex;
    this.#now = now;
  }

  get(id: string | undefined): FakeRun | undefined {
    return this.#runs.get(id ?? '');
  }

  all(): FakeRun[] {
    return [...this.#runs.values()];
  }

  /** Forgets a run, of which the Data Index goes on telling. */
  lose(id: string): void {
    this.#runs.delete(id);
  }

  /** Begins a run, and its child where the workflow has one. */
  begin(
    workflow: FakeWorkflow,
    body: Record<string, any>,
    row: Partial<FakeInstance>,
  ): FakeRun {
    const { behaviour, id: processId, version = '1.0' } = workflow;
    const { workflowdata = body, ...others } =
      'workflowdata' in body ? body : { workflowdata: body };
    const isFailed = behaviour === 'fails' || behaviour === 'failsOnce';
    const id = randomUUID();
    const run: FakeRun = { id, workflow, data: workflowdata, isFailed };
    this.#runs.set(id, run);
    const time = this.#time();
    this.#dataIndex.put({
      id,
      processId,
      version,
      state: isFailed ? 'ERROR' : 'ACTIVE',
      start: time,
      lastUpdate: time,
      variables: { workflowdata, workflowdatainput: workflowdata, ...others },
      nodes: [
        {
          id: NODE.nodeInstanceId,
          definitionId: NODE.nodeDefinitionId,
          nodeId: '1',
          name: 'First',
          type: 'ActionNode',
          enter: time,
          errorMessage: isFailed ? 'it failed' : undefined,
        },
      ],
      error: isFailed ? { ...NODE, message: 'it failed' } : undefined,
      serviceUrl: this.serviceUrl,
      endpoint: `${this.serviceUrl}/${processId}`,
      ...row,
    });
    const child = this.workflows.get(workflow.child ?? '');
    if (child) {
      this.begin(
        child,
        {},
        {
          parentProcessInstanceId: id,
          rootProcessInstanceId: id,
        },
      );
    }
    if (behaviour === 'completes') this.end(run, 'COMPLETED');
    return run;
  }

  /** Ends a run, which its runtime then does not have any more. */
  end(run: FakeRun, state: 'COMPLETED' | 'ABORTED'): void {
    this.#runs.delete(run.id);
    const end = this.#time();
    this.#dataIndex.change(run.id, {
      state,
      end,
      lastUpdate: end,
      ...(state === 'COMPLETED' && { error: null }),
    });
  }

  /**
   * Runs the node that failed again.
   *
   * @returns whether it failed again
   */
  retrigger(run: FakeRun): boolean {
    if (run.workflow.behaviour === 'fails') {
      this.#dataIndex.change(run.id, { lastUpdate: this.#time() });
      return true;
    }
    run.isFailed = false;
    this.end(run, 'COMPLETED');
    return false;
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}

/** A run as the routes of its workflow show it. */
export function viewOf({ id, data }: FakeRun) {
  return { id, workflowdata: data };
}
