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

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FakeDataIndex } from './FakeDataIndex';
import {
  type FakeRun,
  FakeRuns,
  type FakeWorkflow,
  NODE,
  viewOf,
} from './FakeRuns';
import { answer, TestServer } from './TestServer';

/** A request that a fake runtime has got. */
export interface RuntimeRequest {
  readonly method: string;
  readonly path: string;
  /** Names and values by turns, as they came over the wire. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/**
 * A workflow runtime with the routes and answers of SonataFlow, which writes its runs into a fake Data Index: an id in the answer
 * of a start that fails, runs that are gone once they have ended, texts that call themselves JSON.
 */
export class FakeRuntime {
  readonly requests: RuntimeRequest[] = [];
  /** The structured CloudEvents that came. */
  readonly events: Record<string, any>[] = [];
  readonly #runs: FakeRuns;
  readonly #dataIndex: FakeDataIndex;
  readonly #server: TestServer;
  /** How the retriggers that are under way go on, by their runs; absent where none is held. */
  #retriggers: Map<string, () => void> | undefined;

  private constructor(dataIndex: FakeDataIndex, now: () => number) {
    this.#dataIndex = dataIndex;
    this.#runs = new FakeRuns(dataIndex, now);
    this.#server = new TestServer((...exchange) => this.#respond(...exchange));
  }

  /** Starts it on a free port. */
  static async start(
    dataIndex: FakeDataIndex,
    now: () => number = Date.now,
  ): Promise<FakeRuntime> {
    const runtime = new FakeRuntime(dataIndex, now);
    await runtime.resume();
    runtime.#runs.serviceUrl = runtime.url.origin;
    return runtime;
  }

  get url(): URL {
    return this.#server.url;
  }

  /** Tells the Data Index another address of itself from now on, for example that of a proxy before it. */
  callItself(serviceUrl: URL): void {
    this.#runs.serviceUrl = serviceUrl.origin;
    for (const row of this.#dataIndex.definitions) {
      if (this.#runs.workflows.has(row.id)) {
        row.serviceUrl = this.#runs.serviceUrl;
        row.endpoint = `${this.#runs.serviceUrl}/${row.id}`;
      }
    }
  }

