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

import {
  InputError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import {
  EngineAnswerError,
  EngineTimeoutError,
  notStarted,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { HttpAnswer } from '../http/httpTypes';
import { parseObject } from './lenientJson';

/** What became of a start: a run, or a workflow that only starts by an event. */
export type StartOutcome =
  | { readonly id: string }
  | { readonly startsByEvent: true };

/** The ids that SonataFlow makes; those of requests in the answers of gateways look otherwise, or have no node beside them. */
const RUN_ID =
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const MAX_FAULTS = 100;
const MAX_FAULT_LENGTH = 500;

const SCHEMA_FAULTS = 'There are JsonSchema validation errors';
const STARTS_BY_EVENT = /no start node that matches the trigger/i;
const UNKNOWN_PATH = /Could not find resource for full path/;

/** Statuses with which a server, or what stands before it, refuses a request without having looked into it. */
const REFUSED_UNREAD: readonly number[] = [401, 403, 405, 413, 415, 429, 431];

/** Turns `$.a.b[0]` into the JSON pointer `/a/b/0`. */
function toPointer(path: string): string {
  return path
    .replace(/^\$/, '')
    .replace(/\[(\d+)\]/g, '/$1')
    .replace(/\./g, '/');
}

function toFault(line: string): { path: string; message: string } {
  const [, path, message] = /^(\$[^:\s]*):\s*(.*)$/.exec(line) ?? [];
  return path === undefined
    ? { path: '', message: line.slice(0, MAX_FAULT_LENGTH) }
    : { path: toPointer(path), message: message.slice(0, MAX_FAULT_LENGTH) };
}

/** The refusal of an input, with a fault for each line of the message. */
function refusal(message: string): Error {
  // Only faults of the input are shown; anything else that was said may not be meant for callers.
  const lines = message.startsWith(SCHEMA_FAULTS)
    ? message.split('\n').slice(1)
    : [];
  const faults = lines
    .map(line => line.trim())
    .filter(line => line !== '')
    .slice(0, MAX_FAULTS)
    .map(toFault);
  return Object.assign(
    new InputError('The workflow runtime refused the input'),
    faults.length > 0 ? { faults } : {},
  );
}

/**
 * Reads the answer to a start. A run that fails before it first waits is there nevertheless, and the answer then has the status
 * of the call that failed, 404 for example: an id in the answer says that there is a run, whatever the status.
 *
 * @param isUnknown - asks whether it is certain that the runtime does not have the workflow
 * @throws InputError, NotFoundError and others marked by `notStarted` where it is certain that there is no run
 */
export async function readStartAnswer(
  { status, text }: HttpAnswer,
  upstream: string,
  isUnknown: () => Promise<boolean>,
): Promise<StartOutcome> {
  const body = parseObject(text);
  const { id, failedNodeId } = body;
  if (id !== undefined && id !== null) {
    const isRun = typeof id === 'string' && RUN_ID.test(id);
    const isDone = status >= 200 && status < 300;
    if (isRun && (isDone || typeof failedNodeId === 'string')) return { id };
    // It may be one all the same: nothing is certain.
    throw status === 502 || status === 503
      ? new ServiceUnavailableError(`${upstream} is not available`)
      : new EngineAnswerError(`${upstream} answered with an id that is none`);
  }
  const message = typeof body.message === 'string' ? body.message : '';
  const bad = new EngineAnswerError(
    `${upstream} answered a start with status ${status} and without an id`,
  );
  if (status === 400) {
    if (STARTS_BY_EVENT.test(message)) return { startsByEvent: true };
    throw notStarted(refusal(message));
  }
  if (status === 404 && (UNKNOWN_PATH.test(message) || (await isUnknown()))) {
    throw notStarted(new NotFoundError('The workflow is not there any more'));
  }
  if (REFUSED_UNREAD.includes(status)) throw notStarted(bad);
  if (status === 504) {
    throw new EngineTimeoutError(`${upstream} did not answer in time`);
  }
  if (status === 502 || status === 503) {
    throw new ServiceUnavailableError(`${upstream} is not available`);
  }
  throw bad;
}
