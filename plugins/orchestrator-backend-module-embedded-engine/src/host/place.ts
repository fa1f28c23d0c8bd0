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

import { readFileSync, readlinkSync } from 'node:fs';

/** Where a process runs, and which one it is there. */
interface Place {
  /** One run of one kernel, and the process ids that are seen in it. */
  readonly world: string;
  readonly pid: number;
  /** Tells a process from a later one with the same id. */
  readonly started: string;
}

/** The time of a process's start, from the kernel; undefined where there is no such process. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the command is in parentheses and may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function ownPlace(): Place | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const started = startOf(process.pid);
    return started === undefined
      ? undefined
      : {
          world: `${boot} ${readlinkSync('/proc/self/ns/pid')}`,
          pid: process.pid,
          started,
        };
  } catch {
    return undefined;
  }
}

/** Describes this process so that a later one on the same machine can tell whether it lives; undefined where that cannot be told. */
export function describePlace(): string | undefined {
  const place = ownPlace();
  return place && `${place.world} ${place.pid} ${place.started}`;
}

/** Whether a described process is surely gone. One that cannot be seen from here may live. */
export function isGone(description: string | null): boolean {
  const own = ownPlace();
  if (
    description === null ||
    own === undefined ||
    !description.startsWith(`${own.world} `)
  ) {
    return false;
  }
  const [pid, started] = description.slice(own.world.length + 1).split(' ');
  return startOf(Number(pid)) !== started;
}
