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

import type { HostPatterns } from './HostPatterns';

/**
 * How the other side of a TLS connection is checked, and what we show it; PEM texts.
 *
 * @public
 */
export interface TlsSettings {
  /** The authorities that are trusted in place of the usual ones. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** False trusts everybody. */
  readonly rejectUnauthorized?: boolean;
}

/**
 * How we show who we are.
 *
 * @public
 */
export interface ClientSettings {
  readonly bearer?: string;
  readonly tls?: TlsSettings;
}

/**
 * The configuration of one engine: one Data Index, and the workflow runtimes that it names.
 *
 * @public
 */
export interface SonataFlowConfig {
  /** The id of the engine. */
  readonly id: string;
  /** The address of the Data Index, below which `graphql` stands. */
  readonly dataIndexUrl: URL;
  /** Runs that started before take their owner from their own data; milliseconds since the epoch. */
  readonly adoptInitiatorBefore?: number;
  /** Of definitions whose source names none. */
  readonly workspace: string;
  /** Of one request; milliseconds. */
  readonly timeout: number;
  /** Of a start; milliseconds. */
  readonly startTimeout: number;
  /** Of an answer. */
  readonly maxResponseBytes: number;
  /** Requests at one time to one runtime, and to the Data Index. */
  readonly concurrency: number;
  /** How far the change feed reads back; milliseconds. */
  readonly overlap: number;
  readonly dataIndex: ClientSettings;
  readonly runtimes: ClientSettings & {
    /** The only hosts that are asked anything, and that the bearer goes to; absent for all, without a bearer. */
    readonly hosts?: HostPatterns;
  };
  /** Where CloudEvents go; absent where none are sent. */
  readonly eventsUrl?: URL;
  /** The plugins for which runtimes are given a token on behalf of the user, and the hosts that get it. */
  readonly forwardToken?: {
    readonly plugins: readonly string[];
    readonly hosts: HostPatterns;
  };
  /** The hosts that get the tokens which callers give along. */
  readonly authTokens?: {
    readonly hosts: HostPatterns;
    /** In lower case; absent for every provider. */
    readonly providers?: readonly string[];
  };
}

const SECOND = 1_000;

/** What holds where nothing is configured. */
export const DEFAULTS = {
  workspace: 'default',
  timeout: 10 * SECOND,
  startTimeout: 30 * SECOND,
  maxResponseBytes: 10_000_000,
  concurrency: 20,
  overlap: 60 * SECOND,
} as const;
