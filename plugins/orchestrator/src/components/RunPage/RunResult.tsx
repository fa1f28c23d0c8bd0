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

import { Link, Text } from '@backstage/ui';
import { readResult, type ResultOutput } from '../../result/readResult';
import { Section } from '../Section';

/** What the run says that came out, where it says so. */
export function RunResult({ data }: { data: unknown }) {
  const result = readResult(data);
  if (!result) return null;
  return (
    <Section title="Result">
      {result.message && <Text as="p">{result.message}</Text>}
      {result.outputs.length > 0 && (
        <dl
          style={{
            display: 'grid',
            gridTemplateColumns: 'max-content 1fr',
            gap: 'var(--bui-space-1) var(--bui-space-4)',
            margin: 0,
          }}
        >
          {result.outputs.map(output => (
            <Output key={output.key} output={output} />
          ))}
        </dl>
      )}
    </Section>
  );
}

function Output({ output }: { output: ResultOutput }) {
  return (
    <>
      <dt>
        <Text color="secondary">{output.key}</Text>
      </dt>
      <dd style={{ margin: 0 }}>
        {output.link ? (
          <Link href={output.link} target="_blank" rel="noopener noreferrer">
            {output.value}
          </Link>
        ) : (
          <Text>{output.value}</Text>
        )}
      </dd>
    </>
  );
}
