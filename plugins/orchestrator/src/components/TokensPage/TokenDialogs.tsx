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

import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { CreateTokenDialog } from './CreateTokenDialog';
import { RenameTokenDialog } from './RenameTokenDialog';
import { RevokeTokenDialog } from './RevokeTokenDialog';
import { RotateTokenDialog } from './RotateTokenDialog';
import { TokenDetailsDialog } from './TokenDetailsDialog';
import type { TokenAction } from './TokenTable';

type Schemas = components['schemas'];

/** What a user asked for: a new token, or something of one that is there. */
export type AskedOfToken =
  | { what: 'create' }
  | { what: TokenAction; token: Schemas['Token'] };

/** The dialog of what was asked for; it is gone, with every secret in it, as soon as it is closed. */
export function TokenDialogs(props: {
  asked: AskedOfToken | undefined;
  catalogue: Schemas['ScopeList'];
  whoami: Schemas['Whoami'];
  onCreated: () => void;
  onChanged: () => void;
  onClose: () => void;
}) {
  const { asked, catalogue, whoami, onCreated, onChanged, onClose } = props;
  switch (asked?.what) {
    case 'create':
      return (
        <CreateTokenDialog
          catalogue={catalogue}
          whoami={whoami}
          onCreated={onCreated}
          onClose={onClose}
        />
      );
    case 'rotate':
      return (
        <RotateTokenDialog
          token={asked.token}
          onRotated={onChanged}
          onClose={onClose}
        />
      );
    case 'revoke':
      return (
        <RevokeTokenDialog
          token={asked.token}
          onChanged={onChanged}
          onClose={onClose}
        />
      );
    case 'rename':
      return (
        <RenameTokenDialog
          token={asked.token}
          onChanged={onChanged}
          onClose={onClose}
        />
      );
    case 'details':
      return <TokenDetailsDialog token={asked.token} onClose={onClose} />;
    default:
      return null;
  }
}
