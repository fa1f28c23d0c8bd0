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
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgABM0ijfr9A1OQ3w5
JuKsW1UtVq6sT4OKS1SmwDs+7/ChRANCAATvccH2jcSJoatwFNNLugSkuRbxCgjE
FEow0dT9iKJ2wY8WkAkBlnMGHj57OaMve8Pngk2OYF6vwFEEszliUoYn
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUIgPII/DUfzwb5lXawm/LAAjQ9bkwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjEzMDg0M1oYDzIxMjYxMDI5
MTMwODQzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATvccH2jcSJoatwFNNLugSkuRbxCgjEFEow0dT9iKJ2wY8WkAkBlnMG
Hj57OaMve8Pngk2OYF6vwFEEszliUoYno2kwZzAdBgNVHQ4EFgQUKQiHPG1OUI5b
0Dxd7MEQ8f7X7kcwHwYDVR0jBBgwFoAUKQiHPG1OUI5b0Dxd7MEQ8f7X7kcwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SQAwRgIhALU8jHozeLXbAKpR5Tt8C8I/DBYyMCNCKGcO+9OEA5S/AiEAtv/2UqsF
HAzIur3kmOCvpVB+vul3Hy+MXA8k3fImxfg=
-----END CERTIFICATE-----
`,
};
