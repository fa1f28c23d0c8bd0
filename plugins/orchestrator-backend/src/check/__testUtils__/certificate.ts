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

/** A certificate that nobody trusts, made for tests alone, and its key. */
export const certificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBhDCCASmgAwIBAgIUL1CF3apCHXgm4vQ9PaJ92li68ZUwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLZ3VpZGVzLnRlc3QwIBcNMjYxMTIyMTMxMzQ5WhgPMjEyNjEw
MjkxMzEzNDlaMBYxFDASBgNVBAMMC2d1aWRlcy50ZXN0MFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEZtfD27+ifyd7GMAjIQ3dI2mX5r028TBeTe79dQbKQm4v/dke
obLYUunW95iVXq0OgORVUWylRyj8pEJO4uq6SqNTMFEwHQYDVR0OBBYEFPVFPGKI
Lc95e9c0I5NujIB/pU4VMB8GA1UdIwQYMBaAFPVFPGKILc95e9c0I5NujIB/pU4V
MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAKqCtdGXbCXfkWtR
NAujSEpiblmUP933HxH2AJqEGUvnAiEAhQcVCviuG+QBejTDBNQZUNWEwKx8AIGN
wQwvT2Ur4a4=
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0xerxWLA0BQHHzmf
S6BBKcCRnAMiXjxJLBf6yn/uRGShRANCAARm18Pbv6J/J3sYwCMhDd0jaZfmvTbx
MF5N7v11BspCbi/92R6hsthS6db3mJVerQ6A5FVRbKVHKPykQk7i6rpK
-----END PRIVATE KEY-----
`,
};
