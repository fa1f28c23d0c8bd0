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

import {
  Radio,
  RadioGroup,
  Select,
  TextAreaField,
  TextField,
} from '@backstage/ui';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import type { FormAction } from '../../hooks/useFormAction';
import { isHeld } from '../../tokens/readScopeChoices';
import type {
  DraftField,
  DraftKind,
  TokenDraft,
} from '../../tokens/tokenDraft';
import { LifetimeField } from './LifetimeField';
import { ScopeFields } from './ScopeFields';
import { TOKEN_KINDS } from './tokenKinds';
import { WorkflowField, type WorkflowChoices } from './WorkflowFields';

type Schemas = components['schemas'];

/** The fields of a new token; which of them there are depends on its kind. */
export function TokenFields(props: {
  draft: TokenDraft;
  catalogue: Schemas['ScopeList'];
  whoami: Schemas['Whoami'];
  /** The refs of the groups that the user is in. */
  groups: readonly string[];
  choices: WorkflowChoices;
  fieldProps: FormAction<DraftField>['fieldProps'];
  onChange: (part: Partial<TokenDraft>) => void;
}) {
  const { draft, catalogue, groups, choices, fieldProps, onChange } = props;
  const kinds = TOKEN_KINDS.filter(
    ({ kind }) =>
      (kind !== 'service' || isHeld(catalogue, 'tokens:admin')) &&
      (kind !== 'group' || groups.length > 0),
  );
  return (
    <>
      <TextField
        label="Name"
        description="What uses it, so that you know it again."
        isRequired
        maxLength={100}
        value={draft.name}
        onChange={name => onChange({ name })}
        {...fieldProps('name')}
      />
      <RadioGroup
        label="Kind"
        value={draft.kind}
        onChange={kind => onChange({ kind: kind as DraftKind })}
        {...fieldProps('kind')}
      >
        {kinds.map(({ kind, label, explanation }) => (
          <Radio key={kind} value={kind}>
            {`${label}: ${explanation}`}
          </Radio>
        ))}
      </RadioGroup>
      {draft.kind === 'group' && (
        <Select
          label="Owner"
          description="All members of the group manage the token."
          secondaryLabel="Required"
          options={groups.map(ref => ({ id: ref, label: ref }))}
          value={draft.owner}
          onChange={owner => onChange({ owner: String(owner ?? '') })}
          {...fieldProps('owner')}
        />
      )}
      {draft.kind === 'trigger' ? (
        <WorkflowField
          label="Workflow"
          description="The token starts this workflow, and does nothing else."
          choices={choices}
          value={draft.workflowId}
          onChange={workflowId => onChange({ workflowId })}
          {...fieldProps('workflowId')}
        />
      ) : (
        <ScopeFields {...props} />
      )}
      <LifetimeField
        description="The administrators of this portal can have set a maximum."
        value={draft.expiresInSeconds}
        onChange={expiresInSeconds => onChange({ expiresInSeconds })}
        {...fieldProps('expiresInSeconds')}
      />
      <TextField
        label="Only from these addresses"
        secondaryLabel="Optional"
        description="Addresses or ranges such as 203.0.113.7, 10.0.0.0/8 or 2001:db8::/32, with commas between them."
        autoComplete="off"
        value={draft.allowedCidrs}
        onChange={allowedCidrs => onChange({ allowedCidrs })}
        {...fieldProps('allowedCidrs')}
      />
      <TextAreaField
        label="Description"
        secondaryLabel="Optional"
        rows={2}
        maxLength={1000}
        value={draft.description}
        onChange={description => onChange({ description })}
        {...fieldProps('description')}
      />
    </>
  );
}
