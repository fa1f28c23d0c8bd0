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

import type { StubAnswer, StubCall } from '../../__testUtils__/restStub';

/** Answers with all that it was asked with, in the forms in which the engine has sent it, and as parts of other texts. */
export function mirror({ body, headers, path, query }: StubCall): StubAnswer {
  return {
    body: {
      echo: body ?? null,
      headers: JSON.parse(JSON.stringify(headers)),
      path,
      query: query ?? null,
      texts: [
        JSON.stringify(headers),
        JSON.stringify(body ?? null),
        JSON.stringify(query ?? null),
        new URLSearchParams(query).toString(),
      ],
    },
  };
}
