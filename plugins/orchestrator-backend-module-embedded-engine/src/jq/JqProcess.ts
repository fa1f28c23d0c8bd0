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

import { type ChildProcess, spawn } from 'node:child_process';
import { packagePath } from '../packagePath';

/** What a process for expressions may take. */
export interface JqProcessLimits {
  /** Milliseconds that one request may take. */
  readonly timeoutMs: number;
  /** Megabytes of memory that the process may take for values. */
  readonly memoryMb: number;
  /** Characters of JSON that one request may give. */
  readonly maxResultLength: number;
}

/** Why a process is gone; `start`: it did not come up. */
export type Gone = 'time' | 'memory' | 'start';

/** Whom a process tells. */
export interface JqProcessListener {
  /** It can be given requests. */
  ready(): void;
  /** The next of its requests is answered, with JSON; it took so many milliseconds. */
  answered(text: string, milliseconds: number): void;
  /** It has ended over the first request that is not answered. Nothing follows. */
  gone(reason: Gone): void;
}

/** A process that does not come up in this time is given up. */
const START_TIMEOUT_MS = 30_000;
/** For expressions that call themselves; more than Node gives by default, less than systems give to a process. */
const STACK_KB = 3_900;

/**
 * One process that runs jq. Only a process can be ended whatever it is doing, and only a process can run out of memory without taking
 * the backend with it: the limits of a thread do not hold for large values.
 */
export class JqProcess {
  readonly #limits: JqProcessLimits;
  readonly #listener: JqProcessListener;
  readonly #child: ChildProcess;
  /** The beginning of a line whose end has not come yet. */
  #parts: string[] = [];
  #ready = false;
  #ended = false;
  #pending = 0;
  /** When the request at work began, or when something of it was last heard. */
  #since = 0;
  #timer?: NodeJS.Timeout;

  constructor(limits: JqProcessLimits, listener: JqProcessListener) {
    this.#limits = limits;
    this.#listener = listener;
    const { maxResultLength, memoryMb } = limits;
    this.#child = spawn(
      process.execPath,
      [
        `--max-old-space-size=${memoryMb}`,
        `--stack-size=${STACK_KB}`,
        packagePath('worker', 'jqProcess.js'),
        JSON.stringify({ memoryMb, maxLength: maxResultLength }),
      ],
      // Neither the loaders nor the environment of the backend, which holds secrets, are its business.
      { env: {}, stdio: ['pipe', 'pipe', 'ignore'], windowsHide: true },
    );
    this.#listen();
    this.#timer = setTimeout(() => this.#end('start'), START_TIMEOUT_MS);
    this.#timer.unref();
  }

  /** Whether it can be given requests. */
  get ready(): boolean {
    return this.#ready && !this.#ended;
  }

  /** Gives it requests; only once those before are answered. */
  send(requests: readonly unknown[]): void {
    this.#pending = requests.length;
    this.#since = performance.now();
    this.#child.stdin?.write(
      requests.map(request => `${JSON.stringify(request)}\n`).join(''),
    );
    this.#watch(this.#limits.timeoutMs);
  }

  /** Ends the process, and says nothing of it. */
  async stop(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    const { exitCode, pid, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) {
      return;
    }
    await new Promise(resolve => {
      this.#child.once('exit', resolve);
      this.#child.kill('SIGKILL');
    });
  }

  #listen(): void {
    const child = this.#child;
    // Neither the process nor its pipes keep the backend alive.
    child.unref();
    for (const stream of [child.stdin, child.stdout]) {
      (stream as { unref?: () => void } | null)?.unref?.();
      stream?.on('error', () => {
        // Its end is told below.
      });
    }
    child.stdout?.setEncoding('utf8');
    child.stdout?.on('data', (chunk: string) => this.#read(chunk));
    child.on('error', () => this.#end(this.#ready ? 'memory' : 'start'));
    // Once all that it said is read.
    child.on('close', () => this.#end(this.#ready ? 'memory' : 'start'));
  }

  #read(chunk: string): void {
    this.#since = performance.now();
    const lines = chunk.split('\n');
    for (let i = 0; i < lines.length - 1 && !this.#ended; i += 1) {
      this.#line(
        i === 0 ? this.#parts.splice(0).join('') + lines[0] : lines[i],
      );
    }
    this.#parts.push(lines[lines.length - 1]);
  }

  #line(line: string): void {
    if (!this.#ready) {
      this.#ready = true;
      clearTimeout(this.#timer);
      this.#listener.ready();
      return;
    }
    this.#pending -= 1;
    if (this.#pending === 0) {
      clearTimeout(this.#timer);
    }
    const space = line.indexOf(' ');
    this.#listener.answered(
      line.slice(space + 1),
      Number(line.slice(0, space)),
    );
  }

  /** Ends the process when it stays at one request for longer than that may take. */
  #watch(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      // An answer may lie ready: let it in before judging.
      setImmediate(() => {
        if (this.#ended || this.#pending === 0) {
          return;
        }
        const left = this.#since + this.#limits.timeoutMs - performance.now();
        if (left > 0) {
          this.#watch(left);
        } else {
          this.#end('time');
        }
      });
    }, milliseconds);
    this.#timer.unref();
  }

  #end(reason: Gone): void {
    if (this.#ended) {
      return;
    }
    this.stop();
    this.#listener.gone(reason);
  }
}
