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

import type { JsonValue } from '@backstage/types';
import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import { checkEvent } from '../events/checkEvent';
import type { ProgramStep } from '../jq/Evaluator';
import type { EngineVariable, EventToProduce } from '../language/Definition';
import { isObject } from '../language/merge';
import { DATA } from './results';
import { programFailure, type Run, RunFailure, type Surroundings } from './Run';

/** Characters of the events that one transition or action may send. */
const MAX_TOGETHER = 16 * 1024 * 1024;

/** Where the data of events come from: the data of the run, or what steps before make of them. */
interface Source {
  readonly steps: ProgramStep[];
  readonly source: string;
}

/** Attributes of events are texts. */
function attributeText(value: JsonValue | undefined): string | undefined {
  if (value === null || value === undefined) {
    return undefined;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function attributes(given: JsonValue | undefined): {
  extensions: { [name: string]: string };
  subject?: string;
} {
  const extensions: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(isObject(given) ? given : {})) {
    const text = attributeText(value);
    if (text !== undefined) {
      extensions[name] = text;
    }
  }
  const { subject, ...rest } = extensions;
  return subject === undefined
    ? { extensions: rest }
    : { extensions: rest, subject };
}

/** @throws RunFailure where it is no event that anybody would take */
function check(event: EngineEvent, maxBytes: number): EngineEvent {
  try {
    return checkEvent(event, maxBytes);
  } catch (error) {
    const isTooLarge = sizeOf(event) > maxBytes;
    throw new RunFailure({
      kind: isTooLarge ? 'limit' : 'expression',
      message: `An event cannot be sent: ${(error as Error).message}`,
    });
  }
}

function sizeOf(event: EngineEvent): number {
  return Buffer.byteLength(JSON.stringify(event));
}

function eventOf(
  run: Run,
  { event }: EventToProduce,
  number: number,
  data: JsonValue,
  given: JsonValue | undefined,
): EngineEvent {
  const declaration = run.definition.events.get(event);
  if (declaration === undefined) {
    throw new RunFailure({
      kind: 'definition',
      message: `The definition has no event ${event}`,
    });
  }
  const checked = check(
    {
      id: `${run.context.runId}.${number}`,
      source: `/process/${run.definition.id}`,
      type: declaration.type,
      time: new Date(run.context.now()).toISOString(),
      data,
      ...attributes(given),
    },
    run.context.limits.maxEventBytes,
  );
  return {
    ...checked,
    // Whoever answers refers to the run by them, as to one of SonataFlow.
    extensions: {
      ...checked.extensions,
      kogitoprocid: run.definition.id,
      kogitoprocinstanceid: run.context.runId,
    },
  };
}

/** @throws RunFailure where more events would wait than may */
function checkRoom(run: Run, count: number): void {
  const { limits, unsent = 0 } = run.context;
  if (unsent + run.records.produced.length + count > limits.maxProduced) {
    throw new RunFailure({
      kind: 'limit',
      message: `More than ${limits.maxProduced} events of the run would wait to be sent`,
    });
  }
}

/** Characters of events. @throws RunFailure where they are too much for one step */
function lengthOf(events: readonly EngineEvent[]): number {
  let length = 0;
  for (const event of events) {
    length += JSON.stringify(event).length;
    if (length > MAX_TOGETHER) {
      throw new RunFailure({
        kind: 'limit',
        message: `The events that are sent together are larger than ${MAX_TOGETHER} characters`,
      });
    }
  }
  return length;
}

/**
 * Records events for sending, in their order: all of them, or none where an expression fails.
 *
 * @param before - steps that make what the events are made from; the data of the run where absent
 */
export async function produce(
  run: Run,
  events: readonly EventToProduce[],
  before: Source = { steps: [], source: DATA },
  uses: ReadonlySet<EngineVariable> = new Set(),
  around?: Surroundings,
): Promise<void> {
  if (events.length === 0) {
    return;
  }
  checkRoom(run, events.length);
  const { source } = before;
  const steps = [...before.steps];
  const read = new Set(uses);
  events.forEach(({ data, attributes: given }, i) => {
    data?.uses.forEach(name => read.add(name));
    given?.uses.forEach(name => read.add(name));
    if (data !== undefined) {
      steps.push({
        operation: 'evaluate',
        expression: data.text,
        from: source,
        to: `data${i}`,
      });
    }
    if (given !== undefined) {
      steps.push({
        operation: 'fill',
        template: given.template,
        from: source,
        to: `attributes${i}`,
      });
    }
  });
  let registers: { readonly [name: string]: JsonValue } = {};
  if (steps.length > 0) {
    const result = await run.evaluate({
      data: run.state.data,
      variables: run.variables(read, around),
      steps,
      give: [
        ...(source === DATA ? [] : [source]),
        ...events.flatMap((_event, i) => [`data${i}`, `attributes${i}`]),
      ],
    });
    if (result.failure !== undefined) {
      throw new RunFailure(programFailure(result.failure));
    }
    registers = result.registers;
  }
  const whole = source === DATA ? run.state.data : registers[source] ?? null;
  const made = events.map((event, i) =>
    eventOf(
      run,
      event,
      run.state.produced + i + 1,
      event.data === undefined ? whole : registers[`data${i}`] ?? null,
      registers[`attributes${i}`],
    ),
  );
  run.records.size += lengthOf(made);
  run.state.produced += made.length;
  run.records.produced.push(...made);
}
