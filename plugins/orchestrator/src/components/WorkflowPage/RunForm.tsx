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

import { useApi, useRouteRef } from '@backstage/frontend-plugin-api';
import {
  Accordion,
  AccordionPanel,
  AccordionTrigger,
  Button,
  Flex,
  TextAreaField,
} from '@backstage/ui';
import { RiPlayLine } from '@remixicon/react';
import { useRef, useState, type FormEvent } from 'react';
import { useNavigate } from 'react-router-dom';
import { orchestratorApiRef } from '../../api';
import { createIdempotencyKey } from '../../input/createIdempotencyKey';
import { createInputDraft } from '../../input/createInputDraft';
import { parseInput } from '../../input/parseInput';
import { runRouteRef } from '../../routes';
import { Code } from '../Code';
import { ErrorMessage } from '../Feedback';
import { Section } from '../Section';

/** Starts a run with an input in JSON, and goes to it. */
export function RunForm(props: {
  workflowId: string;
  schema?: { [key: string]: unknown };
  isDisabled: boolean;
}) {
  const { workflowId, schema, isDisabled } = props;
  const api = useApi(orchestratorApiRef);
  const navigate = useNavigate();
  const runLink = useRouteRef(runRouteRef);
  const [text, setText] = useState(() =>
    JSON.stringify(createInputDraft(schema), null, 2),
  );
  const [isStarting, setStarting] = useState(false);
  const [error, setError] = useState<Error>();
  // The same input keeps its key, so that a second try after a lost answer finds the run that the first one started.
  const attempt = useRef<{ text: string; key: string }>(undefined);
  const parsed = parseInput(text);
  const fault = 'fault' in parsed ? parsed.fault : undefined;

  const start = async () => {
    if (!('input' in parsed) || isStarting) return;
    if (attempt.current?.text !== text) {
      attempt.current = { text, key: createIdempotencyKey() };
    }
    setStarting(true);
    setError(undefined);
    try {
      const { id } = await api.execute({
        workflowId,
        input: parsed.input,
        idempotencyKey: attempt.current.key,
      });
      attempt.current = undefined;
      const link = runLink?.({ instanceId: id });
      if (link) navigate(link);
    } catch (caught) {
      setError(caught as Error);
    } finally {
      setStarting(false);
    }
  };

  return (
    <Section title="Start a run">
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          start();
        }}
      >
        <Flex direction="column" gap="3">
          <TextAreaField
            label="Input (JSON)"
            description={
              schema
                ? 'Filled in from the schema of the workflow; the backend checks it.'
                : 'This workflow has no schema of its input.'
            }
            rows={8}
            value={text}
            onChange={setText}
            isInvalid={fault !== undefined}
            spellCheck="false"
          />
          {fault && (
            <div role="status" style={{ color: 'var(--bui-fg-negative)' }}>
              {fault}
            </div>
          )}
          {error && (
            <ErrorMessage title="The run was not started" error={error} />
          )}
          <div>
            <Button
              type="submit"
              variant="primary"
              iconStart={<RiPlayLine aria-hidden />}
              isDisabled={isDisabled || fault !== undefined}
              isPending={isStarting}
            >
              Run
            </Button>
          </div>
          {schema && (
            <Accordion>
              <AccordionTrigger title="Schema of the input" />
              <AccordionPanel>
                <Code label="Schema of the input">
                  {JSON.stringify(schema, null, 2)}
                </Code>
              </AccordionPanel>
            </Accordion>
          )}
        </Flex>
      </form>
    </Section>
  );
}
