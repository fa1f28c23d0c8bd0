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

import { ConfigReader } from '@backstage/config';
import type { JsonObject } from '@backstage/types';
import { answerJson, FakeLoki, streams } from '../__testUtils__/FakeLoki';
import { readLokiConfig } from '../config/readLokiConfig';
import { LokiLogProvider } from './LokiLogProvider';

const NOW = Date.parse('2026-03-10T12:00:00Z');
const SECRET = 's3cret-token';

const run = {
  id: '3a6b1c',
  processId: 'shop',
  start: '2026-03-01T10:00:00.000Z',
  end: '2026-03-01T11:00:00.000Z',
  nodes: [],
};

function createProvider(baseUrl: string, more: JsonObject = {}) {
  const loki = { baseUrl, token: SECRET, ...more };
  const config = readLokiConfig(
    new ConfigReader({ orchestrator: { workflowLogProvider: { loki } } }),
    false,
  );
  return new LokiLogProvider(config!, () => NOW);
}

/** How a call ends that must fail. */
async function failureOf(work: Promise<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error('It did not fail');
}

describe('LokiLogProvider', () => {
  let loki: FakeLoki;

  beforeEach(async () => {
    loki = await FakeLoki.start();
  });
  afterEach(() => loki.stop());

  const fetchLogs = (more?: JsonObject, instance: typeof run = run) =>
    createProvider(loki.url, more).fetchWorkflowLogsByInstance(instance);

  it('asks as Red Hat’s does', async () => {
    await fetchLogs({ baseUrl: `${loki.url}/tenant/` });
    const [{ method, url, headers }] = loki.requests;
    expect(method).toBe('GET');
    expect(url.pathname).toBe('/tenant/loki/api/v1/query_range');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      query: '{openshift_log_type="application"} |="3a6b1c"',
      start: '2026-03-01T09:55:00.000Z',
      end: '2026-03-01T11:05:00.000Z',
      limit: '100',
    });
    expect(headers.authorization).toBe(`Bearer ${SECRET}`);
    expect(createProvider(loki.url).getProviderId()).toBe('loki');
    expect(createProvider(loki.url).getBaseURL()).toBe(loki.url);
  });

  it('asks in the streams and with the filters that are configured', async () => {
    await fetchLogs({
      logStreamSelectors: [
        { label: 'app', value: '=~"shop-.+"' },
        { label: 'env', value: '!="test"' },
      ],
      logPipelineFilters: ['| json', '!= "debug"'],
      limit: 7,
    });
    const { searchParams } = loki.requests[0].url;
    expect(searchParams.get('query')).toBe(
      '{app=~"shop-.+",env!="test"} |="3a6b1c" | json != "debug"',
    );
    expect(searchParams.get('limit')).toBe('7');
  });

  it('lets no id out of its quotes', async () => {
    const id = '"} or {a="\\" \n`&limit=9';
    const { instanceId } = await fetchLogs({}, { ...run, id });
    expect(instanceId).toBe(id);
    const { searchParams } = loki.requests[0].url;
    expect(searchParams.get('query')).toBe(
      '{openshift_log_type="application"} |="\\"} or {a=\\"\\\\\\" \\n`&limit=9"',
    );
    expect(searchParams.getAll('limit')).toEqual(['100']);
  });

  it.each([
    // Goes on: 29 days, as long as that is not over.
    ['2026-03-01T10:00:00Z', null, '2026-03-01T09:55', '2026-03-30T10:00'],
    // Goes on for longer: the last 30 days.
    ['2026-01-01T10:00:00Z', null, '2026-02-08T12:05', '2026-03-10T12:05'],
    // Took longer than Loki answers for: its last 30 days.
    [
      '2025-01-01T00:00:00Z',
      '2025-06-01T00:00:00Z',
      '2025-05-02T00:05',
      '2025-06-01T00:05',
    ],
  ])('looks for a run from %s to %s', async (start, end, from, to) => {
    await fetchLogs({}, { ...run, start, end: end as string });
    const { searchParams } = loki.requests[0].url;
    expect(searchParams.get('start')).toBe(`${from}:00.000Z`);
    expect(searchParams.get('end')).toBe(`${to}:00.000Z`);
  });

  it('answers with the lines of all streams, the oldest first', async () => {
    loki.answer = answerJson(
      streams(
        [
          ['1763129443414066001', 'third'],
          ['1763129443414066000', 'second'],
        ],
        [['999', 'first']],
        [],
        [['1763129443414066001', 'fourth']],
      ),
    );
    expect(await fetchLogs()).toEqual({
      instanceId: run.id,
      logs: [
        { id: '999', log: 'first' },
        { id: '1763129443414066000', log: 'second' },
        { id: '1763129443414066001', log: 'third' },
        { id: '1763129443414066001', log: 'fourth' },
      ],
    });
  });

  it.each<[what: string, answer: FakeLoki['answer'], name: string]>([
    ['500', answerJson('boom', 500), 'ServiceUnavailableError'],
    ['503', answerJson('boom', 503), 'ServiceUnavailableError'],
    ['429', answerJson('boom', 429), 'ServiceUnavailableError'],
    ['400', answerJson('parse error', 400), 'EngineAnswerError'],
    ['401', answerJson('no', 401), 'EngineAnswerError'],
    ['204', answerJson('', 204), 'EngineAnswerError'],
    [
      'HTML',
      (_req, res) => res.end('<html>login</html>') && undefined,
      'EngineAnswerError',
    ],
    [
      'broken JSON',
      (_req, res) => res.end('{"data":{"result":[') && undefined,
      'EngineAnswerError',
    ],
    ['null', answerJson(null), 'EngineAnswerError'],
    ['a matrix', answerJson({ data: { result: {} } }), 'EngineAnswerError'],
    [
      'a stream without lines',
      answerJson({ data: { result: [{}] } }),
      'EngineAnswerError',
    ],
    [
      'a null in place of a line',
      answerJson({ data: { result: [{ values: [null] }] } }),
      'EngineAnswerError',
    ],
    [
      'a time that is none',
      answerJson({ data: { result: [{ values: [['now', 'x']] }] } }),
      'EngineAnswerError',
    ],
    [
      'a text that is none',
      answerJson({ data: { result: [{ values: [['1', { a: 1 }]] }] } }),
      'EngineAnswerError',
    ],
    [
      'a connection that breaks',
      (_req, res) => {
        res.writeHead(200, { 'Content-Length': '1000' });
        res.write('{', () => res.destroy());
      },
      'ServiceUnavailableError',
    ],
    [
      'a connection that closes at once',
      req => {
        req.destroy();
      },
      'ServiceUnavailableError',
    ],
  ])('says what it is and not where: %s', async (_what, answer, name) => {
    loki.answer = answer;
    const error = await failureOf(fetchLogs());
    expect(error.name).toBe(name);
    const { port } = new URL(loki.url);
    for (const hidden of [SECRET, port, 'localhost', 'boom', 'login']) {
      expect(error.message).not.toContain(hidden);
      expect(String(error.cause ?? '')).not.toContain(hidden);
    }
  });

  it('says that nobody is there', async () => {
    const { url } = loki;
    await loki.stop();
    const provider = createProvider(url);
    const error = await failureOf(provider.fetchWorkflowLogsByInstance(run));
    expect(error.name).toBe('ServiceUnavailableError');
    expect(error.message).toBe('Loki cannot be reached');
    loki = await FakeLoki.start();
  });

  it('follows no redirect, which would take the token with it', async () => {
    const other = await FakeLoki.start();
    loki.answer = (_req, res) => {
      res.writeHead(302, { Location: `${other.url}/` }).end();
    };
    const error = await failureOf(fetchLogs());
    expect(error.name).toBe('EngineAnswerError');
    expect(other.requests).toEqual([]);
    await other.stop();
  });

  it('reads no more than it may', async () => {
    const line = 'x'.repeat(1_000);
    const body = streams(Array.from({ length: 100 }, () => ['1', line]));
    loki.answer = answerJson(body);
    const bytes = Buffer.byteLength(JSON.stringify(body));
    const { logs } = await fetchLogs({ maxResponseBytes: bytes });
    expect(logs).toHaveLength(100);
    const error = await failureOf(fetchLogs({ maxResponseBytes: bytes - 1 }));
    expect(error.message).toBe('Loki gave a bad answer: too large');
    // An answer without an end is not read to it.
    loki.answer = (_req, res) => {
      const more = () => res.write(line, failed => failed ?? more());
      more();
    };
    expect((await failureOf(fetchLogs({ maxResponseBytes: 5_000 }))).name).toBe(
      'EngineAnswerError',
    );
  });

  it.each<[string, FakeLoki['answer']]>([
    ['never answers', () => {}],
    [
      'answers one byte and no more',
      (_req, res) => {
        res.write('{');
      },
    ],
  ])('waits no longer than it may for one that %s', async (_what, answer) => {
    loki.answer = answer;
    const error = await failureOf(fetchLogs({ timeout: { milliseconds: 50 } }));
    expect(error.name).toBe('EngineTimeoutError');
  });

  it('ends a question that nobody waits for any more', async () => {
    let closed = () => {};
    const isClosed = new Promise<void>(resolve => {
      closed = resolve;
    });
    const controller = new AbortController();
    loki.answer = req => {
      req.once('close', closed);
      controller.abort();
    };
    const provider = createProvider(loki.url);
    const error = await failureOf(
      provider.fetchWorkflowLogsByInstance(run, {
        abortSignal: controller.signal,
      }),
    );
    expect(error.name).toBe('EngineTimeoutError');
    await isClosed;
  });

  it('asks so many questions at one time and no more', async () => {
    const held: (() => void)[] = [];
    let arrived = () => {};
    const all = new Promise<void>(resolve => {
      arrived = resolve;
    });
    loki.answer = (req, res) => {
      held.push(() => answerJson(streams())(req, res));
      if (held.length === 20) arrived();
    };
    const provider = createProvider(loki.url);
    const under = Array.from({ length: 20 }, () =>
      provider.fetchWorkflowLogsByInstance(run),
    );
    await all;
    const error = await failureOf(provider.fetchWorkflowLogsByInstance(run));
    expect(error.name).toBe('ServiceUnavailableError');
    held.forEach(release => release());
    await Promise.all(under);
    loki.answer = answerJson(streams());
    await expect(
      provider.fetchWorkflowLogsByInstance(run),
    ).resolves.toBeDefined();
  });

  it('says that a run has no start', async () => {
    const error = await failureOf(fetchLogs({}, { ...run, start: '' }));
    expect(error.name).toBe('EngineAnswerError');
    expect(loki.requests).toEqual([]);
  });

  it('trusts no certificate that nobody vouches for, unless told to', async () => {
    const secure = await FakeLoki.start(true);
    const refused = await failureOf(
      createProvider(secure.url).fetchWorkflowLogsByInstance(run),
    );
    expect(refused.name).toBe('ServiceUnavailableError');
    expect(secure.requests).toEqual([]);
    const trusting = createProvider(secure.url, { rejectUnauthorized: false });
    await expect(
      trusting.fetchWorkflowLogsByInstance(run),
    ).resolves.toMatchObject({ logs: [] });
    await secure.stop();
  });
});
