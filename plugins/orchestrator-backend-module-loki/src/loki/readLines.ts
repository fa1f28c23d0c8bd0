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

import { EngineAnswerError } from '@flowgate/backstage-plugin-orchestrator-node';

/** A line of a log; its id is the time at which it was written, in nanoseconds since the epoch. */
export interface LogLine {
  readonly id: string;
  readonly log: string;
}

const TIME = /^\d{1,20}$/;

function bad(what: string): EngineAnswerError {
  return new EngineAnswerError(`Loki gave a bad answer: ${what}`);
}

function listOf(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw bad(what);
  return value;
}

/** By number, which no number of JavaScript can hold. */
function inTime(a: LogLine, b: LogLine): number {
  const [x, y] = [a.id, b.id].map(id => id.replace(/^0+(?=\d)/, ''));
  if (x.length !== y.length) return x.length - y.length;
  if (x === y) return 0;
  return x < y ? -1 : 1;
}

/**
 * Reads the lines of all streams of an answer, the oldest first.
 *
 * @throws EngineAnswerError where it is not what Loki answers
 */
export function readLines(answer: unknown): LogLine[] {
  const { data } = (answer ?? {}) as { data?: { result?: unknown } };
  const streams = listOf(data?.result, 'no streams');
  const lines: LogLine[] = [];
  for (const stream of streams) {
    const { values } = (stream ?? {}) as { values?: unknown };
    for (const value of listOf(values, 'a stream without lines')) {
      const [id, log] = listOf(value, 'a line that is none');
      if (typeof id !== 'string' || !TIME.test(id) || typeof log !== 'string') {
        throw bad('a line that is none');
      }
      lines.push({ id, log });
    }
  }
  return lines.sort(inTime);
}
