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

interface Group<T> {
  readonly jobs: T[];
  /** Milliseconds that one job of the group takes; unknown until one has been measured, and then it goes alone. */
  cost?: number;
}

/** A job that waits for its turn. */
export interface Queued {
  /** Jobs of one group are done one after another; groups take turns. */
  readonly group: string;
}

/** How many groups without jobs are remembered for their costs. */
const MAX_IDLE = 1_000;

/** Jobs in groups that take turns. What one group has waiting does not delay another. */
export class FairQueue<T extends Queued> {
  readonly #groups = new Map<string, Group<T>>();
  #waiting = 0;

  /** How many jobs wait. */
  get length(): number {
    return this.#waiting;
  }

  add(job: T): void {
    this.#group(job.group).jobs.push(job);
    this.#waiting += 1;
  }

  /** Puts jobs that were taken before all others of their groups, in their order. */
  putBack(jobs: readonly T[]): void {
    for (const job of [...jobs].reverse()) {
      this.#group(job.group).jobs.unshift(job);
      this.#waiting += 1;
    }
  }

  /** Notes what a job of a group took, in milliseconds. */
  measured(name: string, milliseconds: number): void {
    const group = this.#group(name);
    group.cost = ((group.cost ?? milliseconds) + milliseconds) / 2;
  }

  /**
   * Takes the jobs that are next, one of each group in turn.
   *
   * @param busy - groups that have to wait, because jobs of theirs are under way
   * @param most - how many at most
   * @param milliseconds - what they may cost together; one job is taken whatever it costs
   */
  take(busy: ReadonlySet<string>, most: number, milliseconds: number): T[] {
    const taken: T[] = [];
    let cost = 0;
    for (let any = true; any && taken.length < most; ) {
      any = false;
      for (const [name, group] of [...this.#groups]) {
        if (group.jobs.length === 0 || busy.has(name)) {
          continue;
        }
        const own = group.cost ?? Number.POSITIVE_INFINITY;
        if (
          taken.length >= most ||
          (taken.length > 0 && cost + own > milliseconds)
        ) {
          return taken;
        }
        taken.push(group.jobs.shift()!);
        this.#waiting -= 1;
        cost += own;
        any = true;
        // Whoever had a turn comes last.
        this.#groups.delete(name);
        this.#groups.set(name, group);
      }
    }
    return taken;
  }

  /** Whether a job waits of a group that is not busy. */
  waitsBeside(busy: ReadonlySet<string>): boolean {
    for (const [name, { jobs }] of this.#groups) {
      if (jobs.length > 0 && !busy.has(name)) {
        return true;
      }
    }
    return false;
  }

  /** Takes all jobs. */
  clear(): T[] {
    const jobs = [...this.#groups.values()].flatMap(group =>
      group.jobs.splice(0),
    );
    this.#waiting = 0;
    return jobs;
  }

  #group(name: string): Group<T> {
    let group = this.#groups.get(name);
    if (group === undefined) {
      this.#forget();
      group = { jobs: [] };
      this.#groups.set(name, group);
    }
    return group;
  }

  #forget(): void {
    if (this.#groups.size < MAX_IDLE) {
      return;
    }
    for (const [name, group] of this.#groups) {
      if (group.jobs.length === 0) {
        this.#groups.delete(name);
      }
    }
  }
}
