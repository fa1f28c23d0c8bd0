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

import type { JsonValue } from '@backstage/types';
import type { ProgramResult } from './Evaluator';
import { EvaluatorStoppedError, JqWorker } from './JqWorker';

const limits = {
  timeoutMs: 300,
  memoryMb: 32,
  maxResultLength: 100_000,
  processes: 2,
};

let worker: JqWorker;
beforeAll(() => {
  worker = new JqWorker(limits);
});
afterAll(() => worker.stop());

function evaluate(
  expression: string,
  data: JsonValue = null,
  variables: { [name: string]: JsonValue } = {},
): Promise<ProgramResult> {
  return worker.run({
    data,
    variables,
    steps: [{ operation: 'evaluate', expression, from: 'data', to: 'result' }],
    give: ['result'],
  });
}

async function result(...args: Parameters<typeof evaluate>): Promise<unknown> {
  const { failure, registers } = await evaluate(...args);
  return failure === undefined ? registers.result : new Error(failure.message);
}

describe('jq', () => {
  it.each<[string, JsonValue, unknown]>([
    ['.a.b', { a: { b: 1 } }, 1],
    ['.a // "d"', {}, 'd'],
    ['.a?', 1, undefined],
    ['.[1:]', [1, 2, 3], [2, 3]],
    ['.[-1]', [1, 2], 2],
    ['-(.a)', { a: 2 }, -2],
    ['.list[]', { list: [1, 2] }, [1, 2]],
    ['empty', null, undefined],
    ['if .a then "x" elif .b then "y" else "z" end', { b: true }, 'y'],
    ['. as {a: $x, b: [$y]} | [$x, $y]', { a: 1, b: [2] }, [1, 2]],
    ['[.[] as [$a] ?// $a | $a]', [[1], 2], [1, 2]],
    ['try error("x") catch .', null, 'x'],
    ['[.[] | try error("\\(.)") catch .]', [1, 2], ['1', '2']],
    ['label $out | 1, break $out, 2', null, 1],
    ['reduce .[] as $x (0; . + $x)', [1, 2, 3], 6],
    [
      '[foreach .[] as $x (0; . + $x; [$x, .])]',
      [1, 2],
      [
        [1, 1],
        [2, 3],
      ],
    ],
    ['def f($a; g): $a + g; f(1; .b)', { b: 2 }, 3],
    ['def fac: if . <= 1 then 1 else . * (. - 1 | fac) end; fac', 5, 120],
    ['.a[1:2] = ["x"]', { a: [1, 2, 3] }, { a: [1, 'x', 3] }],
    ['.a |= empty', { a: 1, b: 2 }, { b: 2 }],
    ['del(.a, .c)', { a: 1, b: 2, c: 3 }, { b: 2 }],
    ['.a += 1 | .b //= 3', { a: 1 }, { a: 2, b: 3 }],
    ['with_entries(.value += 1)', { a: 1 }, { a: 2 }],
    ['[limit(3; repeat(. * 2))]', 1, [1, 2, 4]],
    ['[splits(", *")]', 'a, b,c', ['a', 'b', 'c']],
    ['capture("(?<y>\\\\d+)-(?<m>\\\\d+)")', '2020-01', { y: '2020', m: '01' }],
    ['gsub("(?<l>[aeiou])"; "<\\(.l)>")', 'hello', 'h<e>ll<o>'],
    ['[gsub("l"; "L", "1")]', 'all', ['aLL', 'aL1', 'a1L', 'a11']],
    ['[sub("l"; empty)]', 'all', []],
    ['"x" * 50000 | gsub("x"; "y") | length', null, 50_000],
    ['[range(20000) | 97] | implode | length', null, 20_000],
    ['[indices("b", "ab"), index("x")]', 'a\u{1F600}bab', [[2, 4], [3], null]],
    ['@base32', 'fooba', 'MZXW6YTB'],
    ['@base32', 'f\u{1F600}o', 'M3YJ7GEAN4======'],
    [
      '[., [[.]]] | flatten, flatten(1)',
      1,
      [
        [1, 1],
        [1, [1]],
      ],
    ],
    ['@base64 "x:\\(.)"', 'a', 'x:YQ=='],
    ['@uri', 'a b&c', 'a%20b%26c'],
    ['group_by(.k) | map(length)', [{ k: 1 }, { k: 2 }, { k: 1 }], [2, 1]],
    ['fromstream(tostream)', { a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }],
    [
      'strptime("%Y-%m-%d") | mktime | todate',
      '2024-02-29',
      '2024-02-29T00:00:00Z',
    ],
    ['(.a, .b) = 9', {}, { a: 9, b: 9 }],
    [
      'walk(if type == "number" then . + 1 else . end)',
      [1, { a: 2 }],
      [2, { a: 3 }],
    ],
    ['. == {"b": 1, "a": 2}', { a: 2, b: 1 }, true],
    [
      'sort',
      [{}, [], 'a', 1, true, false, null],
      [null, false, true, 1, 'a', [], {}],
    ],
    ['$__loc__.line', null, 1],
    ['env, $ENV', null, [{}, {}]],
    ['nan, infinite', null, [null, null]],
  ])('%s', async (expression, data, expected) => {
    expect(await result(expression, data)).toEqual(expected);
  });

  it.each<[string, JsonValue, string]>([
    ['.a + 1', { a: 's' }, 'string ("s") and number (1) cannot be added'],
    ['.a.b', { a: 1 }, 'Cannot index number with string "b"'],
    ['.[]', 1, 'Cannot iterate over number'],
    ['1 / 0', null, 'cannot be divided because the divisor is zero'],
    ['$NOPE', null, '$NOPE is not defined'],
    ['error({a: 1})', null, '{"a":1} (not a string)'],
    ['def f: f + 1; f', null, 'nests too deeply'],
    ['.[1000000000] = 1', null, 'Array index too large'],
    ['"x" * 1e9', null, 'Repeat string result too long'],
  ])('%s fails', async (expression, data, message) => {
    const { failure } = await evaluate(expression, data);
    expect(failure).toMatchObject({
      step: 0,
      kind: 'jq',
      message: expect.stringContaining(message),
    });
  });

  it('tells expressions from other texts', async () => {
    const texts = [
      '.a',
      'keys',
      '-1',
      '{a}',
      '\\(.a)',
      'hello',
      'a-b',
      '1.2.3',
      '2024-01-02',
      '50%',
      '*',
      '',
      '# no',
      '$5',
      'ok?',
      'http://h/x?y=1',
      'a@b.example',
      'if',
      '['.repeat(500),
    ];
    const inspected = await worker.inspect(texts);
    expect(texts.filter((_text, i) => 'variables' in inspected[i])).toEqual([
      '.a',
      'keys',
      '-1',
      '{a}',
      '\\(.a)',
    ]);
    expect(await worker.inspect(['$WORKFLOW.id + $CONST.a'])).toEqual([
      { variables: ['WORKFLOW', 'CONST'] },
    ]);
  });
});

