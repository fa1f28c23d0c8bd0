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

/** The mark of the portal, the same as its icon in the browser. */
export function Logo() {
  return (
    <svg
      aria-hidden
      height={32}
      width={32}
      style={{ margin: '20px 0 4px 20px' }}
      viewBox="0 0 32 32"
      xmlns="http://www.w3.org/2000/svg"
    >
      <rect width="32" height="32" rx="7" fill="#14532d" />
      <path
        d="M8 9h16M8 9v14M8 16h11"
        fill="none"
        stroke="#86efac"
        strokeLinecap="round"
        strokeWidth="3"
      />
      <circle cx="24" cy="23" r="3" fill="#86efac" />
    </svg>
  );
}
