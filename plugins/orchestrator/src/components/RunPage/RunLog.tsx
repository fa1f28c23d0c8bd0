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

import { Text } from '@backstage/ui';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { formatLogTime } from '../../format/formatTime';
import { Code } from '../Code';
import { ErrorMessage } from '../Feedback';

type Line = components['schemas']['WorkflowLogsResponse']['logs'][number];

/** The log of a run, or why there is none. */
export function RunLog(props: { log: { lines: Line[] } | { error: Error } }) {
  const { log } = props;
  if ('error' in log) {
    return (
      <ErrorMessage title="The log could not be loaded" error={log.error} />
    );
  }
  if (log.lines.length === 0) {
    return <Text color="secondary">The run has logged nothing.</Text>;
  }
  return (
    <Code label="Log">
      {log.lines
        .map(line => `${formatLogTime(line.id)}  ${line.log}`.trimStart())
        .join('\n')}
    </Code>
  );
}
