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

const { JqError, named } = require('./values');

const DAYS = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

function seconds(value, name) {
  if (
    typeof value !== 'number' ||
    !Number.isFinite(value) ||
    Math.abs(value) > 8.64e12
  ) {
    throw new JqError(`${name} requires a number, not ${named(value)}`);
  }
  return value;
}

function dayOfYear(date) {
  return Math.floor(
    (date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000,
  );
}

/** jq's broken down time: year, month from 0, day, hours, minutes, seconds, day of the week, day of the year. */
function gmtime(value) {
  const time = seconds(value, 'gmtime');
  const date = new Date(time * 1000);
  return [
    date.getUTCFullYear(),
    date.getUTCMonth(),
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds() + (time - Math.floor(time)),
    date.getUTCDay(),
    dayOfYear(date),
  ];
}

function mktime(value) {
  if (
    !Array.isArray(value) ||
    value.length < 6 ||
    value.some(part => typeof part !== 'number')
  ) {
    throw new JqError('mktime requires array of 6 numbers');
  }
  const [year, month, day, hours, minutes, rest] = value;
  return Math.floor(
    Date.UTC(year, month, day, hours, minutes, Math.floor(rest)) / 1000,
  );
}

function iso(value) {
  const time = Math.floor(seconds(value, 'strftime/1'));
  return new Date(time * 1000).toISOString().replace('.000Z', 'Z');
}

function fromIso(value) {
  if (typeof value !== 'string') {
    throw new JqError(`strptime/1 requires string inputs and arguments`);
  }
  if (
    !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) ||
    Number.isNaN(Date.parse(value))
  ) {
    throw new JqError(
      `date "${value}" does not match format "%Y-%m-%dT%H:%M:%SZ"`,
    );
  }
  return Date.parse(value) / 1000;
}

const two = number => String(number).padStart(2, '0');

const WRITE = {
  Y: date => String(date.getUTCFullYear()),
  C: date => two(Math.floor(date.getUTCFullYear() / 100)),
  y: date => two(date.getUTCFullYear() % 100),
  m: date => two(date.getUTCMonth() + 1),
  d: date => two(date.getUTCDate()),
  e: date => String(date.getUTCDate()).padStart(2, ' '),
  H: date => two(date.getUTCHours()),
  I: date => two(date.getUTCHours() % 12 || 12),
  M: date => two(date.getUTCMinutes()),
  S: date => two(date.getUTCSeconds()),
  p: date => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  A: date => DAYS[date.getUTCDay()],
  a: date => DAYS[date.getUTCDay()].slice(0, 3),
  B: date => MONTHS[date.getUTCMonth()],
  b: date => MONTHS[date.getUTCMonth()].slice(0, 3),
  h: date => MONTHS[date.getUTCMonth()].slice(0, 3),
  j: date => String(dayOfYear(date) + 1).padStart(3, '0'),
  u: date => String(date.getUTCDay() || 7),
  w: date => String(date.getUTCDay()),
  s: date => String(Math.floor(date.getTime() / 1000)),
  Z: () => 'UTC',
  z: () => '+0000',
  n: () => '\n',
  t: () => '\t',
  '%': () => '%',
};
const GROUPS = {
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  R: '%H:%M',
  D: '%m/%d/%y',
  c: '%a %b %e %H:%M:%S %Y',
};

function expand(format, name) {
  if (typeof format !== 'string') {
    throw new JqError(`${name} requires a string format`);
  }
  return format.replace(/%([FTRDc])/g, (_all, letter) => GROUPS[letter]);
}

function strftime(value, format) {
  const time = Array.isArray(value)
    ? mktime(value)
    : seconds(value, 'strftime/1');
  const date = new Date(Math.floor(time) * 1000);
  return expand(format, 'strftime/1').replace(/%(.)/g, (all, letter) =>
    Object.hasOwn(WRITE, letter) ? WRITE[letter](date) : all,
  );
}

const names = list => list.map(name => `${name}|${name.slice(0, 3)}`).join('|');
const READ = {
  Y: ['(\\d{4})', (parts, text) => ({ ...parts, year: Number(text) })],
  m: ['(\\d{1,2})', (parts, text) => ({ ...parts, month: Number(text) - 1 })],
  d: ['(\\d{1,2})', (parts, text) => ({ ...parts, day: Number(text) })],
  e: [' ?(\\d{1,2})', (parts, text) => ({ ...parts, day: Number(text) })],
  H: ['(\\d{1,2})', (parts, text) => ({ ...parts, hours: Number(text) })],
  M: ['(\\d{1,2})', (parts, text) => ({ ...parts, minutes: Number(text) })],
  S: ['(\\d{1,2})', (parts, text) => ({ ...parts, seconds: Number(text) })],
  B: [
    `(${names(MONTHS)})`,
    (parts, text) => ({
      ...parts,
      month: MONTHS.findIndex(month => month.slice(0, 3) === text.slice(0, 3)),
    }),
  ],
  A: [`(${names(DAYS)})`, parts => parts],
  Z: ['([A-Z]+)', parts => parts],
  z: [
    '([+-]\\d{2}:?\\d{2}|Z)',
    (parts, text) => {
      const [, sign, hours, minutes] =
        /^([+-])(\d\d):?(\d\d)$/.exec(text) ?? [];
      const offset =
        sign === undefined ? 0 : Number(hours) * 60 + Number(minutes);
      return { ...parts, offset: sign === '-' ? -offset : offset };
    },
  ],
};
const SAME = { b: 'B', h: 'B', a: 'A' };

function strptime(value, format) {
  if (typeof value !== 'string') {
    throw new JqError('strptime/1 requires string inputs and arguments');
  }
  const setters = [];
  const pattern = expand(format, 'strptime/1')
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/%(.)/g, (_all, letter) => {
      const entry = READ[SAME[letter] ?? letter];
      if (entry === undefined) {
        throw new JqError(`strptime/1 does not support %${letter}`);
      }
      setters.push(entry[1]);
      return entry[0];
    });
  const found = new RegExp(`^${pattern}$`).exec(value);
  if (found === null) {
    throw new JqError(`date "${value}" does not match format "${format}"`);
  }
  const start = {
    year: 1900,
    month: 0,
    day: 1,
    hours: 0,
    minutes: 0,
    seconds: 0,
  };
  const parts = setters.reduce(
    (result, set, i) => set(result, found[i + 1]),
    start,
  );
  const time = Date.UTC(
    parts.year,
    parts.month,
    parts.day,
    parts.hours,
    parts.minutes,
    parts.seconds,
  );
  return gmtime(time / 1000);
}

module.exports = { fromIso, gmtime, iso, mktime, strftime, strptime };
