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

import { Select, TextField } from '@backstage/ui';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { useState } from 'react';
import type { FormAction } from '../../hooks/useFormAction';

/** The workflows to choose from. */
export interface WorkflowChoices {
  readonly workflows: readonly components['schemas']['WorkflowOverviewDTO'][];
  /** Whether there are no others; where there are, ids are typed instead. */
  readonly isComplete: boolean;
}

/** From how many choices on a field lets the user search. */
const SEARCH_FROM = 10;

/** Chooses one workflow. */
export function WorkflowField(
  props: {
    label: string;
    description: string;
    choices: WorkflowChoices;
    value: string;
    onChange: (workflowId: string) => void;
  } & ReturnType<FormAction<string>['fieldProps']>,
) {
  const { choices, onChange, ...rest } = props;
  return choices.isComplete ? (
    <Select
      {...rest}
      secondaryLabel="Required"
      searchable={choices.workflows.length > SEARCH_FROM}
      options={optionsOf(choices)}
      onChange={id => onChange(String(id ?? ''))}
    />
  ) : (
    <TextField
      {...rest}
      secondaryLabel="Required"
      placeholder="The id of the workflow"
      autoComplete="off"
      onChange={text => onChange(text.trim())}
    />
  );
}

/** Chooses any number of workflows. */
export function WorkflowsField(props: {
  label: string;
  description: string;
  placeholder: string;
  choices: WorkflowChoices;
  value: readonly string[];
  onChange: (workflowIds: readonly string[]) => void;
}) {
  const { choices, value, onChange, ...rest } = props;
  const [text, setText] = useState(value.join(', '));
  return choices.isComplete ? (
    <Select
      {...rest}
      secondaryLabel="Optional"
      selectionMode="multiple"
      searchable={choices.workflows.length > SEARCH_FROM}
      options={optionsOf(choices)}
      value={[...value]}
      onChange={ids => onChange(ids.map(String))}
    />
  ) : (
    <TextField
      {...rest}
      secondaryLabel="Optional, ids with commas between them"
      autoComplete="off"
      value={text}
      onChange={typed => {
        setText(typed);
        onChange(typed.split(/[\s,;]+/).filter(Boolean));
      }}
    />
  );
}

function optionsOf({ workflows }: WorkflowChoices) {
  return workflows.map(({ workflowId, name }) => ({
    id: workflowId,
    label: name ? `${name} (${workflowId})` : workflowId,
  }));
}
