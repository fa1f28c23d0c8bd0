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

import Ajv2020, {
  type ErrorObject,
  type ValidateFunction,
} from 'ajv/dist/2020';
import type { Request } from 'express';
import { type Fault, invalidRequest } from '../errors/OrchestratorError';
import type { Operation, OperationParameter } from '../gate/operations';

type Json = Record<string, any>;

/** More faults than these help nobody. */
const MAX_FAULTS = 50;

/** A copy of the schemas in which those that an operation checks itself allow everything. */
function withoutHandlerSchemas(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutHandlerSchemas);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if ((value as Json)['x-checked-by'] === 'handler') {
    return true;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      key,
      withoutHandlerSchemas(child),
    ]),
  );
}

function faultOf(where: string, error: ErrorObject): Fault {
  const { additionalProperty, allowedValues } = error.params as Json;
  let message = error.message ?? 'is not valid';
  if (additionalProperty !== undefined) {
    message += `: ${JSON.stringify(additionalProperty).slice(0, 100)}`;
  }
  if (allowedValues !== undefined) {
    message += `: ${allowedValues.join(', ')}`;
  }
  if (error.keyword === 'pattern') {
    message = 'has characters that are not allowed here';
  }
  return { path: `${where}${error.instancePath}`, message };
}

/** What a validator found, as far as it is told: a large body can have a fault at each of its items. */
function faultsOf(where: string, { errors }: ValidateFunction): Fault[] {
  return (errors ?? [])
    .slice(0, MAX_FAULTS)
    .map(error => faultOf(where, error));
}

/** The headers that begin in one way. Node joins those that are repeated, which would make one value of two. */
function prefixed(
  req: Request,
  prefix: string,
  faults: Fault[],
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, values] of Object.entries(req.headersDistinct)) {
    if (!name.startsWith(prefix) || !values) continue;
    if (values.length > 1) {
      faults.push({
        path: `header/${name.slice(0, 100)}`,
        message: 'must be given once',
      });
    }
    found[name] = values[0];
  }
  return found;
}

/** Checks requests against what openapi.yaml says of their operation; the validators are compiled once. */
export class RequestShapes {
  readonly #ajv = new Ajv2020({
    allErrors: true,
    strict: false,
    validateFormats: false,
  });
  readonly #validators = new Map<object, ValidateFunction>();
  readonly #document: string;

  constructor(document: Json) {
    this.#document = 'openapi';
    this.#ajv.addSchema(
      {
        $id: this.#document,
        components: withoutHandlerSchemas(document.components) as object,
      },
      this.#document,
    );
  }

  /**
   * Reads the declared query parameters and headers of a request, and checks them and the body.
   *
   * @param body - the parsed body; undefined where there is none
   * @throws OrchestratorError `request.invalid` that names every fault
   */
  check(
    operation: Operation,
    req: Request,
    body: { value: unknown; mediaType: string } | undefined,
  ): {
    query: Record<string, string | undefined>;
    headers: Record<string, string | undefined>;
  } {
    const faults: Fault[] = [];
    const query: Record<string, string | undefined> = {};
    const headers: Record<string, string | undefined> = {};
    for (const parameter of operation.parameters) {
      if (parameter.in === 'query') {
        query[parameter.name] = this.#parameter(
          parameter,
          req.query[parameter.name],
          faults,
        );
      } else if (parameter.in === 'header') {
        const name = parameter.name.toLowerCase();
        headers[name] = this.#parameter(parameter, req.headers[name], faults);
      }
    }
    if (operation.headerPrefix !== undefined) {
      Object.assign(headers, prefixed(req, operation.headerPrefix, faults));
    }
    if (operation.isStrict) {
      for (const name of Object.keys(req.query)) {
        if (!(name in query)) {
          faults.push({
            path: `query/${name.slice(0, 100)}`,
            message: 'is not known here',
          });
        }
      }
    }
    if (body) {
      const validate = this.#validator(
        operation.body!.schemas.get(body.mediaType)!,
      );
      if (!validate(body.value)) faults.push(...faultsOf('body', validate));
    }
    if (faults.length > 0) {
      throw invalidRequest(faults.slice(0, MAX_FAULTS));
    }
    return { query, headers };
  }

  #parameter(
    parameter: OperationParameter,
    value: unknown,
    faults: Fault[],
  ): string | undefined {
    if (value === undefined) {
      return undefined;
    }
    const where = `${parameter.in}/${parameter.name}`;
    if (typeof value !== 'string') {
      faults.push({ path: where, message: 'must be given once' });
      return undefined;
    }
    const validate = this.#validator(parameter.schema);
    if (!validate(value)) faults.push(...faultsOf(where, validate));
    return value;
  }

  #validator(schema: object): ValidateFunction {
    let validate = this.#validators.get(schema);
    if (!validate) {
      const text = JSON.stringify(withoutHandlerSchemas(schema));
      validate = this.#ajv.compile(
        JSON.parse(
          text.replaceAll('"#/components/', `"${this.#document}#/components/`),
        ),
      );
      this.#validators.set(schema, validate);
    }
    return validate;
  }
}
