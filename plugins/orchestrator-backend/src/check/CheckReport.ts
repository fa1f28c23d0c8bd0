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

/**
 * What a finding asks of its reader: nothing (`ok`, `note`), to change something, or to repair what refuses to start.
 */
export type FindingLevel = 'ok' | 'note' | 'change' | 'refuses';

/** One thing that the check found. */
export interface Finding {
  readonly level: FindingLevel;
  /** One sentence or a few. */
  readonly text: string;
  /** Lines of configuration to copy. */
  readonly example?: string;
}

/** Findings about one subject. */
export interface FindingSection {
  readonly title: string;
  readonly findings: readonly Finding[];
}

const WIDTH = 9;

function indent(text: string, by: number): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(by));
}

function write({ level, text, example }: Finding): string {
  const line = `  ${level.padEnd(WIDTH)}${text}`;
  return example === undefined
    ? line
    : `${line}\n${indent(example.trimEnd(), 2 + WIDTH + 2)}`;
}

/** Everything that the check found, in sections. */
export class CheckReport {
  readonly #sections: FindingSection[] = [];

  /** Adds a section; one without findings is left out. */
  add(title: string, findings: readonly Finding[]): void {
    if (findings.length > 0) this.#sections.push({ title, findings });
  }

  /** How many findings there are of a level. */
  count(level: FindingLevel): number {
    return this.#sections
      .flatMap(section => section.findings)
      .filter(finding => finding.level === level).length;
  }

  /** The whole report, for people. */
  toString(): string {
    const refusals = this.count('refuses');
    const changes = this.count('change');
    const verdict =
      refusals > 0
        ? `The backend would refuse to start: ${refusals} to repair, ${changes} to change.`
        : `The backend would start; ${changes} to change.`;
    return [
      ...this.#sections.map(({ title, findings }) =>
        [title, ...findings.map(write)].join('\n'),
      ),
      verdict,
    ].join('\n\n');
  }
}
