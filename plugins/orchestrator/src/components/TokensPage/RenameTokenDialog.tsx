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

import { useApi } from '@backstage/frontend-plugin-api';
import { TextAreaField, TextField } from '@backstage/ui';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { useState } from 'react';
import { orchestratorApiRef } from '../../api';
import { useFormAction } from '../../hooks/useFormAction';
import { readFormFaults } from '../../tokens/readFormFaults';
import { ChangeDialog } from './ChangeDialog';

const FIELDS = ['name', 'description'] as const;

/** Changes what a token is called. */
export function RenameTokenDialog(props: {
  token: components['schemas']['Token'];
  onChanged: () => void;
  onClose: () => void;
}) {
  const { token, onChanged, onClose } = props;
  const api = useApi(orchestratorApiRef);
  const [name, setName] = useState(token.name);
  const [description, setDescription] = useState(token.description);
  const form = useFormAction<(typeof FIELDS)[number]>(error =>
    readFormFaults(error, FIELDS, { 'token.conflict': 'name' }),
  );

  const submit = () => {
    if (!name.trim()) {
      form.show({ fields: { name: 'Give the token a name.' } });
      return;
    }
    form.run(async () => {
      await api.updateToken(token.id, {
        name: name.trim(),
        description: description.trim(),
      });
      onChanged();
      onClose();
    });
  };

  return (
    <ChangeDialog
      title={`Rename ${token.name}`}
      submit="Save"
      refused="The token was not renamed"
      form={form}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label="Name"
        isRequired
        maxLength={100}
        value={name}
        onChange={text => {
          setName(text);
          form.clear('name');
        }}
        {...form.fieldProps('name')}
      />
      <TextAreaField
        label="Description"
        secondaryLabel="Optional"
        rows={2}
        maxLength={1000}
        value={description}
        onChange={text => {
          setDescription(text);
          form.clear('description');
        }}
        {...form.fieldProps('description')}
      />
    </ChangeDialog>
  );
}
