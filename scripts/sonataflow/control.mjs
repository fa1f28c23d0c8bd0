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

// What tests may ask of the SonataFlow under test, over HTTP, since they run in processes and packages of their own.
//   GET  /                       the addresses
//   POST /service/{start,stop,kill}
//   GET  /stub                   what the stub has seen; PUT with a script forgets it and takes new answers
//   PUT  /runtime                {"port": …} leads the runtime's address there, {} to nowhere
//   POST /sql                    {"text": …, "values": […]} asks the database of the service; answers the rows
import http from 'node:http';
import pg from 'pg';

async function jsonOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString() || '{}');
}

async function rowsOf(connectionString, { text, values }) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

/**
 * Serves it on a free port of 127.0.0.1.
 *
 * @param {{ service: import('./SonataFlow.mjs').SonataFlow, stub: import('./Stub.mjs').Stub,
 *   forwarder: import('./Forwarder.mjs').Forwarder, database: string, addresses: Record<string, string> }} parts `database` is a
 *   connection string
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function serveControl({
  service,
  stub,
  forwarder,
  database,
  addresses,
}) {
  const routes = {
    'GET /': () => addresses,
    'POST /service/start': () => service.start(),
    'POST /service/stop': () => service.stop(),
    'POST /service/kill': () => service.kill(),
    'GET /stub': () => stub.seen,
    'PUT /stub': script => stub.reset(script),
    'PUT /runtime': ({ port }) => forwarder.lead(port),
    'POST /sql': query => rowsOf(database, query),
  };
  const server = http.createServer(async (request, response) => {
    const answer = (status, body) => {
      // A connection that is kept can end just when a test asks again.
      response.writeHead(status, {
        'content-type': 'application/json',
        connection: 'close',
      });
      response.end(JSON.stringify(body ?? {}));
    };
    try {
      const route = routes[`${request.method} ${request.url}`];
      if (!route) answer(404, { message: 'no such route' });
      else answer(200, await route(await jsonOf(request)));
    } catch (error) {
      answer(500, { message: String(error) });
    }
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      return new Promise(resolve => server.close(resolve));
    },
  };
}