  /** Has a workflow from now on; another version stays in the Data Index beside it. */
  deploy(workflow: FakeWorkflow): void {
    const { id, version = '1.0', source, annotations } = workflow;
    this.#runs.workflows.set(id, workflow);
    this.#dataIndex.definitions.push({
      id,
      version,
      name: id,
      annotations,
      type: 'SW',
      source: source ?? `id: ${id}\nversion: '${version}'\n`,
      serviceUrl: this.#runs.serviceUrl,
      endpoint: `${this.#runs.serviceUrl}/${id}`,
    });
  }

  /** Forgets a workflow, of which the Data Index goes on telling. */
  undeploy(id: string): void {
    this.#runs.workflows.delete(id);
  }

  /** Forgets a run, of which the Data Index goes on telling. */
  lose(runId: string): void {
    this.#runs.lose(runId);
  }

  /** Lets a run that waits complete. */
  complete(runId: string): void {
    const run = this.#runs.get(runId);
    if (run) this.#runs.end(run, 'COMPLETED');
  }

  /** Leaves retriggers under way, until the function that it returns is called. */
  holdRetriggers(): () => void {
    const held = new Map<string, () => void>();
    this.#retriggers = held;
    return () => {
      this.#retriggers = undefined;
      held.forEach(goOn => goOn());
    };
  }

  /** Refuses connections until `resume`. */
  async stop(): Promise<void> {
    await this.#server.close();
  }

  /** Listens again, on the same port. */
  async resume(): Promise<void> {
    await this.#server.listen();
  }

  #respond(
    request: IncomingMessage,
    body: string,
    response: ServerResponse,
  ): void {
    const { method = '', url: path = '', rawHeaders } = request;
    this.requests.push({ method, path, rawHeaders, body });
    const url = new URL(path, 'http://fake');
    const parts = url.pathname.split('/').slice(1).map(decodeURIComponent);
    if (parts[0] === 'events' && method === 'POST') {
      this.#takeEvent(JSON.parse(body));
      answer(response, 202, '');
    } else if (parts[0] === 'management' && parts[1] === 'processes') {
      this.#manage(method, parts.slice(2), response);
    } else {
      this.#serve(method, parts, url, body, response);
    }
  }

  #serve(
    method: string,
    [id, runId]: string[],
    url: URL,
    body: string,
    response: ServerResponse,
  ): void {
    const workflow = this.#runs.workflows.get(id);
    const run = this.#runs.get(runId);
    if (!workflow) {
      this.#say(response, 404, {
        message: `RESTEASY003210: Could not find resource for full path: ${url}`,
      });
    } else if (method === 'POST' && runId === undefined) {
      const key = url.searchParams.get('businessKey') ?? undefined;
      this.#start(workflow, JSON.parse(body || '{}'), key, response);
    } else if (method === 'GET' && runId === undefined) {
      const runs = this.#runs.all().filter(one => one.workflow.id === id);
      this.#say(response, 200, runs.map(viewOf));
    } else if (!run || run.workflow.id !== id) {
      this.#say(response, 404, { message: 'HTTP 404 Not Found' });
    } else {
      if (method === 'DELETE') this.#runs.end(run, 'ABORTED');
      this.#say(response, 200, viewOf(run));
    }
  }

  #manage(method: string, parts: string[], response: ServerResponse): void {
    const [id, section, runId, action] = parts;
    if (id === undefined) {
      this.#say(response, 200, [...this.#runs.workflows.keys()]);
      return;
    }
    const workflow = this.#runs.workflows.get(id);
    if (!workflow) {
      // Its type says JSON, the body is not.
      answer(response, 404, `Process with id ${id} not found`);
      return;
    }
    if (section === undefined) {
      const { version = '1.0', inputSchema } = workflow;
      const process = { id, name: id, type: 'SW', version, inputSchema };
      this.#say(response, 200, process);
      return;
    }
    if (section === 'source') {
      answer(response, 200, workflow.source ?? `id: ${id}\n`, 'text/plain');
      return;
    }
    const run = this.#runs.get(runId);
    if (!run || run.workflow.id !== id) {
      answer(response, 404, `Process instance with id ${runId} not found`);
    } else if (method === 'DELETE') {
      this.#runs.end(run, 'ABORTED');
      this.#say(response, 200, viewOf(run));
    } else if (!run.isFailed) {
      answer(
        response,
        400,
        `Process instance with id ${runId} is not in error`,
      );
    } else if (action === 'retrigger') {
      this.#retrigger(run, response);
    } else {
      this.#say(response, 200, {
        id: runId,
        failedNodeId: NODE.nodeDefinitionId,
      });
    }
  }

  #retrigger(run: FakeRun, response: ServerResponse): void {
    const goOn = () => {
      if (this.#runs.retrigger(run)) this.#sayFailure(run, response);
      else this.#say(response, 200, viewOf(run));
    };
    if (!this.#retriggers) {
      goOn();
    } else if (!this.#retriggers.has(run.id)) {
      this.#retriggers.set(run.id, goOn);
    } else {
      const message = 'Cannot invoke it because "nodeDefinitionId" is null';
      this.#say(response, 500, { message });
    }
  }

  #start(
    workflow: FakeWorkflow,
    body: Record<string, any>,
    businessKey: string | undefined,
    response: ServerResponse,
  ): void {
    const data = 'workflowdata' in body ? body.workflowdata : body;
    const missing = (workflow.inputSchema?.required ?? []).filter(
      name => !(name in data),
    );
    if (missing.length > 0) {
      const lines = missing.map(
        name => `$.${name}: is missing but it is required`,
      );
      const message = ['There are JsonSchema validation errors:', ...lines];
      this.#say(response, 400, { message: message.join('\n') });
      return;
    }
    if (workflow.behaviour === 'event') {
      const message = 'There is no start node that matches the trigger none';
      this.#say(response, 400, { message });
      return;
    }
    const run = this.#runs.begin(workflow, body, { businessKey });
    if (run.isFailed) this.#sayFailure(run, response);
    else this.#say(response, 201, viewOf(run));
  }

  /** A start by event, or an event for a run that waits. */
  #takeEvent(event: Record<string, any>): void {
    this.events.push(event);
    const run = this.#runs.get(event.kogitoprocrefid);
    if (run) {
      run.data = { ...run.data, ...event.data };
      this.#runs.end(run, 'COMPLETED');
      return;
    }
    for (const workflow of this.#runs.workflows.values()) {
      if (workflow.behaviour === 'event' && workflow.id === event.type) {
        const row = { businessKey: event.kogitobusinesskey };
        this.#runs.begin(workflow, event.data ?? {}, row);
      }
    }
  }

  #sayFailure(run: FakeRun, response: ServerResponse): void {
    const status = run.workflow.failsWith ?? 500;
    this.#say(response, status, {
      id: run.id,
      failedNodeId: NODE.nodeDefinitionId,
      message: 'it failed',
    });
  }

  #say(response: ServerResponse, status: number, body: unknown): void {
    answer(response, status, JSON.stringify(body));
  }
}
