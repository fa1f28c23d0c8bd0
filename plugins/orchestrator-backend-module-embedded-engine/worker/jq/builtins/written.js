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

module.exports = { written };
