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

import type { JsonObject, JsonValue } from '@backstage/types';

/** Something that happens to a run from outside. Each can be done again without harm, so that a crash on the way changes nothing. */
export type FeatureStep =
  | {
      readonly signal: string;
      readonly data: JsonValue;
      /** The signal is for its first sub-flow. */
      readonly child?: boolean;
    }
  | {
      /** An event with `$key` for what is the run's own. */
      readonly raise: {
        readonly type: string;
        readonly source: string;
        readonly data?: JsonValue;
        readonly extensions?: { readonly [name: string]: string };
      };
    }
  | {
      /** What is done, once the run is in the state. */
      readonly manage: 'abort' | 'retrigger';
      readonly when: string;
      readonly child?: boolean;
    };

/** What becomes of a run. */
export interface FeatureRun {
  readonly definition: string;
  readonly state: string;
  readonly data: JsonValue;
}

/** A definition that uses a feature of the language, what is given to it, and what must come of it. */
export interface FeatureCase {
  readonly name: string;
  /** The id of the workflow; its file has the same name. */
  readonly definition: string;
  /** Absent where its first step is an event that starts it. */
  readonly input?: JsonObject;
  /** Given along by whoever starts it: the token by its provider. */
  readonly tokens?: { readonly [provider: string]: string };
  readonly steps?: readonly FeatureStep[];
  readonly expect: {
    readonly state: string;
    readonly data: JsonValue;
    readonly error?: RegExp;
    /** How many calls come to each path, repeated ones once. */
    readonly calls?: { readonly [path: string]: number };
    /** What of the calls to a path is as given. */
    readonly requests?: {
      readonly [path: string]: {
        readonly headers?: { readonly [name: string]: string };
        readonly query?: { readonly [name: string]: string };
        readonly body?: JsonValue;
      };
    };
    /** Paths in the order in which they are called first. */
    readonly order?: readonly string[];
    /** Events that come to the sink, in their order. */
    readonly emitted?: readonly {
      readonly type: string;
      readonly data: JsonValue;
      readonly attributes?: { readonly [name: string]: string };
    }[];
    readonly children?: readonly FeatureRun[];
    /** The run that its only event starts. */
    readonly startsByItsEvent?: FeatureRun;
    /** Lines that are in its log. */
    readonly lines?: readonly string[];
  };
}
