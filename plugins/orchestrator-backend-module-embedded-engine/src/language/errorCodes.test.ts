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

import { testEvaluator } from '../__testUtils__/compile';
import { matchFailure } from '../interpreter/matchErrors';
import type { Failure } from '../interpreter/RunState';
import { ERROR_CLASSES, neverMatches } from './errorCodes';

const KINDS: Failure['kind'][] = [
  'http',
  'network',
  'timeout',
  'answer',
  'expression',
  'secret',
  'refused',
  'child',
];

const evaluator = testEvaluator();
afterAll(() => evaluator.stop());

describe('codes of errors', () => {
  it.each(ERROR_CLASSES)('%s is the class of an error', async name => {
    const matched = await Promise.all(
      KINDS.map(kind =>
        matchFailure(evaluator, [[name]], { kind, message: 'x' }),
      ),
    );
    expect(matched).toContain(0);
    expect(neverMatches(name)).toBeUndefined();
  });

  it.each(['404', 'HTTP:503', '.*', 'status code 4..', 'oops'])(
    '%s may match',
    code => expect(neverMatches(code)).toBeUndefined(),
  );

  it.each([
    ['jakarta.ws.rs.NotFoundException', /no error has the class jakarta/],
    ['java.lang.NullPointerException', /no error has the class java\.lang/],
    ['204', /no call fails with the status 204/],
    ['HTTP:700', /no call fails with the status 700/],
    ['.*Not Found.*', /no message has the words "Not Found"/],
    ['(a', /no regular expression/],
  ])('%s can never match', (code, why) =>
    expect(neverMatches(code)).toMatch(why),
  );
});
