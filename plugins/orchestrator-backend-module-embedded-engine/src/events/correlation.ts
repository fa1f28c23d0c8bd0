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
import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import { createHash } from 'node:crypto';
import type {
  EventDeclaration,
  WorkflowDefinition,
} from '../language/Definition';

/** A row of embedded_correlations: one attribute of one event that a run correlates by. */
export interface CorrelationRow {
  readonly run_id: string;
  readonly declaration: number;
  readonly token: string;
  readonly needed: number;
  readonly workspace: string;
}

/** The attributes of an event by which it can correlate, by their names in CloudEvents. */
export function attributesOf(event: EngineEvent): Map<string, string> {
  const { dataSchema, id, source, subject, time, type } = event;
  const own = { id, source, type, subject, time, dataschema: dataSchema };
  return new Map([
    ...Object.entries(event.extensions),
    ...Object.entries(own).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  ]);
}

function token(type: string, attribute: string, value: string): string {
  return createHash('sha256')
    .update(JSON.stringify([type, attribute, value]))
    .digest('hex');
}

/** The tokens that an event has: one for each of its attributes. */
export function tokensOf(event: EngineEvent): string[] {
  return [...attributesOf(event)].map(([name, value]) =>
    token(event.type, name, value),
  );
}

/** Whether the attributes that a declaration gives a value have it. */
export function hasFixedValues(
  { correlation }: EventDeclaration,
  attributes: ReadonlyMap<string, string>,
): boolean {
  return correlation.every(
    ({ attribute, value }) =>
      value === undefined || attributes.get(attribute) === value,
  );
}

function correlated(definition: WorkflowDefinition): EventDeclaration[] {
  return [...definition.events.values()].filter(
    ({ correlation, kind }) => kind === 'consumed' && correlation.length > 0,
  );
}

/**
 * What a run that an event starts correlates by: the event's values of all attributes that events of its definition may share with
 * it. It belongs into the state of the run.
 */
export function correlationOf(
  definition: WorkflowDefinition,
  event: EngineEvent,
): { [attribute: string]: string } | undefined {
  const attributes = attributesOf(event);
  const shared = new Map<string, string>();
  for (const { correlation } of correlated(definition)) {
    for (const { attribute, value } of correlation) {
      const given = attributes.get(attribute);
      if (value === undefined && given !== undefined) {
        shared.set(attribute, given);
      }
    }
  }
  return shared.size === 0 ? undefined : Object.fromEntries(shared);
}

/**
 * The rows by which a run is found, for each event of its definition whose attributes are all known: those with a value of their
 * own, and those that the event had that started the run. They are stored with the run.
 *
 * @param correlation - from the state of the run
 */
export function correlationRows(
  definition: WorkflowDefinition,
  runId: string,
  correlation: { readonly [attribute: string]: string } = {},
): CorrelationRow[] {
  return correlated(definition).flatMap((declaration, number) => {
    const tokens = new Set<string>();
    for (const { attribute, value } of declaration.correlation) {
      const known =
        value ??
        (Object.hasOwn(correlation, attribute)
          ? correlation[attribute]
          : undefined);
      if (known === undefined) {
        return [];
      }
      tokens.add(token(declaration.type, attribute, known));
    }
    return [...tokens].map(text => ({
      run_id: runId,
      declaration: number,
      token: text,
      needed: tokens.size,
      workspace: definition.workspace,
    }));
  });
}
