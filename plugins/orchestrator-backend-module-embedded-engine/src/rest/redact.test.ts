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
import fc from 'fast-check';
import { redact, redactOutcome } from './redact';

describe('redact', () => {
  it('finds a secret in every form', () => {
    const secret = 'p"ss wörd';
    const value = {
      plain: `x ${secret} y`,
      uri: encodeURIComponent(secret),
      query: new URLSearchParams({ q: secret }).toString(),
      base64: Buffer.from(secret).toString('base64'),
      json: JSON.stringify({ secret }),
      [`key ${secret}`]: [secret],
      other: 5,
    };
    const text = JSON.stringify(redact(value, { secrets: [secret] }));
    expect(text).toContain('<redacted>');
    expect(text).not.toMatch(/ss wörd|cCJzcyB3|p%22ss|ss\+w/);
    expect(text).toContain('"other":5');
    expect(redact({ n: 123456 }, { secrets: ['123456'] })).toEqual({
      n: '<redacted>',
    });
  });
});

describe('redactOutcome', () => {
  it('finds what addresses, headers and bodies make of a secret', () => {
    const secret = ' a/b "c" ';
    const inner = JSON.stringify(secret).slice(1, -1);
    const echoes = [
      encodeURIComponent(secret),
      encodeURIComponent(secret).replaceAll('%2F', '/'),
      encodeURIComponent(JSON.stringify({ secret })),
      new URLSearchParams({ q: JSON.stringify({ secret }) }).toString(),
      // without the spaces that a header loses
      secret.trim(),
      `{"a":"${inner}"}`,
    ];
    const outcome = redactOutcome({ value: echoes }, { secrets: [secret] });
    expect(JSON.stringify(outcome)).not.toMatch(/a\/b|a%2Fb/);
  });

  it('finds what is left of a form that was decoded but for its spaces', () => {
    const secret = "it's a key!";
    const form = new URLSearchParams({ q: secret }).toString();
    const outcome = redactOutcome(
      { value: decodeURIComponent(form) },
      { secrets: [secret] },
    );
    expect(outcome).toEqual({ value: 'q=<redacted>' });
  });

  it('finds what a query makes of an apostrophe', () => {
    const secret = "it's a key!";
    const url = new URL('http://a.example/x');
    url.search = `q=${encodeURIComponent(secret)}`;
    const outcome = redactOutcome({ value: url.search }, { secrets: [secret] });
    expect(outcome).toEqual({ value: '?q=<redacted>' });
  });

  it('leaves what is not hidden as it is', () => {
    const outcome = { value: { a: [1, 'text', null, true] } };
    expect(redactOutcome(outcome, { secrets: ['another'] })).toEqual(outcome);
    expect(redactOutcome(outcome, { secrets: [''] })).toEqual(outcome);
    expect(redactOutcome(outcome, { secrets: [] })).toEqual(outcome);
  });

  it('finds encodings of texts that a secret went into', () => {
    const header = 'Bearer hunter2';
    const outcome = {
      value: {
        [header]: header,
        whole: `x${Buffer.from(header).toString('base64')}y`,
      },
    };
    expect(
      redactOutcome(outcome, { secrets: ['hunter2'], derived: [header] }),
    ).toEqual({
      value: {
        '<redacted>': '<redacted>',
        whole: 'x<redacted>y',
      },
    });
  });

  it('looks at failures too, and at what error codes are compared with', () => {
    expect(
      redactOutcome(
        {
          failure: {
            kind: 'refused',
            message: 'its header hunter2 is not valid',
            matched: 'x hunter2',
            status: 400,
          },
        },
        { secrets: ['hunter2'] },
      ),
    ).toEqual({
      failure: {
        kind: 'refused',
        message: 'its header <redacted> is not valid',
        matched: 'x <redacted>',
        status: 400,
      },
    });
  });

  it('finds what JSON escapes', () => {
    const secrets = [
      'quo"te',
      'back\\slash',
      'new\nline',
      'é\u2028ü',
      '\u0001\u0002\u0003',
    ];
    expect(redact(secrets, { secrets })).toEqual(
      secrets.map(() => '<redacted>'),
    );
  });

  it('leaves no form of a secret, wherever it stands', () => {
    const secret = fc.string({ unit: 'binary', minLength: 6, maxLength: 20 });
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (text, before, after) => {
        const forms = [
          text,
          JSON.stringify(text).slice(1, -1),
          encodeURIComponent(Buffer.from(text).toString()),
          Buffer.from(text).toString('base64'),
        ];
        const value: JsonValue = forms.map(form => ({
          [`${before}${form}${after}`]: [before + form + after],
        }));
        const texts: string[] = [];
        JSON.stringify(redact(value, { secrets: [text] }), (key, item) => {
          texts.push(key, typeof item === 'string' ? item : '');
          return item;
        });
        for (const form of forms) {
          expect(texts.some(other => other.includes(form))).toBe(false);
        }
      }),
    );
  });
});
