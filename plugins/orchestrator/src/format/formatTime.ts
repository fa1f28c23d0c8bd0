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

/** A point in time for people; an en dash where there is none. */
export function formatTime(
  time: string | number | null | undefined,
  locale?: string,
): string {
  return format(time, locale, { dateStyle: 'medium', timeStyle: 'medium' });
}

/** The day of a point in time for people; an en dash where there is none. */
export function formatDate(
  time: string | number | null | undefined,
  locale?: string,
): string {
  return format(time, locale, { dateStyle: 'medium' });
}

/** The hour, minute and second of a point in time for people; an en dash where there is none. */
export function formatTimeOfDay(
  time: string | number | null | undefined,
  locale?: string,
): string {
  return format(time, locale, { timeStyle: 'medium' });
}

/**
 * How long something took, for people.
 *
 * @param start - ISO 8601
 * @param end - ISO 8601; where it is absent, the time until `now`
 * @param now - milliseconds since the epoch
 */
export function formatDuration(
  start: string | null | undefined,
  end: string | null | undefined,
  now: number,
): string {
  const from = start ? Date.parse(start) : NaN;
  const to = end ? Date.parse(end) : now;
  if (Number.isNaN(from) || Number.isNaN(to)) return '–';
  const ms = Math.max(0, to - from);
  if (ms < 1000) return `${ms} ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${(Math.floor(ms / 100) / 10).toString()} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/**
 * The time of a line of a run's log.
 *
 * @param id - nanoseconds since the epoch as decimal text
 */
export function formatLogTime(id: string, locale?: string): string {
  if (!/^\d{16,20}$/.test(id)) return '';
  return new Date(Number(id.slice(0, -6))).toLocaleTimeString(locale, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hourCycle: 'h23',
  });
}

function format(
  time: string | number | null | undefined,
  locale: string | undefined,
  style: Intl.DateTimeFormatOptions,
): string {
  if (time === null || time === undefined || time === '') return '–';
  const date = new Date(time);
  return Number.isNaN(date.getTime())
    ? '–'
    : date.toLocaleString(locale, style);
}
