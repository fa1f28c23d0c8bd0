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

import { TestDatabases } from '@backstage/backend-test-utils';
import { FakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import { Agent, request as sendRequest } from 'node:http';
import request from 'supertest';
import { startTestPortal, type TestPortal } from '../__testUtils__/TestPortal';
import {
  matrixConfig,
  matrixPrincipals,
} from '../matrix/__testUtils__/principals';
import { operations, WORKFLOW } from '../matrix/__testUtils__/requests';
import {
  generateRequest,
  type GeneratedRequest,
} from './__testUtils__/generateRequest';
import { Random } from './__testUtils__/Random';

const COUNT = 20_000;
const CONCURRENCY = 8;
/** A failure names the request; another seed is another set of requests. */
const SEED = Number(process.env.ORCHESTRATOR_FUZZ_SEED ?? 20261122);

jest.setTimeout(600_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

describe.each(databases.eachSupportedId())(
  `generated requests on %s, seed ${SEED}`,
  databaseId => {
    let portal: TestPortal;
    const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });

    beforeAll(async () => {
      portal = await startTestPortal({
        knex: await databases.init(databaseId),
        config: matrixConfig,
        engines: [
          new FakeEngine({
            definitions: [
              {
                id: WORKFLOW,
                scenario: 'waits',
                inputSchema: {
                  type: 'object',
                  properties: { name: { type: 'string' } },
                },
              },
              { id: 'other', scenario: 'fails' },
              {
                id: 'by-event',
                scenario: 'waits',
                startsOn: { type: 'go' },
                consumes: [
                  { name: 'more', type: 'go', correlation: ['ticket'] },
                ],
              },
            ],
          }),
        ],
        callers: ['nightly-report', 'mcp-actions'],
      });
    });

    afterAll(async () => {
      agent.destroy();
      await portal.stop();
    });

    async function send(
      generated: GeneratedRequest,
    ): Promise<{ status: number; text: string }> {
      const { port } = portal.server.address() as { port: number };
      const { method, path, headers, body } = generated;
      return new Promise((resolve, reject) => {
        const outgoing = sendRequest(
          {
            agent,
            host: 'localhost',
            port,
            method,
            path,
            headers: headers as never,
          },
          res => {
            const chunks: Buffer[] = [];
            const answer = () =>
              resolve({
                status: res.statusCode!,
                text: Buffer.concat(chunks).toString(),
              });
            const type = res.headers['content-type'] ?? '';
            res.on('data', chunk => {
              chunks.push(chunk);
              // A stream of a run that goes on would not end.
              if (!type.startsWith('text/event-stream')) return;
              answer();
              res.destroy();
            });
            res.on('end', answer);
            res.on('error', reject);
          },
        );
        outgoing.on('error', reject);
        outgoing.end(body);
      });
    }

    it(`answers none of ${COUNT} with a 5xx`, async () => {
      const random = new Random(SEED);
      const principals = await matrixPrincipals(portal);
      const { body: run } = await request(portal.server)
        .post(`/api/orchestrator/v2/workflows/${WORKFLOW}/execute`)
        .set(principals.user.headers)
        .send({ inputData: {} })
        .expect(200);
      const { body: tokens } = await request(portal.server)
        .get('/api/orchestrator/v2/tokens')
        .set(principals.admin.headers)
        .expect(200);
      const known = {
        workflowIds: [WORKFLOW, 'other'],
        instanceIds: [run.id],
        tokenIds: tokens.items.map(({ id }: { id: string }) => id),
      };
      const headers = Object.values(principals).map(
        principal => principal.headers,
      );

      const statuses = new Map<number, number>();
      const failures: string[] = [];
      let sent = 0;
      const worker = async () => {
        while (sent < COUNT) {
          sent += 1;
          const generated = generateRequest(random, operations, headers, known);
          const shown = () =>
            `${generated.method} ${generated.path} ${generated.body
              ?.toString('latin1')
              .slice(0, 500)}`;
          const { status, text } = await send(generated).catch(error => {
            // Node's own parser ends a connection on which bytes arrive that are no HTTP; that is no answer of ours.
            if (error.code === 'ECONNRESET' || error.code === 'EPIPE')
              return { status: 0, text: '' };
            throw new Error(`${shown()}: ${error}`);
          });
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          if (status >= 500)
            failures.push(`${status} ${shown()} -> ${text.slice(0, 500)}`);
          if (/\bat .*\.(ts|js):\d+/.test(text))
            failures.push(`a stack: ${shown()}`);
        }
      };
      await Promise.all(Array.from({ length: CONCURRENCY }, worker));

      expect(failures.slice(0, 5)).toEqual([]);
      // The requests reach all the way: many succeed, and each kind of refusal is among the answers.
      expect(statuses.get(200)).toBeGreaterThan(COUNT / 50);
      for (const status of [202, 400, 401, 403, 404, 405, 409, 415]) {
        expect(statuses.get(status) ?? 0).toBeGreaterThan(0);
      }
      expect(statuses.get(0) ?? 0).toBeLessThan(COUNT / 100);
    });
  },
);
