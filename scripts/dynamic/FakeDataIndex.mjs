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

// As much of a Data Index as it takes for one workflow to be listed: for whoever wants more, there is a real one in the tests of SonataFlow.
import http from 'node:http';

const definition = {
  id: 'remote-hello',
  version: '1.0',
  name: 'Remote hello',
  description: 'Says hello from elsewhere',
  annotations: [],
  metadata: {},
  type: 'SW',
  source: JSON.stringify({ id: 'remote-hello', version: '1.0' }),
};

/** Answers questions about one workflow, and says so as its runtime. */
export class FakeDataIndex {
  #server = http.createServer((req, res) => this.#answer(req, res));

  /** @returns {Promise<string>} its address */
  async start() {
    await new Promise(resolve => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return this.#url;
  }

  async stop() {
    await new Promise(resolve => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  get #url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  async #answer(req, res) {
    let text = '';
    for await (const chunk of req) text += chunk;
    res.setHeader('Content-Type', 'application/json');
    if (req.url === '/graphql') {
      res.end(JSON.stringify({ data: this.#dataFor(JSON.parse(text).query) }));
    } else if (req.url === '/management/processes') {
      res.end(JSON.stringify([definition.id]));
    } else {
      res.end(JSON.stringify({ id: definition.id, version: '1.0' }));
    }
  }

  #dataFor(query) {
    if (query.includes('ProcessDefinitions')) {
      const url = this.#url;
      const endpoint = `${url}/${definition.id}`;
      return {
        ProcessDefinitions: [{ ...definition, serviceUrl: url, endpoint }],
      };
    }
    return { ProcessInstances: [], CountProcessInstances: 0 };
  }
}
