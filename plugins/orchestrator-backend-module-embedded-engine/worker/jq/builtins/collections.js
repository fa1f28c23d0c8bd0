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

const { detached, each, iterate, outputs } = require('../environment');
const { leaving } = require('../leaving');
const { compare, JqError, named, typeOf } = require('../values');

function decorated(args, env, value, name) {
  if (!Array.isArray(value)) {
    throw new JqError(
      `${named(value)} cannot be ${name}, as it is not an array`,
    );
  }
  return value
    .map(item => ({ item, key: outputs(args[0], env, item) }))
    .sort((a, b) => compare(a.key, b.key));
}

function grouped(args, env, value) {
  const groups = [];
  let last;
  for (const { item, key } of decorated(args, env, value, 'grouped')) {
    if (last !== undefined && compare(last.key, key) === 0) {
      last.items.push(item);
    } else {
      last = { key, items: [item] };
      groups.push(last);
    }
  }
  return groups.map(group => group.items);
}

function best(args, env, value, wins) {
  if (!Array.isArray(value)) {
    throw new JqError(`Cannot index ${typeOf(value)} with number`);
  }
  let found;
  for (const item of value) {
    const key = outputs(args[0], env, item);
    if (found === undefined || wins(compare(key, found.key))) {
      found = { item, key };
    }
  }
  return found?.item ?? null;
}

/** True where some (any) or every (all) result of `condition` over the results of `source` holds. */
function quantified(source, condition, env, value, path, emit, decided) {
  let result = !decided;
  leaving(leave =>
    each(source, env, value, item =>
      each(condition, env, item, held => {
        if ((held !== null && held !== false) === decided) {
          result = decided;
          leave();
        }
      }),
    ),
  );
  emit(result, detached(path));
}

const ITERATE = (_env, value, path, emit) => iterate(value, path, emit);

const IDENTITY = (_env, value, path, emit) => emit(value, path);

/** Functions that look at all items of a collection by an expression. */
module.exports = {
  'any/0': (_args, env, value, path, emit) =>
    quantified(ITERATE, IDENTITY, env, value, path, emit, true),
  'all/0': (_args, env, value, path, emit) =>
    quantified(ITERATE, IDENTITY, env, value, path, emit, false),
  'any/1': (args, env, value, path, emit) =>
    quantified(ITERATE, args[0], env, value, path, emit, true),
  'all/1': (args, env, value, path, emit) =>
    quantified(ITERATE, args[0], env, value, path, emit, false),
  'any/2': (args, env, value, path, emit) =>
    quantified(args[0], args[1], env, value, path, emit, true),
  'all/2': (args, env, value, path, emit) =>
    quantified(args[0], args[1], env, value, path, emit, false),
  'sort_by/1': (args, env, value, path, emit) =>
    emit(
      decorated(args, env, value, 'sorted').map(entry => entry.item),
      detached(path),
    ),
  'group_by/1': (args, env, value, path, emit) =>
    emit(grouped(args, env, value), detached(path)),
  'unique_by/1': (args, env, value, path, emit) =>
    emit(
      grouped(args, env, value).map(items => items[0]),
      detached(path),
    ),
  'min_by/1': (args, env, value, path, emit) =>
    emit(
      best(args, env, value, order => order < 0),
      detached(path),
    ),
  'max_by/1': (args, env, value, path, emit) =>
    emit(
      best(args, env, value, order => order >= 0),
      detached(path),
    ),
};
