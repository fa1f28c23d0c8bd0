// Generates what is derived from openapi.yaml: the types and the document as data.
//   node scripts/generate-api.mjs [--check]     --check writes nothing and fails where a file is not current
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import prettier from 'prettier';
import { parse } from 'yaml';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const common = path.join(root, 'plugins/orchestrator-common');
const source = fs.readFileSync(path.join(common, 'openapi.yaml'), 'utf8');
const document = parse(source);

const license = fs
  .readFileSync(path.join(common, 'src/index.ts'), 'utf8')
  .match(/^\/\*[\s\S]*?\*\/\n/)[0];
const note =
  '// Generated from openapi.yaml by scripts/generate-api.mjs. Do not edit.\n';

// What the document's comments say with tags of JSDoc, in the words that API reports accept.
const topLevel = {
  paths: 'The paths of the HTTP API, with their operations.',
  components: 'The schemas of the HTTP API: `components["schemas"]`.',
  operations: 'The operations of the HTTP API, by `operationId`.',
};
const types = astToString(await openapiTS(document, { alphabetize: false }))
  .replace(/^ *\/\*\* @(enum|constant)[^\n]*\*\/\n/gm, '')
  .replace(/^ *\* @(enum|constant)[^\n]*\n/gm, '')
  .replace(/@description /g, '')
  .replace(
    /^export interface (\w+)/gm,
    (line, name) => `/**\n * ${topLevel[name]}\n *\n * @public\n */\n${line}`,
  );
const files = {
  'src/generated/schema.ts': `${license}\n/* eslint-disable */\n${note}\n${types}`,
  'src/generated/document.ts': `${license}\n/* eslint-disable */\n${note}\n/**\n * The OpenAPI 3.1 document of the plugin's HTTP API.\n *\n * @public\n */\nexport const openApiDocument = JSON.parse(${JSON.stringify(
    JSON.stringify(document),
  )}) as Record<string, any>;\n`,
};

let stale = 0;
for (const [name, text] of Object.entries(files)) {
  const file = path.join(common, name);
  // Formatted like all else, or the next one who formats the folder would make it differ.
  const content = prettier.format(text, {
    ...(await prettier.resolveConfig(file)),
    filepath: file,
  });
  const current = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  if (current === content) continue;
  if (process.argv.includes('--check')) {
    console.error(
      `plugins/orchestrator-common/${name} is not current: run "yarn generate"`,
    );
    stale += 1;
  } else {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
    console.log(`wrote plugins/orchestrator-common/${name}`);
  }
}
process.exit(stale ? 1 : 0);
