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

'use strict';

const { detached, each, outputs } = require('../environment');
const regex = require('../regex');
const { checkItems, fitting } = require('../sizes');
const { JqError, named } = require('../values');

/** The texts of a value with its matches replaced, one for each combination of the replacement's results. */
function substitute(args, env, value, path, emit, flags) {
  each(args[0], env, value, pattern => {
    const matches = regex.matches(value, pattern, flags);
    const characters = Array.from(value);
    let from = 0;
    let texts = [''];
    for (const match of matches) {
      const before = characters.slice(from, match.offset).join('');
      const replacements = outputs(args[1], env, regex.captured(match));
      for (const replacement of replacements) {
        if (typeof replacement !== 'string') {
          throw new JqError(
            `${named(replacement)} cannot be added to a string`,
          );
        }
      }
      checkItems(texts.length * replacements.length);
      texts = texts.flatMap(text =>
        replacements.map(replacement => fitting(text + before + replacement)),
      );
      from = match.offset + match.length;
    }
    const rest = characters.slice(from).join('');
    texts.forEach(text => emit(fitting(text + rest), detached(path)));
  });
}

function flagged(args, env, value, use) {
  if (args.length === 0) {
    use('');
  } else {
    each(args[0], env, value, flags => use(flags ?? ''));
  }
}

function matching(render, extra = '') {
  return (args, env, value, path, emit) =>
    each(args[0], env, value, given => {
      const [pattern, own] = Array.isArray(given) ? given : [given];
      flagged(args.slice(1), env, value, flags => {
        for (const match of regex.matches(
          value,
          pattern,
          `${own ?? ''}${flags}${extra}`,
        )) {
          emit(render(match), detached(path));
        }
      });
    });
}

function scanned(match) {
  return match.captures.length === 0
    ? match.string
    : match.captures.map(capture => capture.string);
}

/** Functions of regular expressions. */
module.exports = {
  'match/1': matching(match => match),
  'match/2': matching(match => match),
  'capture/1': matching(regex.captured),
  'capture/2': matching(regex.captured),
  'scan/1': matching(scanned, 'g'),
  'scan/2': matching(scanned, 'g'),
  'sub/2': (args, env, value, path, emit) =>
    substitute(args, env, value, path, emit, ''),
  'gsub/2': (args, env, value, path, emit) =>
    substitute(args, env, value, path, emit, 'g'),
  'sub/3': (args, env, value, path, emit) =>
    each(args[2], env, value, flags =>
      substitute(args, env, value, path, emit, flags ?? ''),
    ),
  'gsub/3': (args, env, value, path, emit) =>
    each(args[2], env, value, flags =>
      substitute(args, env, value, path, emit, `${flags ?? ''}g`),
    ),
};