describe('variables of the engine', () => {
  it('do not list their keys, and refuse those they do not have', async () => {
    const variables = { WORKFLOW: { id: 'w' }, SECRET: { a: 'secret' } };
    expect(
      await result(
        '[($WORKFLOW | keys), $WORKFLOW.id, ($SECRET | type)]',
        null,
        variables,
      ),
    ).toEqual([[], 'w', 'object']);
    expect(await result('$WORKFLOW.nope', null, variables)).toEqual(
      new Error('$WORKFLOW has no nope'),
    );
    expect(
      await result(
        '$SECRET, [$SECRET], ($SECRET | tojson), ($SECRET | length)',
        null,
        variables,
      ),
    ).toEqual([{}, [{}], '{}', 0]);
  });

  it('lets no expression hide that a secret is missing', async () => {
    const { failure } = await evaluate(
      'try $SECRET.nope catch "x" // "y"',
      null,
      { SECRET: {} },
    );
    expect(failure).toMatchObject({
      kind: 'secret',
      message: 'This workflow has no secret named "nope"',
    });
  });
});

describe('limits', () => {
  it('ends an expression that takes too long, and no other', async () => {
    const [before, bomb, after] = await Promise.all([
      result('1 + 1'),
      evaluate('[limit(1e12; repeat(1)) | select(. > 2)]'),
      result('2 + 2'),
    ]);
    expect(bomb.failure).toMatchObject({
      kind: 'time',
      message: expect.stringContaining('longer than 300 milliseconds'),
    });
    expect([before, after]).toEqual([2, 4]);
  });

  const match = (text: string, ...patterns: string[]) =>
    worker.run({
      data: text,
      variables: {},
      steps: [{ operation: 'match', patterns, from: 'data', to: 'found' }],
      give: ['found'],
    });

  it('finds the first regular expression, and none that is no such', async () => {
    const found = await Promise.all([
      match('a text', 'b', '(', '[', 'te?x', 'a'),
      match('a text', '(', 'b'),
      match('a text'),
    ]);
    expect(found.map(({ registers }) => registers.found)).toEqual([3, -1, -1]);
  });

  it('ends a regular expression that takes too long', async () => {
    const { failure } = await match(`${'a'.repeat(60)}!`, '(', '(a+)+$', '!');
    expect(failure).toMatchObject({ kind: 'time' });
  });

  it('ends an expression that takes too much memory, and no other', async () => {
    const [bomb, after] = await Promise.all([
      evaluate(
        '[range(1e9) | "\\(.) is quite a long text to keep in memory"] | length',
      ),
      result('2 + 2'),
    ]);
    expect(['size', 'time']).toContain(bomb.failure?.kind);
    expect(after).toBe(4);
  });

  it.each([
    'reduce range(40) as $i ("xy"; . + .)',
    'reduce range(40) as $i ([1]; . + .)',
    'reduce range(40) as $i ([1]; [.[], .[]])',
    'reduce range(40) as $i ([1]; [., .] | flatten)',
    'reduce range(40) as $i ([1]; .[0:0] = .)',
    'reduce range(40) as $i ({a: 1}; {a: ., b: .}) | tojson',
    'reduce range(40) as $i ({a: 1}; {a: ., b: .}) | tostring | length',
    'reduce range(40) as $i ("x"; "\\(.)\\(.)")',
    'reduce range(40) as $i ("x"; [., .] | join(""))',
    'reduce range(40) as $i ("x"; gsub("x"; "xx"))',
    '"<" * 1000000 | @html',
    '"<" * 1000000 | @uri',
    '"<" * 1000000 | @base32',
    'reduce range(40) as $i ("\\u0000"; tojson)',
    '"x" * 1000000 | explode',
    '"x" * 1000000 | split("")',
    '"x" * 1000000 | split("x")',
    '"x" * 1000000 | indices("x")',
    '"x" * 1000000 | [match(""; "g")]',
    '[[range(100000)], range(100) | [.]?] | transpose',
    '[range(1000000)] | implode',
    '[range(infinite)]',
    'reduce range(300) as $i (0; [.])',
    'reduce range(300) as $i (0; {a: .})',
  ])('says of %s that it makes too much', async expression => {
    const patient = new JqWorker({ ...limits, timeoutMs: 60_000 });
    const { failure } = await patient.run({
      data: null,
      variables: {},
      steps: [
        { operation: 'evaluate', expression, from: 'data', to: 'result' },
      ],
      give: ['result'],
    });
    await patient.stop();
    expect(failure).toMatchObject({
      kind: expect.stringMatching(/^(size|jq)$/),
      message: expect.stringMatching(
        /too large|makes more than|makes a text of more than|found too often|nested deeper/,
      ),
    });
  });

  it('lets no expression catch that it makes too much', async () => {
    const { failure } = await evaluate('try [range(infinite)] catch "x" // 1');
    expect(failure).toMatchObject({ kind: 'size' });
  });

  it('takes values of 200 levels', async () => {
    const deep = 'reduce range(200) as $i (0; [.])';
    expect(JSON.stringify(await result(deep))).toBe(
      `${'['.repeat(200)}0${']'.repeat(200)}`,
    );
    expect((await evaluate(`[${deep}]`)).failure).toMatchObject({
      kind: 'size',
      message:
        'The expression makes a value that is nested deeper than 200 levels',
    });
  });

  it('refuses a result that is too large', async () => {
    expect((await evaluate('[range(50000)]')).failure).toMatchObject({
      kind: 'size',
    });
  });

  it('lets no expression change what another sees', async () => {
    await result(
      '.["__proto__"].polluted = 1 | setpath(["constructor", "prototype", "polluted"]; 1)',
      {},
    );
    expect(
      await result('[{}.polluted, ([] | length), ({} | has("polluted"))]'),
    ).toEqual([null, 0, false]);
    expect(await result('{"__proto__": {"x": 1}} | [.x, keys]')).toEqual([
      null,
      ['__proto__'],
    ]);
  });

  it('refuses work once it is stopped', async () => {
    const stopped = new JqWorker(limits);
    const pending = stopped.inspect(['.']);
    await stopped.stop();
    await expect(pending).rejects.toThrow(EvaluatorStoppedError);
    await expect(stopped.inspect(['.'])).rejects.toThrow(EvaluatorStoppedError);
  });
});
