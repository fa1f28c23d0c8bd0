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

// Runs a command as a child that ends when this process is asked to end.
import { spawn } from 'node:child_process';
import os from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** The same Ctrl-C reaches a script twice where npm passes on what the terminal has sent already. */
const REPEAT_MS = 1000;
/** How often to look whether the parent is still there. */
const PARENT_MS = 500;
const windows = process.platform === 'win32';

/**
 * Starts a command in a session of its own, so that a signal of the terminal reaches it only through `stop`.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options] by default the child inherits output and gets no input
 * @returns {{ ended: Promise<{ code: number | null, signal: string | null }>, stop: (signal: string) => void, kill: () => void,
 *   signalAll: (signal: string) => void }} `stop` passes a signal on; `kill` ends the child and all that it started; `signalAll`
 *   passes a signal on to the child and all that it started
 */
export function startChild(command, args, options = {}) {
  const child = spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: !windows,
    // npm and npx are .cmd files on Windows, which only a shell can start.
    shell: windows && !command.endsWith('.exe'),
    ...options,
  });
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const signalAll = signal => {
    try {
      process.kill(windows ? child.pid : -child.pid, signal);
    } catch {
      // It has ended already.
    }
  };
  return {
    ended,
    stop(signal) {
      child.kill(signal);
    },
    kill: () => signalAll('SIGKILL'),
    signalAll,
  };
}

/**
 * Passes the signals that this process gets on to the children; a second request to end kills them. The death of the parent is
 * such a request too: npm, asked to end, ends the shell between itself and this process, and that shell tells nobody.
 *
 * @param {ReturnType<typeof startChild>[]} children
 * @returns {() => void} stops passing on
 */
export function forwardSignals(children) {
  let firstAt = 0;
  const handle = signal => {
    const now = Date.now();
    if (!firstAt) {
      firstAt = now;
      for (const child of children) {
        child.stop(signal === 'SIGHUP' ? 'SIGTERM' : signal);
      }
    } else if (now - firstAt > REPEAT_MS) {
      for (const child of children) child.kill();
    }
  };
  for (const signal of SIGNALS) process.on(signal, handle);

  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) {
      clearInterval(timer);
      if (!firstAt) handle('SIGTERM');
    }
  }, PARENT_MS);
  timer.unref();
  return () => {
    for (const signal of SIGNALS) process.off(signal, handle);
    clearInterval(timer);
  };
}

/**
 * Runs a command to its end, passing signals on.
 *
 * @returns {Promise<number>} the exit code, as a shell says it: 128 + n for a signal
 */
export async function runChild(command, args, options) {
  const child = startChild(command, args, options);
  const unforward = forwardSignals([child]);
  try {
    return exitCodeOf(await child.ended);
  } finally {
    unforward();
  }
}

/** The exit code of an ended child, as a shell says it. */
export function exitCodeOf({ code, signal }) {
  return signal ? 128 + (os.constants.signals[signal] ?? 0) : code ?? 1;
}
