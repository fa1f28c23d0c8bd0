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

import type { Inspection } from '../language/Compilation';
import {
  type Evaluator,
  InspectionError,
  type Program,
  type ProgramResult,
} from './Evaluator';
import { FairQueue, type Queued } from './FairQueue';
import { type Gone, JqProcess, type JqProcessLimits } from './JqProcess';

/** How far expressions may go, and how many go at one time. */
export interface JqLimits extends JqProcessLimits {
  /** Processes for expressions; each is begun when it is needed first. */
  readonly processes: number;
}

type Request = Program | { readonly inspect: readonly string[] };

interface Job extends Queued {
  readonly request: Request;
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
}

/** More requests at once gain nothing. */
const MAX_BATCH = 50;
/** Milliseconds that a batch should take; what takes longer goes alone, so that nothing waits behind it. */
const BATCH_MS = 20;
/** Reading definitions is a group like a workflow. */
const DEFINITIONS = '';

/** The evaluator is stopped. */
export class EvaluatorStoppedError extends Error {
  constructor() {
    super('The evaluator of expressions is stopped');
    this.name = 'EvaluatorStoppedError';
  }
}

/**
 * Runs jq in processes of its own. A program that takes too long or too much memory ends its process, fails alone, and the others
 * go on in a new one. Workflows take turns, and one workflow is at one process at a time: what it does slowly delays only itself.
 */
export class JqWorker implements Evaluator {
  readonly #limits: JqLimits;
  readonly #queue = new FairQueue<Job>();
  /** The processes, by what each was given and has not answered; it is at the first. */
  readonly #processes = new Map<Job[], JqProcess>();
  #stopped = false;
  #scheduled = false;

  constructor(limits: JqLimits) {
    this.#limits = limits;
  }

  run(program: Program): Promise<ProgramResult> {
    return this.#run(program, DEFINITIONS);
  }

  of(workflowId: string): Evaluator {
    return {
      run: program => this.#run(program, workflowId),
      inspect: texts => this.inspect(texts),
      of: other => this.of(other),
    };
  }

  async inspect(texts: readonly string[]): Promise<readonly Inspection[]> {
    const answer = JSON.parse(
      await this.#submit({ inspect: texts }, DEFINITIONS),
    ) as { inspected?: Inspection[]; failure?: { message: string } };
    if (answer.inspected === undefined) {
      throw new InspectionError(
        answer.failure?.message ?? 'The expressions cannot be read',
      );
    }
    return answer.inspected;
  }

  /** Ends the processes; what is under way is refused. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const processes = [...this.#processes.values()];
    const jobs = [
      ...[...this.#processes.keys()].flat(),
      ...this.#queue.clear(),
    ];
    this.#processes.clear();
    jobs.forEach(job => job.reject(new EvaluatorStoppedError()));
    await Promise.all(processes.map(process => process.stop()));
  }

  async #run(program: Program, group: string): Promise<ProgramResult> {
    return JSON.parse(await this.#submit(program, group));
  }

  #submit(request: Request, group: string): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) {
        reject(new EvaluatorStoppedError());
        return;
      }
      this.#queue.add({ request, group, resolve, reject });
      this.#schedule();
    });
  }

  /** Waits for the others of this turn of the event loop: one batch carries them all. */
  #schedule(): void {
    if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        this.#next();
      });
    }
  }

  /** Gives each process that has nothing to do what is next. */
  #next(): void {
    if (this.#stopped || this.#queue.length === 0) {
      return;
    }
    let idle = false;
    const busy = new Set<string>();
    for (const batch of this.#processes.keys()) {
      batch.forEach(job => busy.add(job.group));
    }
    for (const [batch, process] of this.#processes) {
      if (batch.length > 0) {
        continue;
      }
      idle = true;
      const jobs = process.ready
        ? this.#queue.take(busy, MAX_BATCH, BATCH_MS)
        : [];
      if (jobs.length > 0) {
        jobs.forEach(job => busy.add(job.group));
        batch.push(...jobs);
        process.send(jobs.map(({ request }) => request));
        idle = false;
      }
    }
    if (
      !idle &&
      this.#processes.size < this.#limits.processes &&
      this.#queue.waitsBeside(busy)
    ) {
      this.#begin();
    }
  }

  #begin(): void {
    const batch: Job[] = [];
    const process = new JqProcess(this.#limits, {
      ready: () => this.#next(),
      answered: (text, milliseconds) => {
        const job = batch.shift();
        if (job !== undefined) {
          this.#queue.measured(job.group, milliseconds);
          job.resolve(text);
        }
        if (batch.length === 0) {
          this.#schedule();
        }
      },
      gone: reason => this.#gone(batch, reason),
    });
    this.#processes.set(batch, process);
  }

  /** Fails the request that a process was at, and has the others done by another. */
  #gone(batch: Job[], reason: Gone): void {
    this.#processes.delete(batch);
    if (reason === 'start') {
      // The others go on; without one, waiting would be for nothing.
      if (this.#processes.size === 0) {
        this.#queue
          .clear()
          .forEach(job =>
            job.reject(new Error('The process for expressions does not start')),
          );
      }
      return;
    }
    const [guilty, ...others] = batch.splice(0);
    this.#queue.putBack(others);
    if (guilty !== undefined) {
      this.#queue.measured(guilty.group, this.#limits.timeoutMs);
      guilty.resolve(this.#failure(reason));
    }
    this.#schedule();
  }

  #failure(reason: 'time' | 'memory'): string {
    const failure =
      reason === 'time'
        ? {
            step: -1,
            kind: 'time',
            message: `The expression took longer than ${
              this.#limits.timeoutMs
            } milliseconds`,
          }
        : {
            step: -1,
            kind: 'size',
            message: 'The expression needed too much memory',
          };
    return JSON.stringify({ registers: {}, failure });
  }
}
