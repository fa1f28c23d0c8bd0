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
  createBackendPlugin,
  coreServices,
} from '@backstage/backend-plugin-api';
import { tokenTypes } from '@backstage/plugin-auth-node';
import { Router } from 'express';
import {
  base64url,
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  SignJWT,
  type JWK,
  type KeyLike,
} from 'jose';
import { createPrivateKey, sign } from 'node:crypto';

/**
 * Stands in for Backstage's auth backend: issues user tokens in exactly its form, with any claims and any expiry, and serves the
 * keys and the user info that the real auth services of the other plugins ask for.
 */
export class TestIssuer {
  readonly #privateKey: KeyLike;
  readonly #publicJwk: JWK;
  /** Ownership by user ref. */
  readonly #ownership = new Map<string, string[]>();
  /** How often the user info was asked for. */
  userInfoRequests = 0;
  /** Answers user info with 500 while set. */
  isDown = false;

  private constructor(privateKey: KeyLike, publicJwk: JWK) {
    this.#privateKey = privateKey;
    this.#publicJwk = publicJwk;
  }

  static async create(): Promise<TestIssuer> {
    const { privateKey, publicKey } = await generateKeyPair('ES256', {
      extractable: true,
    });
    return new TestIssuer(privateKey, {
      ...(await exportJWK(publicKey)),
      kid: 'test',
      alg: 'ES256',
    });
  }

  belongsTo(ref: string, groups: string[]): void {
    this.#ownership.set(ref, [ref, ...groups]);
  }

  /** A user token as Backstage's auth backend issues it. */
  async userToken(
    ref: string,
    options: {
      expiresInSeconds?: number;
      issuedAt?: number;
      audience?: string;
    } = {},
  ): Promise<string> {
    const iat = options.issuedAt ?? Math.floor(Date.now() / 1000);
    const exp = iat + (options.expiresInSeconds ?? 3600);
    const proof = [
      { typ: tokenTypes.limitedUser.typParam, alg: 'ES256', kid: 'test' },
      { sub: ref, iat, exp },
    ]
      .map(part => base64url.encode(JSON.stringify(part)))
      .join('.');
    const key = createPrivateKey(await exportPKCS8(this.#privateKey));
    const uip = sign('sha256', Buffer.from(proof), {
      key,
      dsaEncoding: 'ieee-p1363',
    }).toString('base64url');
    return new SignJWT({
      sub: ref,
      aud: options.audience ?? 'backstage',
      iat,
      exp,
      uip,
    })
      .setProtectedHeader({
        typ: tokenTypes.user.typParam,
        alg: 'ES256',
        kid: 'test',
      })
      .sign(this.#privateKey);
  }

  /** The limited form of a user token, as it is put into cookies. */
  limited(userToken: string): string {
    const [header, payload] = userToken
      .split('.')
      .slice(0, 2)
      .map(part => JSON.parse(Buffer.from(part, 'base64url').toString()));
    return [
      base64url.encode(
        JSON.stringify({
          typ: tokenTypes.limitedUser.typParam,
          alg: header.alg,
          kid: header.kid,
        }),
      ),
      base64url.encode(
        JSON.stringify({
          sub: payload.sub,
          iat: payload.iat,
          exp: payload.exp,
        }),
      ),
      payload.uip,
    ].join('.');
  }

  /** The plugin `auth` that serves keys and user info. */
  feature() {
    return createBackendPlugin({
      pluginId: 'auth',
      register: env => {
        env.registerInit({
          deps: { httpRouter: coreServices.httpRouter },
          init: async ({ httpRouter }) => {
            const router = Router();
            router.get('/.well-known/jwks.json', (_req, res) => {
              res.json({ keys: [this.#publicJwk] });
            });
            router.get('/v1/userinfo', (req, res) => {
              this.userInfoRequests += 1;
              if (this.isDown) {
                res.status(500).end();
                return;
              }
              const token = req.headers.authorization!.split(' ')[1];
              const { sub } = JSON.parse(
                Buffer.from(token.split('.')[1], 'base64url').toString(),
              );
              res.json({
                claims: { sub, ent: this.#ownership.get(sub) ?? [sub] },
              });
            });
            httpRouter.use(router);
            httpRouter.addAuthPolicy({ path: '/', allow: 'unauthenticated' });
          },
        });
      },
    });
  }
}
