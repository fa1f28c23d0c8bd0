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

/** A certificate for localhost that nobody trusts, with its key: for tests, and of no use elsewhere. */
export const certificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgvKzK3fKeGCVw4Krd
Bi7h0rCkmC/XEW+J0TOxLdNxTwqhRANCAARRibcJlngF54YcBfcXP4ayfmwXpHUV
s9HC+p90j+TKc3olxYNncOxba9EHCeOOYUmy2Lrpds2Mxko5GeC9e3Dh
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUZ9ShPiDVoDWStMv3YdpXO8MZ5u8wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjEyMjM1MVoYDzIxMjYxMDI5
MTIyMzUxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARRibcJlngF54YcBfcXP4ayfmwXpHUVs9HC+p90j+TKc3olxYNncOxb
a9EHCeOOYUmy2Lrpds2Mxko5GeC9e3Dho2kwZzAdBgNVHQ4EFgQUDcxX7hSCW1fB
+hzOpJoygI68kwMwHwYDVR0jBBgwFoAUDcxX7hSCW1fB+hzOpJoygI68kwMwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SQAwRgIhAInppdR3weu7YSetQmsBf52ViDd6Hq66dY9oVYvaL/HPAiEA3W7NuLbN
a6OAy43uf6l9mZ4EEsrHuFnnknEAy0BkSZw=
-----END CERTIFICATE-----
`,
};
