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

import { allOf, NONE, type WorkflowCriteria } from './criteria';

/** What the permission policy decided for somebody: by permission name, the workflows on which it allows; none is a plain deny. */
export type PolicyDecisions = ReadonlyMap<string, WorkflowCriteria>;

/** What both decisions allow. A permission that one of them does not know is denied. */
export function bothDecisions(
  one: PolicyDecisions,
  other: PolicyDecisions,
): PolicyDecisions {
  return new Map(
    [...one].map(([name, criteria]) => [
      name,
      common(criteria, other.get(name) ?? NONE),
    ]),
  );
}

/** The workflows in both sets. No part is said twice: a token is rotated again and again, and its decisions must not grow with it. */
function common(
  one: WorkflowCriteria,
  other: WorkflowCriteria,
): WorkflowCriteria {
  const parts = [one, other].flatMap(criteria =>
    criteria.kind === 'and' ? criteria.of : [criteria],
  );
  return allOf([
    ...new Map(parts.map(part => [JSON.stringify(part), part])).values(),
  ]);
}

/** Decisions as text for a table. */
export function writeDecisions(decisions: PolicyDecisions): string {
  return JSON.stringify(
    Object.fromEntries([...decisions].sort(([a], [b]) => (a < b ? -1 : 1))),
  );
}

/** Reads what {@link writeDecisions} wrote. */
export function readDecisions(text: string): PolicyDecisions {
  return new Map(Object.entries(JSON.parse(text) as object));
}
