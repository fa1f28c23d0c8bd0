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

import type { EventToProduce } from './DefinedEvent';
import type { Arguments, Expression, Template } from './Expression';

/** One way in which a call proves who it is. Its values are templates that read secrets, filled when the call is sent. */
export type CallAuth =
  | {
      readonly scheme: 'bearer';
      readonly name: string;
      readonly token: Template;
    }
  | {
      readonly scheme: 'basic';
      readonly name: string;
      readonly username: Template;
      readonly password: Template;
    }
  | {
      readonly scheme: 'apiKey';
      readonly name: string;
      readonly in: 'header' | 'query' | 'cookie';
      readonly parameter: string;
      readonly value: Template;
    }
  | {
      readonly scheme: 'oauth2';
      readonly name: string;
      readonly tokenUrl: string;
      readonly clientId: Template;
      readonly clientSecret: Template;
      readonly scopes: readonly string[];
      readonly audience?: string;
    }
  /** A token that whoever started the run gave along for this provider. */
  | {
      readonly scheme: 'provider';
      readonly name: string;
      readonly provider: string;
      /** The header that it goes into, with `Bearer ` before it where that is `authorization`. */
      readonly header: string;
    };

/** One operation of an OpenAPI document, as far as a call needs it. */
export interface OpenApiOperation {
  readonly operationId: string;
  readonly method: string;
  /** The address with `{name}` for parameters of the path. */
  readonly url: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: 'path' | 'query' | 'header' | 'cookie';
    readonly required: boolean;
    readonly style?: string;
    readonly explode?: boolean;
  }[];
  readonly body?: {
    readonly mediaType: string;
    readonly required: boolean;
    /** What its schema names; other arguments are left out, as SonataFlow does. Absent where it takes any. */
    readonly properties?: readonly string[];
  };
}

/** What an action calls. */
export type FunctionCall =
  | {
      readonly kind: 'openapi';
      readonly name: string;
      readonly operation: OpenApiOperation;
      readonly arguments?: Arguments;
      readonly auth: readonly CallAuth[];
    }
  | {
      readonly kind: 'subFlow';
      readonly name: string;
      readonly workflowId: string;
      readonly version?: string;
      /** Whether the action waits for its end, and takes its data as the result. */
      readonly waits: boolean;
      /** What becomes of it where it goes on when its parent ends. */
      readonly onParentEnd: 'terminate' | 'continue';
    }
  | {
      /** Sends an event, and waits for another where it names one. */
      readonly kind: 'event';
      readonly name: string;
      readonly produce?: EventToProduce;
      /** The name of the declaration of the event to wait for. */
      readonly awaits?: string;
      /** Milliseconds that it waits. */
      readonly awaitTimeout?: number;
    }
  | {
      readonly kind: 'expression';
      readonly name: string;
      readonly expression: Expression;
    }
  | {
      readonly kind: 'sysout';
      readonly name: string;
      readonly level: string;
      readonly arguments: Arguments;
    }
  | {
      readonly kind: 'rest';
      readonly name: string;
      readonly method: string;
      /** As the author wrote it; `{name}` stands for an argument. */
      readonly url: string;
      readonly arguments?: Arguments;
      readonly auth: readonly CallAuth[];
    };
