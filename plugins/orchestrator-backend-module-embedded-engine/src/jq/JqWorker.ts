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

import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { Worker } from 'node:worker_threads';
import type { Inspection } from '../language/Compilation';
import type { Evaluator, Program, ProgramResult } from './Evaluator';

/** How far an expression may go. */
export interface JqLimits {
  /** Milliseconds that one program may take. */
  readonly timeoutMs: number;
  /** Megabytes of memory that the thread may take. */
  readonly memoryMb: number;
  /** Characters of JSON that one program may give. */
  readonly maxResultLength: number;
}

type Request = Program | { readonly inspect: readonly string[] };

interface Job {
  readonly request: Request;
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
}

/** More requests at once gain nothing, and all of a batch are evaluated anew when its thread has to be ended. */
const MAX_BATCH = 50;
/** A thread that does not come up in this time is given up. */
const START_TIMEOUT_MS = 30_000;

function failure(kind: 'time' | 'size', message: string): string {
  return JSON.stringify({
    registers: {},
    failure: { step: -1, kind, message },
  });
}

/** The evaluator is stopped. */
export class EvaluatorStoppedError extends Error {
  constructor() {
    super('The evaluator of expressions is stopped');
    this.name = 'EvaluatorStoppedError';
  }
}

/**
 * Runs jq in a thread of its own. A program that takes too long or too much memory ends the thread, fails alone, and the others
 * go on in a new one.
 */
export class JqWorker implements Evaluator {
  readonly #limits: JqLimits;
  readonly #progress = new SharedArrayBuffer(4);
  readonly #position = new Int32Array(this.#progress);
  readonly #queue: Job[] = [];
  #worker?: Worker;
  #ready = false;
  #stopped = false;
  #batch: Job[] = [];
  #timer?: NodeJS.Timeout;
  #scheduled = false;

  constructor(limits: JqLimits) {
    this.#limits = limits;
  }

  async run(program: Program): Promise<ProgramResult> {
    return JSON.parse(await this.#submit(program));
  }

  async inspect(texts: readonly string[]): Promise<readonly Inspection[]> {
    const answer = JSON.parse(await this.#submit({ inspect: texts })) as {
      inspected?: Inspection[];
      failure?: { message: string };
    };
    if (answer.inspected === undefined) {
      throw new Error(
        answer.failure?.message ?? 'The expressions cannot be read',
      );
    }
    return answer.inspected;
  }

  /** Ends the thread; what is under way is refused. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const jobs = [...this.#batch.splice(0), ...this.#queue.splice(0)];
    jobs.forEach(job => job.reject(new EvaluatorStoppedError()));
    await this.#end();
  }

  #submit(request: Request): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) {
        reject(new EvaluatorStoppedError());
        return;
      }
      this.#queue.push({ request, resolve, reject });
      this.#schedule();
    });
  }

  /** Waits for the others of this turn of the event loop: one message carries them all. */
  #schedule(): void {
    if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        this.#next();
      });
    }
  }

  #next(): void {
    if (this.#batch.length > 0 || this.#queue.length === 0 || this.#stopped) {
      return;
    }
    if (this.#worker === undefined) {
      this.#begin();
    }
    if (!this.#ready) {
      return;
    }
    this.#batch = this.#queue.splice(0, MAX_BATCH);
    Atomics.store(this.#position, 0, -1);
    this.#worker?.postMessage(this.#batch.map(({ request }) => request));
    this.#watch(-2);
  }

  #begin(): void {
    const worker = new Worker(
      resolvePackagePath(
        '@flowgate/backstage-plugin-orchestrator-backend-module-embedded-engine',
        'worker',
        'jqWorker.js',
      ),
      {
        workerData: {
          progress: this.#progress,
          maxLength: this.#limits.maxResultLength,
        },
        resourceLimits: {
          maxOldGenerationSizeMb: this.#limits.memoryMb,
          maxYoungGenerationSizeMb: Math.max(
            4,
            Math.floor(this.#limits.memoryMb / 4),
          ),
          stackSizeMb: 4,
        },
        // Neither loaders nor the environment of the process are its business.
        execArgv: [],
        env: {},
        stdin: false,
      },
    );
    this.#worker = worker;
    worker.unref();
    this.#timer = setTimeout(() => this.#lost(worker), START_TIMEOUT_MS);
    this.#timer.unref();
    worker.on('message', (message: 'ready' | string[]) => {
      if (worker !== this.#worker) {
        return;
      }
      clearTimeout(this.#timer);
      if (message === 'ready') {
        this.#ready = true;
      } else {
        const done = this.#batch.splice(0);
        done.forEach((job, i) => job.resolve(message[i]));
      }
      this.#next();
    });
    worker.on('error', () => this.#lost(worker));
    worker.on('exit', () => this.#lost(worker));
  }

  /** Ends the thread when it stays at one request for longer than a program may take. */
  #watch(seen: number): void {
    this.#timer = setTimeout(() => {
      const worker = this.#worker;
      // An answer may lie ready: let it in before judging.
      setImmediate(() => {
        if (
          worker === undefined ||
          worker !== this.#worker ||
          this.#batch.length === 0
        ) {
          return;
        }
        const now = Atomics.load(this.#position, 0);
        if (now === seen) {
          this.#culprit(
            now,
            failure(
              'time',
              `The expression took longer than ${
                this.#limits.timeoutMs
              } milliseconds`,
            ),
          );
        } else {
          this.#watch(now);
        }
      });
    }, this.#limits.timeoutMs);
    this.#timer.unref();
  }

  /** The thread is gone: most likely, the request at work took all of its memory. */
  #lost(worker: Worker): void {
    if (worker !== this.#worker) {
      return;
    }
    if (!this.#ready) {
      const jobs = this.#queue.splice(0);
      jobs.forEach(job =>
        job.reject(new Error('The thread for expressions does not start')),
      );
      this.#end();
      return;
    }
    this.#culprit(
      Atomics.load(this.#position, 0),
      failure('size', 'The expression took too much memory'),
    );
  }

  /** Fails one request, and lets a new thread do the others. */
  #culprit(position: number, answer: string): void {
    const batch = this.#batch.splice(0);
    const guilty = batch[Math.max(position, 0)];
    this.#queue.unshift(...batch.filter(job => job !== guilty));
    this.#end();
    guilty?.resolve(answer);
    this.#schedule();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#timer);
    const worker = this.#worker;
    this.#worker = undefined;
    this.#ready = false;
    await worker?.terminate();
  }
}
