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
import { Text, TextField } from '@backstage/ui';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { useState } from 'react';
import { orchestratorApiRef } from '../../api';
import { useFormAction } from '../../hooks/useFormAction';
import { readFormFaults } from '../../tokens/readFormFaults';
import { ChangeDialog } from './ChangeDialog';

const FIELDS = ['reason'] as const;

/** Asks whether a token shall end, and why. */
export function RevokeTokenDialog(props: {
  token: components['schemas']['Token'];
  /** Called also where the backend refuses: the token has often changed meanwhile. */
  onChanged: () => void;
  onClose: () => void;
}) {
  const { token, onChanged, onClose } = props;
  const api = useApi(orchestratorApiRef);
  const [reason, setReason] = useState('');
  const form = useFormAction<(typeof FIELDS)[number]>(error =>
    readFormFaults(error, FIELDS),
  );

  const submit = () =>
    form.run(async () => {
      try {
        const text = reason.trim();
        await api.revokeToken(token.id, text ? { reason: text } : {});
        onClose();
      } finally {
        onChanged();
      }
    });

  return (
    <ChangeDialog
      title={`Revoke ${token.name}?`}
      submit="Revoke the token"
      isDestructive
      refused="The token was not revoked"
      form={form}
      onSubmit={submit}
      onClose={onClose}
    >
      <Text as="p" style={{ margin: 0 }}>
        Every secret of it is refused from now on. It cannot be brought back.
      </Text>
      <TextField
        label="Reason"
        secondaryLabel="Optional"
        description="Kept with the token and in the audit log."
        autoComplete="off"
        maxLength={500}
        value={reason}
        onChange={text => {
          setReason(text);
          form.clear('reason');
        }}
        {...form.fieldProps('reason')}
      />
    </ChangeDialog>
  );
}
