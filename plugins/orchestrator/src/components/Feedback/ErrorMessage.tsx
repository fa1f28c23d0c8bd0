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

import { Alert, Button, Text } from '@backstage/ui';
import { OrchestratorRequestError } from '../../api';

/** Says what went wrong, with every fault that the backend named, and offers to try again. */
export function ErrorMessage(props: {
  title: string;
  error: Error;
  onRetry?: () => void;
}) {
  const { title, error, onRetry } = props;
  return (
    <Alert
      role="alert"
      status="danger"
      icon
      title={title}
      description={<ErrorDescription error={error} />}
      customActions={
        onRetry && (
          <Button size="small" variant="secondary" onPress={onRetry}>
            Try again
          </Button>
        )
      }
    />
  );
}

function ErrorDescription({ error }: { error: Error }) {
  const known = error instanceof OrchestratorRequestError ? error : undefined;
  const faults = known?.faults ?? [];
  return (
    <>
      <Text as="p" variant="body-medium" style={{ margin: 0 }}>
        {/* The message of such an error repeats the list in one line. */}
        {faults.length > 0 ? 'This has to be put right:' : error.message}
        {known?.code && ` (${known.code})`}
      </Text>
      {faults.length > 0 && (
        <ul style={{ margin: 0, paddingInlineStart: '1.25rem' }}>
          {faults.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              <Text variant="body-medium">
                {path && <code>{path}</code>} {message}
              </Text>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
