// Both languages say everything, and everything that is asked for is said.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { FluentBundle, FluentResource } from '@fluent/bundle';

function root(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package-lock.json'))) {
    if (folder === dirname(folder)) throw new Error('these tests run inside the repository');
    folder = dirname(folder);
  }
  return folder;
}

const SHARED = join(root(), 'edge-node/ui/shared');
const APPS = [join(root(), 'edge-node/ui/depot'), join(root(), 'sync-hub/ui')];
const LANGUAGES = ['en', 'fr'] as const;

function bundle(language: string, packages: string[]): FluentBundle {
  const made = new FluentBundle(language, { useIsolating: false });
  for (const folder of packages.map((one) => join(one, 'locales', language))) {
    for (const file of readdirSync(folder)) {
      const errors = made.addResource(new FluentResource(readFileSync(join(folder, file), 'utf8')));
      assert.deepEqual(errors, [], `${folder}/${file} says a thing twice`);
    }
  }
  return made;
}

function ids(language: string, folder: string): string[] {
  return [...bundle(language, [folder])._messages.keys()].filter((id) => !id.startsWith('problem-')).sort();
}

function placeables(language: string, folder: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of readdirSync(join(folder, 'locales', language))) {
    const text = readFileSync(join(folder, 'locales', language, file), 'utf8');
    for (const block of text.split(/^(?=[a-z])/m)) {
      const id = /^([a-z][\w-]*) =/.exec(block)?.[1];
      if (id) found.set(id, [...new Set(block.match(/\$\w+/g) ?? [])].sort().join(' '));
    }
  }
  return found;
}

for (const folder of [SHARED, ...APPS]) {
  test(`${folder.slice(root().length + 1)}: English and French have the same messages`, () => {
    assert.deepEqual(ids('fr', folder), ids('en', folder));
  });

  test(`${folder.slice(root().length + 1)}: they fill in the same values`, () => {
    const french = placeables('fr', folder);
    for (const [id, values] of placeables('en', folder)) assert.equal(french.get(id), values, id);
  });
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(svelte|ts)$/.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
}

// Messages asked for by a whole name, and by a name that ends in a value.
function asked(text: string): { whole: string[]; starts: string[] } {
  const whole = [...text.matchAll(/\bt\(\s*'([a-z][\w-]*)'/g), ...text.matchAll(/words: '([a-z][\w-]*)'/g), ...text.matchAll(/FieldError\([^,]+, '([a-z][\w-]*)'/g)];
  const either = [...text.matchAll(/\bt\([^'`)]*\? '([a-z][\w-]*)' : '([a-z][\w-]*)'/g)].flatMap((found) => [found[1], found[2]]);
  const starts = [...text.matchAll(/\bt\(`([a-z][\w-]*-)\$\{/g)];
  return {
    whole: [...whole.map((found) => found[1] ?? ''), ...either.map((id) => id ?? '')],
    starts: starts.map((found) => found[1] ?? ''),
  };
}

for (const app of APPS) {
  test(`${app.slice(root().length + 1)}: every message asked for exists`, () => {
    for (const language of LANGUAGES) {
      const known = bundle(language, [SHARED, app]);
      const texts = [...sources(join(SHARED, 'src')), ...sources(join(app, 'src'))];
      for (const { whole, starts } of texts.map(asked)) {
        for (const id of whole) assert.ok(known.hasMessage(id), `${language}: ${id}`);
        for (const start of starts) {
          assert.ok([...known._messages.keys()].some((id) => id.startsWith(start)), `${language}: ${start}…`);
        }
      }
    }
  });
}
