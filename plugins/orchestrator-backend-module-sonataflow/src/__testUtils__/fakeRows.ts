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

/** A row of a run, as the schema names its fields. Times are ISO 8601 UTC with milliseconds. */
export interface FakeInstance {
  id: string;
  processId: string;
  version?: string;
  state: string;
  start?: string;
  end?: string;
  /** The schema says that each row has one, the real one's table does not. */
  lastUpdate: string | null;
  businessKey?: string;
  variables?: Record<string, any> | null;
  nodes?: readonly Record<string, any>[];
  error?: Record<string, any> | null;
  executionSummary?: readonly string[];
  parentProcessInstanceId?: string;
  rootProcessInstanceId?: string;
  serviceUrl?: string;
  /** As `lastUpdate`: not all rows have one. */
  endpoint: string | null;
}

/** A row of a version of a workflow. */
export interface FakeDefinition {
  id: string;
  version: string;
  name?: string;
  description?: string;
  annotations?: string[];
  metadata?: Record<string, unknown>;
  type?: string;
  serviceUrl?: string;
  endpoint?: string;
  source?: string;
}
