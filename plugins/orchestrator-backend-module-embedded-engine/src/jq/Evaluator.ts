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
import type { Inspection } from '../language/Compilation';
import type { Template } from '../language/Definition';

/** One step of a program; `from` and `to` name registers, of which `data` holds the input. */
export type ProgramStep =
  | {
      /** Sets `to` to the result; leaves it unset where there is none. */
      readonly operation: 'evaluate';
      readonly expression: string;
      readonly from: string;
      readonly to: string;
    }
  | {
      /** Fills a template, and `derived` with the texts that a secret went into. */
      readonly operation: 'fill';
      readonly template: Template;
      readonly from: string;
      readonly to: string;
    }
  | {
      /** Ends the program unless the result is true. */
      readonly operation: 'require';
      readonly expression: string;
      readonly from: string;
    }
  | {
      /** Sets `to` to the number of the first expression that holds, or -1. */
      readonly operation: 'choose';
      readonly expressions: readonly string[];
      readonly from: string;
      readonly to: string;
    }
  | {
      /** Sets `to` to the number of the first regular expression that is found in a text, or -1; what is none is not found. */
      readonly operation: 'match';
      readonly patterns: readonly string[];
      readonly from: string;
      readonly to: string;
    };

/** What is evaluated in one go. */
export interface Program {
  readonly data: JsonValue;
  readonly variables: { readonly [name: string]: JsonValue };
  readonly steps: readonly ProgramStep[];
  /** The registers to hand back. */
  readonly give: readonly string[];
}

/** What became of a program. */
export interface ProgramResult {
  readonly registers: { readonly [name: string]: JsonValue };
  /** A required condition did not hold. */
  readonly stopped?: boolean;
  readonly failure?: {
    /** The number of the step. */
    readonly step: number;
    /** `jq`: the expression failed; `secret`: it reads one that is not there; `size`, `time`: it went beyond a limit. */
    readonly kind: 'jq' | 'secret' | 'size' | 'time';
    readonly message: string;
  };
}

/** Expressions cannot be looked at within the limits; the message may be shown. */
export class InspectionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InspectionError';
  }
}

/** Evaluates expressions. It holds no state: the same program gives the same result. */
export interface Evaluator {
  run(program: Program): Promise<ProgramResult>;
  /**
   * Says of each text whether it is an expression, and what it reads.
   *
   * @throws InspectionError
   */
  inspect(texts: readonly string[]): Promise<readonly Inspection[]>;
  /** An evaluator for one workflow; workflows take turns, so that none has to wait for all that another wants. */
  of(workflowId: string): Evaluator;
}
