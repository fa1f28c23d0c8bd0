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

import type { StreamSink } from '../StreamSink';
import { parseEvents, type ReceivedEvent } from './parseEvents';

/** A response that tests can read, and whose reader can fall behind. */
export class FakeSink implements StreamSink {
  text = '';
  /** How it ended; undefined while it goes on. */
  ended: 'end' | 'destroy' | undefined;
  #isFull = false;
  #drain: () => void = () => {};
  readonly #close: (() => void)[] = [];

  /** All events so far. */
  get events(): ReceivedEvent[] {
    return parseEvents(this.text);
  }

  /** The reader takes nothing any more. */
  fill(): void {
    this.#isFull = true;
  }

  /** The reader has caught up. */
  drain(): void {
    this.#isFull = false;
    this.#drain();
  }

  /** The client is gone. */
  disconnect(): void {
    this.#end('destroy');
  }

  write(text: string): boolean {
    if (this.ended) throw new Error('It has ended');
    this.text += text;
    return !this.#isFull;
  }

  end(): void {
    this.#end('end');
  }

  destroy(): void {
    this.#end('destroy');
  }

  onDrain(listener: () => void): void {
    this.#drain = listener;
  }

  onClose(listener: () => void): void {
    this.#close.push(listener);
  }

  #end(how: 'end' | 'destroy'): void {
    if (this.ended) return;
    this.ended = how;
    this.#close.forEach(listener => listener());
  }
}
