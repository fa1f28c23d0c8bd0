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

/** A table as text: the first column to the left, the others to the right. */
export function formatTable(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = columns.map((column, n) =>
    Math.max(column.length, ...rows.map(row => row[n].length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells
      .map((cell, n) =>
        n === 0 ? cell.padEnd(widths[n]) : cell.padStart(widths[n]),
      )
      .join(' | ')} |`;
  const rule = widths.map((width, n) =>
    n === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [`\n${title}\n`, line(columns), line(rule), ...rows.map(line)].join(
    '\n',
  );
}

/** A rate, without more digits than it deserves. */
export function perSecond(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}

/** A duration in milliseconds. */
export function milliseconds(value: number): string {
  return value.toFixed(value < 100 ? 2 : 0);
}

/** A ratio. */
export function ratio(value: number): string {
  return value.toFixed(2);
}
