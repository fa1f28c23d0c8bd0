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

import { Checkbox, CheckboxGroup, Flex, Text } from '@backstage/ui';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { useMemo } from 'react';
import type { FormAction } from '../../hooks/useFormAction';
import { readScopeChoices } from '../../tokens/readScopeChoices';
import {
  canBeNarrowed,
  type DraftField,
  type TokenDraft,
} from '../../tokens/tokenDraft';
import { WorkflowsField, type WorkflowChoices } from './WorkflowFields';

type Schemas = components['schemas'];

/** What a token may do: scopes that the user holds, and the workflows that they are narrowed to. */
export function ScopeFields(props: {
  draft: TokenDraft;
  catalogue: Schemas['ScopeList'];
  whoami: Schemas['Whoami'];
  choices: WorkflowChoices;
  fieldProps: FormAction<DraftField>['fieldProps'];
  onChange: (part: Partial<TokenDraft>) => void;
}) {
  const { draft, catalogue, whoami, choices, fieldProps, onChange } = props;
  const scopes = useMemo(
    () => readScopeChoices(catalogue, whoami),
    [catalogue, whoami],
  );
  return (
    <>
      <CheckboxGroup
        label="Scopes"
        secondaryLabel="Required"
        description="What the token may do. You can give it what you hold yourself, and no more."
        value={[...draft.scopes]}
        onChange={chosen =>
          // In the order of the catalogue, whatever the order of the presses.
          onChange({
            scopes: scopes
              .map(({ scope }) => scope)
              .filter(scope => chosen.includes(scope)),
          })
        }
        {...fieldProps('scopes')}
      >
        {scopes.map(({ scope, description }) => (
          <Checkbox key={scope} value={scope}>
            <Flex direction="column" gap="0">
              <Text style={{ fontFamily: 'var(--bui-font-monospace)' }}>
                {scope}
              </Text>
              <Text variant="body-small" color="secondary">
                {description}
              </Text>
            </Flex>
          </Checkbox>
        ))}
      </CheckboxGroup>
      {draft.scopes.some(canBeNarrowed) && choices.workflows.length > 0 && (
        <WorkflowsField
          label="Only for these workflows"
          description="Narrows the scopes of workflows and runs. Without a choice they reach all that you reach."
          placeholder="All workflows"
          choices={choices}
          value={draft.workflowIds}
          onChange={workflowIds => onChange({ workflowIds })}
        />
      )}
    </>
  );
}
