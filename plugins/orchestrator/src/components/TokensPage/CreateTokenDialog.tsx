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

import { identityApiRef, useApi } from '@backstage/frontend-plugin-api';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { useCallback, useState } from 'react';
import { orchestratorApiRef } from '../../api';
import { useFormAction } from '../../hooks/useFormAction';
import { useResource } from '../../hooks/useResource';
import { readFormFaults } from '../../tokens/readFormFaults';
import {
  EMPTY_DRAFT,
  fieldsOf,
  findMissing,
  toCreateRequest,
  type DraftField,
  type TokenDraft,
} from '../../tokens/tokenDraft';
import { ErrorMessage } from '../Feedback';
import { MintDialog } from './MintDialog';
import { TokenFields } from './TokenFields';

type Schemas = components['schemas'];

/** Asks what a new token shall be and do, makes it and shows its secret. */
export function CreateTokenDialog(props: {
  catalogue: Schemas['ScopeList'];
  whoami: Schemas['Whoami'];
  onCreated: () => void;
  onClose: () => void;
}) {
  const { catalogue, whoami, onCreated, onClose } = props;
  const api = useApi(orchestratorApiRef);
  const identityApi = useApi(identityApiRef);
  const [draft, setDraft] = useState<TokenDraft>(EMPTY_DRAFT);
  const [secret, setSecret] = useState<string>();
  const form = useFormAction<DraftField>(error =>
    readFormFaults(error, fieldsOf(draft.kind), {
      'token.conflict': 'name',
      'auth.missing_scope': 'scopes',
      'workflow.not_found': 'workflowId',
    }),
  );
  const groups = useResource(
    useCallback(async () => {
      const { ownershipEntityRefs } = await identityApi.getBackstageIdentity();
      return ownershipEntityRefs.filter(ref => ref.startsWith('group:')).sort();
    }, [identityApi]),
  );
  const workflows = useResource(
    useCallback(
      async signal => {
        const { overviews, totalCount } = await api.listWorkflows({ signal });
        return {
          workflows: overviews,
          isComplete: overviews.length >= totalCount,
        };
      },
      [api],
    ),
  );

  const change = (part: Partial<TokenDraft>) => {
    setDraft(before => ({ ...before, ...part }));
    for (const key of Object.keys(part)) {
      form.clear(key === 'workflowIds' ? 'scopes' : (key as DraftField));
    }
  };
  const submit = () => {
    const missing = findMissing(draft);
    if (Object.keys(missing).length > 0) {
      form.show({ fields: missing });
      return;
    }
    form.run(async () => {
      const created = await api.createToken(toCreateRequest(draft));
      setSecret(created.secret);
      onCreated();
    });
  };

  return (
    <MintDialog
      title="Create a token"
      submit="Create the token"
      refused="The token was not created"
      form={form}
      secret={secret}
      secretTitle="The token is created"
      onSubmit={submit}
      onClose={onClose}
    >
      {[groups, workflows].map(
        ({ error, reload }, index) =>
          error && (
            <ErrorMessage
              key={index}
              title={`Your ${
                index === 0 ? 'groups' : 'workflows'
              } could not be loaded`}
              error={error}
              onRetry={reload}
            />
          ),
      )}
      <TokenFields
        draft={draft}
        catalogue={catalogue}
        whoami={whoami}
        groups={groups.value ?? []}
        choices={workflows.value ?? { workflows: [], isComplete: true }}
        fieldProps={form.fieldProps}
        onChange={change}
      />
    </MintDialog>
  );
}
