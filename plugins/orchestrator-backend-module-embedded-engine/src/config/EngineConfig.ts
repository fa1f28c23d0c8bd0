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

import { DEFAULT_WORKSPACE } from '../language/definitionHead';
import type { EmbeddedEngineLimits } from './limits';

export { DEFAULT_LIMITS, type EmbeddedEngineLimits } from './limits';

/**
 * A place to which calls may go.
 *
 * @public
 */
export interface EmbeddedEgressPlace {
  /** An origin, with a path prefix or without. */
  readonly url: string;
  /** Ranges of addresses that are not public and that its host may have: `10.0.0.0/8`, `fd00::/8`. */
  readonly addresses?: readonly string[];
}

/**
 * How calls of an OpenAPI document prove who they are by one of its security schemes. The texts are names of secrets, but for
 * `tokenUrl`, `scopes`, `provider` and `header`.
 *
 * @public
 */
export type EmbeddedOpenApiAuth =
  | { readonly token: string }
  | { readonly username: string; readonly password: string }
  | { readonly apiKey: string }
  | {
      readonly clientId: string;
      readonly clientSecret: string;
      /** Where the document names none, or another. */
      readonly tokenUrl?: string;
      /** Those that the document asks for where absent. */
      readonly scopes?: readonly string[];
    }
  | {
      /** Whose token is used, of those that whoever starts a run gives along. */
      readonly provider: string;
      /** The header for it; where absent, `authorization` with `Bearer ` before the token. */
      readonly header?: string;
    };

/**
 * What the engine should know of an OpenAPI document.
 *
 * @public
 */
export interface EmbeddedOpenApiConfig {
  /** Below which address the paths of the document stand, whatever its servers say. */
  readonly baseUrl?: string;
  /** By the names of its security schemes. */
  readonly auth: ReadonlyMap<string, EmbeddedOpenApiAuth>;
}

/**
 * Where events that runs produce go.
 *
 * @public
 */
export interface EmbeddedEventsConfig {
  /** The http or https address to which they are sent as CloudEvents; nowhere outside of the engine where absent. */
  readonly sink?: string;
  /** The pairs of workspaces of which one may reach the other by its events, and start its workflows as sub-flows. */
  readonly crossWorkspace: readonly {
    readonly from: string;
    readonly to: string;
  }[];
}

/**
 * The configuration of the embedded engine.
 *
 * @public
 */
export interface EmbeddedEngineConfig {
  readonly enabled: boolean;
  /** Folders of definitions, relative to the working directory of the process. */
  readonly definitions: readonly {
    readonly folder: string;
    readonly workspace?: string;
  }[];
  /** Where calls may go; a text is a place without further addresses. */
  readonly egress: readonly (string | EmbeddedEgressPlace)[];
  /** Below which address the paths of a function stand, by its name. */
  readonly functions: ReadonlyMap<string, { readonly baseUrl: string }>;
  /** By the file names of documents, without extension. */
  readonly openapi: ReadonlyMap<string, EmbeddedOpenApiConfig>;
  readonly secrets: ReadonlyMap<
    string,
    {
      readonly value: string;
      /** Who may read it: `workspace/workflowId`, or `workflowId` for one of the workspace `default`. */
      readonly workflows: readonly string[];
    }
  >;
  /** Encrypts the tokens that are given along with runs; without it they live in memory only. */
  readonly secretKey?: string;
  readonly events: EmbeddedEventsConfig;
  /** How carefully SQLite writes: `normal` loses no run when the process dies, `full` none when the machine does. */
  readonly synchronous: 'normal' | 'full';
  readonly limits: EmbeddedEngineLimits;
}

/** Whether a workflow may read a secret: its id alone says nothing, since anybody may register it in a workspace of theirs. */
export function mayReadSecret(
  { workflows }: { readonly workflows: readonly string[] },
  { id, workspace }: { readonly id: string; readonly workspace: string },
): boolean {
  return (
    workflows.includes(`${workspace}/${id}`) ||
    (workspace === DEFAULT_WORKSPACE && workflows.includes(id))
  );
}

/** Whether workflows of one workspace may reach those of another by events, or start them as sub-flows. */
export function mayReachWorkspace(
  { crossWorkspace }: EmbeddedEventsConfig,
  from: string,
  to: string,
): boolean {
  return (
    from === to ||
    crossWorkspace.some(pair => pair.from === from && pair.to === to)
  );
}
