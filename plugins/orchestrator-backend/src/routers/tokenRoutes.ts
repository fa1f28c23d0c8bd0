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

import type { Response } from 'express';
import type { CreateTokenRequest } from '../tokens/minting/kindRules';
import type { UpdateTokenRequest } from '../tokens/TokenRenamer';
import type { RevokeAllRequest } from '../tokens/TokenRevoker';
import type { RotateTokenRequest } from '../tokens/TokenRotator';
import type { TokenService } from '../tokens/TokenService';
import type { OperationHandlers } from './OperationHandler';

/** The form of RFC 7662 and RFC 7009; what it says of the kind of token is a hint that nothing here needs. */
interface TokenForm {
  readonly token: string;
}

/** What tells of a secret is kept by nobody on its way. */
function unkept(res: Response): Response {
  return res.set('Cache-Control', 'no-store');
}

/** The operations on managed tokens. */
export function createTokenRoutes(service: TokenService): OperationHandlers {
  const { reader, minter, renamer, rotator, revoker, introspector } = service;
  return {
    async listTokens({ access, query, res }) {
      res.json(await reader.list(access, query));
    },
    async createToken({ access, body, res }) {
      const created = await minter.create(access, body as CreateTokenRequest);
      unkept(res)
        .status(201)
        .location(`${res.req.baseUrl}/v2/tokens/${created.token.id}`)
        .json(created);
    },
    async getToken({ access, path, res }) {
      res.json(await reader.get(access, path.tokenId));
    },
    async updateToken({ access, path, body, res }) {
      const request = body as UpdateTokenRequest;
      res.json(await renamer.rename(access, path.tokenId, request));
    },
    async rotateToken({ access, path, body, res }) {
      const request = (body ?? {}) as RotateTokenRequest;
      unkept(res).json(await rotator.rotate(access, path.tokenId, request));
    },
    async revokeToken({ access, path, body, res }) {
      const { reason } = (body ?? {}) as { reason?: string };
      res.json(await revoker.revoke(access, path.tokenId, reason));
    },
    async deleteToken({ access, path, res }) {
      await revoker.revoke(access, path.tokenId);
      res.status(204).end();
    },
    async revokeAllTokens({ access, body, res }) {
      res.json(await revoker.revokeAll(access, body as RevokeAllRequest));
    },
    async introspectToken({ access, body, res }) {
      const { token } = body as TokenForm;
      unkept(res).json(await introspector.introspect(access, token));
    },
    async revokeTokenBySecret({ access, body, res }) {
      await revoker.revokeBySecret(access, (body as TokenForm).token);
      unkept(res).status(200).end();
    },
  };
}
