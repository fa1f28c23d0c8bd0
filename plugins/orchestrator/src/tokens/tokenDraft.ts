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
  parseScope,
  type components,
} from '@flowgate/backstage-plugin-orchestrator-common';

type Schemas = components['schemas'];

/** The kinds of tokens that the page makes; agent tokens come with agents. */
export type DraftKind = Exclude<Schemas['TokenKind'], 'agent'>;

/** What the form of a new token holds; an empty text stands for what was not said. */
export interface TokenDraft {
  readonly kind: DraftKind;
  readonly name: string;
  readonly description: string;
  /** The group that will own a group token. */
  readonly owner: string;
  /** The one workflow of a trigger token. */
  readonly workflowId: string;
  readonly scopes: readonly string[];
  /** The workflows that scopes are narrowed to; none for all that the scopes reach. */
  readonly workflowIds: readonly string[];
  /** Seconds; undefined for what the backend takes by default. */
  readonly expiresInSeconds?: number;
  /** Addresses and ranges as they were typed, between commas, spaces or lines. */
  readonly allowedCidrs: string;
}

/** The parts of the form at which a fault can be shown. */
export type DraftField = Exclude<keyof TokenDraft, 'workflowIds'>;

export const EMPTY_DRAFT: TokenDraft = {
  kind: 'personal',
  name: '',
  description: '',
  owner: '',
  workflowId: '',
  scopes: [],
  workflowIds: [],
  allowedCidrs: '',
};

/** The parts of the form that a kind of token has. */
export function fieldsOf(kind: DraftKind): readonly DraftField[] {
  const always = [
    'kind',
    'name',
    'description',
    'expiresInSeconds',
    'allowedCidrs',
  ] as const;
  if (kind === 'trigger') return [...always, 'workflowId'];
  return kind === 'group'
    ? [...always, 'scopes', 'owner']
    : [...always, 'scopes'];
}

/** What is plainly missing; everything else is for the backend to say. */
export function findMissing(draft: TokenDraft): Record<string, string> {
  const missing: { [field in DraftField]?: string } = {};
  if (!draft.name.trim()) missing.name = 'Give the token a name.';
  const fields = fieldsOf(draft.kind);
  if (fields.includes('workflowId') && !draft.workflowId) {
    missing.workflowId = 'Choose the workflow that the token starts.';
  }
  if (fields.includes('owner') && !draft.owner) {
    missing.owner = 'Choose the group that owns the token.';
  }
  if (fields.includes('scopes') && draft.scopes.length === 0) {
    missing.scopes = 'Choose what the token may do.';
  }
  return missing;
}

/** The request that makes the token. */
export function toCreateRequest(
  draft: TokenDraft,
): Schemas['CreateTokenRequest'] {
  const fields = fieldsOf(draft.kind);
  const description = draft.description.trim();
  const allowedCidrs = draft.allowedCidrs.split(/[\s,;]+/).filter(Boolean);
  return {
    kind: draft.kind,
    name: draft.name.trim(),
    ...(description && { description }),
    ...(fields.includes('scopes') && { scopes: narrow(draft) }),
    ...(fields.includes('owner') && { owner: draft.owner }),
    ...(fields.includes('workflowId') && { workflowId: draft.workflowId }),
    ...(draft.expiresInSeconds !== undefined && {
      expiresInSeconds: draft.expiresInSeconds,
    }),
    ...(allowedCidrs.length > 0 && { allowedCidrs }),
  };
}

/** Whether a scope is one that can be narrowed to a workflow, and is not yet. */
export function canBeNarrowed(scope: string): boolean {
  return parseScope(`${scope}:any`) !== undefined;
}

function narrow({ scopes, workflowIds }: TokenDraft): string[] {
  if (workflowIds.length === 0) return [...scopes];
  const narrowed = scopes.flatMap(scope =>
    canBeNarrowed(scope) ? workflowIds.map(id => `${scope}:${id}`) : [scope],
  );
  // What somebody holds for one workflow only can be chosen beside what is narrowed here.
  return [...new Set(narrowed)];
}
