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

const { JqError, compare, getPath, named, typeOf } = require('./values');
const {
  Leave,
  detached,
  each,
  first,
  iterate,
  outputs,
  pathsOf,
  step,
} = require('./compile');
const { functions, pathOf } = require('./functions');
const regex = require('./regex');

/** Calls a function of values for each combination of its arguments' results. */
function overValues(apply) {
  return (args, env, value, path, emit) => {
    const pass = (at, given) => {
      if (at < 0) {
        emit(apply(value, ...given) ?? null, detached(path));
      } else {
        each(args[at], env, value, result => pass(at - 1, [result, ...given]));
      }
    };
    pass(args.length - 1, []);
  };
}

/** Runs `body` with a function that leaves it. */
function leaving(body) {
  const label = {};
  try {
    body(() => {
      throw new Leave(label);
    });
  } catch (error) {
    if (!(error instanceof Leave) || error.label !== label) {
      throw error;
    }
  }
}

function limited(count, code, env, value, path, emit) {
  if (count <= 0) {
    return;
  }
  let seen = 0;
  leaving(leave =>
    code(env, value, path, (result, at) => {
      seen += 1;
      emit(result, at);
      if (seen >= count) {
        leave();
      }
    }),
  );
}

function* count(from, to, by) {
  for (const part of [from, to, by]) {
    if (typeof part !== 'number') {
      throw new JqError('Range bounds must be numeric');
    }
  }
  if (by === 0) {
    if (from < to) {
      throw new JqError('Range step must not be zero');
    }
    return;
  }
  for (let i = from; by > 0 ? i < to : i > to; i += by) {
    yield i;
  }
}

function recurse(next, env, value, path, emit) {
  // An own stack: a deep value must not exhaust the one of JavaScript.
  const stack = [[value, path]];
  while (stack.length > 0) {
    const [item, at] = stack.pop();
    emit(item, at);
    const children = [];
    next(env, item, at, (child, place) => children.push([child, place]));
    for (let i = children.length - 1; i >= 0; i -= 1) {
      stack.push(children[i]);
    }
  }
}

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

/** Whether the first result of a condition is true. */
function holds(condition, env, value) {
  const found = first(condition, env, value)?.value;
  return found !== undefined && found !== null && found !== false;
}

const ITERATE = (_env, value, path, emit) => iterate(value, path, emit);
const IDENTITY = (_env, value, path, emit) => emit(value, path);

