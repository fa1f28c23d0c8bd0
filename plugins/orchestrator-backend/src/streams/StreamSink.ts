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

/** Where a stream goes: one HTTP response, as far as a stream needs it. */
export interface StreamSink {
  /** @returns false where the reader is behind: nothing more is to be written until it has caught up */
  write(text: string): boolean;
  /** Ends the response once all that was written is sent. */
  end(): void;
  /** Ends it at once. */
  destroy(): void;
  /** Calls the listener each time that the reader has caught up. */
  onDrain(listener: () => void): void;
  /** Calls the listener once, when the response has ended in whatever way. */
  onClose(listener: () => void): void;
}
