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

import { Router, type Request, type Response } from 'express';
import PromiseRouter from 'express-promise-router';
import type { DecisionJournal } from '../audit/DecisionJournal';
import type { RequestOrigin } from '../gate/Access';
import type { Gate } from '../gate/Gate';
import type { Operation } from '../gate/operations';
import type { Principal } from '../gate/Principal';
import type { ForwardedForWarning } from '../limits/ForwardedForWarning';
import type { ErrorAnswers } from './answerError';
import type { DecideResource } from './decideResource';
import type { OperationContext, OperationHandlers } from './OperationHandler';
import { type BodyReader, parseForm, parseJson } from './requestBody';
import type { RequestShapes } from './requestShape';
import { shownPath } from './shownPath';

/** The paths that the plugin opens to requests without a Backstage credential, and behind which its own gate stands. */
export const OWN_PATHS = [
  '/v2',
  '/health',
  '/.well-known/oauth-protected-resource',
] as const;

/** Backstage opens them in any case, and with everything below. */
const IS_OWN = /^\/(v2|health|\.well-known\/oauth-protected-resource)(\/|$)/i;

/** Why a managed token is refused that is what it says it is. */
const DEAD: ReadonlySet<string> = new Set([
  'auth.token_expired',
  'auth.token_revoked',
]);

/** What the router is made of. */
export interface RouterOptions {
  readonly gate: Gate;
  readonly handlers: OperationHandlers;
  /** Answers to operations that need no caller, by operation id. */
  readonly publicAnswers: Readonly<Record<string, object>>;
  readonly bodies: BodyReader;
  readonly shapes: RequestShapes;
  /** Asked where the form of a request is refused: rights come first. */
  readonly decideResource: DecideResource;
  readonly errors: ErrorAnswers;
  readonly journal: DecisionJournal;
  readonly forwarded: ForwardedForWarning;
}

type RequestForm = Pick<
  OperationContext,
  'query' | 'headers' | 'body' | 'mediaType'
>;

/** Read when it is asked for, which is where something is recorded: most requests record nothing. */
function originOf(req: Request): RequestOrigin {
  return {
    method: req.method,
    get path() {
      return shownPath(req);
    },
    get address() {
      return req.ip;
    },
    get userAgent() {
      return req.get('user-agent');
    },
  };
}

/** The body as the handlers get it: parsed JSON, or the text of a definition. */
function readBody(
  operation: Operation,
  body: { mediaType: string; text: string },
): unknown {
  const isDefinition = operation.body!.schemas.has('application/yaml');
  if (body.mediaType === 'application/x-www-form-urlencoded') {
    return { value: parseForm(body.text) };
  }
  const isJson = /[/+]json$/.test(body.mediaType);
  const value = isJson ? parseJson(body.text) : body.text;
  return isDefinition
    ? { value, source: body.text, format: isJson ? 'json' : 'yaml' }
    : { value };
}

/**
 * Makes the router of the plugin's own paths. It answers those, default deny, and leaves all others to whoever else is mounted
 * in the same place.
 */
export function createRouter(options: RouterOptions): Router {
  const {
    gate,
    handlers,
    publicAnswers,
    bodies,
    shapes,
    decideResource,
    errors,
    journal,
    forwarded,
  } = options;

  async function answer(
    req: Request,
    res: Response,
    seen: (principal: Principal) => void,
  ) {
    const passed = await gate.pass(req, originOf(req), seen);
    const { operation, path, access } = passed;
    if (!access) {
      res.json(publicAnswers[operation.id]);
      return;
    }
    let form: RequestForm;
    try {
      form = await readForm(req, res, operation);
    } catch (error) {
      await decideResource(operation, access, path);
      throw error;
    }
    const renew = () => gate.renew(req, passed, originOf(req));
    await handlers[operation.id]({ access, path, ...form, res, renew });
  }

  /** Query, headers and body, each as the operation declares it. */
  async function readForm(
    req: Request,
    res: Response,
    operation: Operation,
  ): Promise<RequestForm> {
    const read = await bodies.read(req, res, operation);
    const body =
      read &&
      (readBody(operation, read) as { value: unknown; source?: string });
    const { query, headers } = shapes.check(
      operation,
      req,
      read && { value: body!.value, mediaType: read.mediaType },
    );
    return {
      query,
      headers,
      body: body && (body.source === undefined ? body.value : body),
      mediaType: read?.mediaType,
    };
  }

  const router = PromiseRouter();
  router.use(async (req, res, next) => {
    if (!IS_OWN.test(req.path)) {
      next();
      return;
    }
    forwarded.seen(req.headers);
    let principal: Principal | undefined;
    try {
      await answer(req, res, seen => {
        principal = seen;
      });
      journal.allowed();
    } catch (thrown) {
      const error = errors.toAnswerable(thrown);
      await journal.failed(error, () => ({
        eventId: gate.operationOf(req)?.auditEvent ?? 'request',
        principal,
        // Only who has the whole secret of a token is told that it is dead.
        tokenId: DEAD.has(error.code) ? gate.identityOf(req) : undefined,
        origin: originOf(req),
      }));
      errors.send(req, res, error);
    }
  });
  return router;
}