/** The texts of a value with its matches replaced, one for each combination of the replacement's results. */
function substitute(args, env, value, path, emit, flags) {
  each(args[0], env, value, pattern => {
    const matches = regex.matches(value, pattern, flags);
    const characters = Array.from(value);
    const build = (at, from, done) => {
      if (at === matches.length) {
        emit(done + characters.slice(from).join(''), detached(path));
        return;
      }
      const match = matches[at];
      const before = done + characters.slice(from, match.offset).join('');
      each(args[1], env, regex.captured(match), replacement => {
        if (typeof replacement !== 'string') {
          throw new JqError(
            `${named(replacement)} cannot be added to a string`,
          );
        }
        build(at + 1, match.offset + match.length, before + replacement);
      });
    };
    build(0, 0, '');
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

const native = {
  'empty/0': () => {},
  'error/0': (_args, _env, value) => {
    throw new JqError(value);
  },
  'error/1': (args, env, value) =>
    each(args[0], env, value, result => {
      throw new JqError(result);
    }),
  'path/1': (args, env, value, path, emit) => {
    for (const place of pathsOf(args[0], env, value)) {
      emit(place, detached(path));
    }
  },
  'getpath/1': (args, env, value, path, emit) =>
    each(args[0], env, value, place => {
      const found = getPath(value, pathOf(place));
      emit(
        found,
        path === null
          ? null
          : place.reduce((at, key) => step(value, at, key), path),
      );
    }),
  'select/1': (args, env, value, path, emit) =>
    each(args[0], env, value, held => {
      if (held !== null && held !== false) {
        emit(value, path);
      }
    }),
  'recurse/0': (_args, env, value, path, emit) =>
    recurse(
      (_env, item, at, out) => {
        if (typeof item === 'object' && item !== null) {
          iterate(item, at, out);
        }
      },
      env,
      value,
      path,
      emit,
    ),
  'recurse/1': (args, env, value, path, emit) =>
    recurse(args[0], env, value, path, emit),
  'recurse/2': (args, env, value, path, emit) =>
    recurse(
      (inner, item, at, out) =>
        args[0](inner, item, at, (child, place) =>
          each(args[1], inner, child, held => {
            if (held !== null && held !== false) {
              out(child, place);
            }
          }),
        ),
      env,
      value,
      path,
      emit,
    ),
  'range/1': (args, env, value, path, emit) =>
    each(args[0], env, value, to => {
      for (const i of count(0, to, 1)) {
        emit(i, detached(path));
      }
    }),
  'range/2': (args, env, value, path, emit) =>
    each(args[0], env, value, from =>
      each(args[1], env, value, to => {
        for (const i of count(from, to, 1)) {
          emit(i, detached(path));
        }
      }),
    ),
  'range/3': (args, env, value, path, emit) =>
    each(args[0], env, value, from =>
      each(args[1], env, value, to =>
        each(args[2], env, value, by => {
          for (const i of count(from, to, by)) {
            emit(i, detached(path));
          }
        }),
      ),
    ),
  'first/1': (args, env, value, path, emit) => {
    const found = first(args[0], env, value, path);
    if (found !== undefined) {
      emit(found.value, found.path);
    }
  },
  'last/1': (args, env, value, path, emit) => {
    let found;
    args[0](env, value, path, (result, at) => {
      found = { result, at };
    });
    if (found !== undefined) {
      emit(found.result, found.at);
    }
  },
  'limit/2': (args, env, value, path, emit) =>
    each(args[0], env, value, n => limited(n, args[1], env, value, path, emit)),
  'skip/2': (args, env, value, path, emit) =>
    each(args[0], env, value, n => {
      let seen = 0;
      args[1](env, value, path, (result, at) => {
        seen += 1;
        if (seen > n) {
          emit(result, at);
        }
      });
    }),
  'until/2': (args, env, value, path, emit) => {
    let current = value;
    while (!holds(args[0], env, current)) {
      const next = first(args[1], env, current);
      if (next === undefined) {
        return;
      }
      current = next.value;
    }
    emit(current, detached(path));
  },
  'while/2': (args, env, value, path, emit) =>
    recurse(
      (inner, item, at, out) => {
        args[1](inner, item, at, (next, place) => {
          if (holds(args[0], inner, next)) {
            out(next, place);
          }
        });
      },
      env,
      value,
      path,
      (item, at) => {
        if (holds(args[0], env, item)) {
          emit(item, at);
        }
      },
    ),
  'repeat/1': (args, env, value, path, emit) =>
    recurse(args[0], env, value, path, emit),
  'isempty/1': (args, env, value, path, emit) =>
    emit(first(args[0], env, value) === undefined, detached(path)),
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
  'debug/0': (_args, _env, value, path, emit) => emit(value, path),
  'debug/1': (_args, _env, value, path, emit) => emit(value, path),
};

for (const [key, apply] of Object.entries(functions)) {
  native[key] = overValues(apply);
}

/** Builtins that are written in jq. */
const written = {
  'map/1': 'def map(f): [.[] | f];',
  'map_values/1': 'def map_values(f): .[] |= f;',
  'del/1': 'def del(f): delpaths([path(f)]);',
  'paths/0': 'def paths: path(..) | select(length > 0);',
  'paths/1': 'def paths(f): path(.. | select(f)) | select(length > 0);',
  'leaf_paths/0': 'def leaf_paths: paths(scalars);',
  'pick/1':
    'def pick(f): . as $in | reduce path(f) as $p (null; setpath($p; $in | getpath($p)));',
  'with_entries/1': 'def with_entries(f): to_entries | map(f) | from_entries;',
  'arrays/0': 'def arrays: select(type == "array");',
  'objects/0': 'def objects: select(type == "object");',
  'iterables/0': 'def iterables: select(type | . == "array" or . == "object");',
  'booleans/0': 'def booleans: select(type == "boolean");',
  'numbers/0': 'def numbers: select(type == "number");',
  'normals/0': 'def normals: select(isnormal);',
  'finites/0': 'def finites: select(isinfinite or isnan | not);',
  'strings/0': 'def strings: select(type == "string");',
  'nulls/0': 'def nulls: select(. == null);',
  'values/0': 'def values: select(. != null);',
  'scalars/0': 'def scalars: select(type | . != "array" and . != "object");',
  'add/1': 'def add(f): reduce f as $x (null; . + $x);',
  'first/0': 'def first: .[0];',
  'last/0': 'def last: .[-1];',
  'nth/1': 'def nth($n): .[$n];',
  'nth/2':
    'def nth($n; f): if $n < 0 then error("Out of bounds negative array index") else last(limit($n + 1; f)) end;',
  'recurse_down/0': 'def recurse_down: recurse;',
  'walk/1':
    'def walk(f): def w: if type == "object" then map_values(w) elif type == "array" then map(w) else . end | f; w;',
  'splits/1': 'def splits($re): split($re; null) | .[];',
  'splits/2': 'def splits($re; flags): split($re; flags) | .[];',
  'combinations/0':
    'def combinations: if length == 0 then [] else .[0][] as $x | (.[1:] | combinations) as $w | [$x] + $w end;',
  'combinations/1':
    'def combinations(n): . as $dot | [range(n)] | map($dot) | combinations;',
  'isvalid/1': 'def isvalid(f): try (f | true) catch false;',
  'tostream/0':
    'def tostream: path(def r: (.[]? | r), .; r) as $p | getpath($p) | reduce path(.[]?) as $q ([$p, .]; [$p + $q]);',
  'fromstream/1':
    'def fromstream(f): {x: null, e: false} as $init | foreach f as $i ($init; if .e then $init else . end | if $i | length == 2 then setpath(["e"]; $i[0] | length == 0) | setpath(["x"] + $i[0]; $i[1]) else setpath(["e"]; $i[0] | length == 1) end; if .e then .x else empty end);',
  'truncate_stream/1':
    'def truncate_stream(stream): . as $n | null | stream | . as $input | if (.[0] | length) > $n then setpath([0]; .[0][$n:]) else empty end;',
  'todate/1': 'def todate(f): strftime(f);',
  'dateadd/2': 'def dateadd(u; n): . + n;',
  'datesub/2': 'def datesub(u; n): . - n;',
  'date/0': 'def date: todate;',
  'IN/1': 'def IN(s): any(s == .; .);',
  'IN/2': 'def IN(src; s): any(src == s; .);',
  'INDEX/1': 'def INDEX(f): INDEX(.[]; f);',
  'INDEX/2':
    'def INDEX(stream; f): reduce stream as $row ({}; .[$row | f | tostring] |= $row);',
  'JOIN/2': 'def JOIN($idx; f): [.[] | [., $idx[f]]];',
  'JOIN/3': 'def JOIN($idx; stream; f): stream | [., $idx[f]];',
  'JOIN/4': 'def JOIN($idx; stream; f; join): stream | [., $idx[f]] | join;',
  'trimstr/1': 'def trimstr($x): ltrimstr($x) | rtrimstr($x);',
};

/** The builtin of a key `name/arity`: a native function, a text of jq, or undefined. */
function builtins(key) {
  if (Object.hasOwn(native, key)) {
    return native[key];
  }
  return Object.hasOwn(written, key) ? written[key] : undefined;
}

module.exports = { builtins };
