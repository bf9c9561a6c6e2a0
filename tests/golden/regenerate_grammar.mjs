// Usage: npm install mjml@4.18 mjml-preset-core@4.18 && node regenerate_grammar.mjs > src/vesicle/render/mjml/grammar.py (then ruff format)
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const require = createRequire(join(process.cwd(), 'package.json'))
const { components, dependencies } = require('mjml-preset-core').default ?? require('mjml-preset-core')
const { version } = require('mjml/package.json')
const licence = readFileSync(join(process.cwd(), 'node_modules/mjml/LICENSE.md'), 'utf8').trim()

const attributes = { mjml: ['dir', 'lang', 'owa'] }
const ending = []
for (const component of components) {
  const name = component.componentName
  attributes[name] = Object.keys(component.allowedAttributes ?? {})
  // The head elements without children of their own hold text or CSS, whatever they say of themselves.
  if (component.endingTag) ending.push(name)
}
attributes['mj-selector'] = ['path']
attributes['mj-html-attribute'] = ['name']

const children = Object.entries(dependencies)
const parents = {}
for (const name of [...Object.keys(attributes), 'mj-all', 'mj-class']) {
  const takes = (allowed) => allowed.some((child) => (child instanceof RegExp ? child.test(name) : child === name))
  parents[name] = children.filter(([, allowed]) => takes(allowed)).map(([parent]) => parent)
}
parents.mjml = []

const wrapped = (names) => {
  const lines = ['']
  for (const name of [...new Set(names)].sort()) {
    if (lines.at(-1).length + name.length > 80) lines.push('')
    lines.push(`${lines.pop()} ${name}`.trimStart())
  }
  return lines.length > 1 ? `"""\n        ${lines.join('\n        ')}\n    """` : `"${lines[0]}"`
}
const table = (entries) => Object.keys(entries).sort().map((name) => `    "${name}": ${wrapped(entries[name])},`).join('\n')

console.log(`"""The grammar of MJML ${version}, made by tests/golden/regenerate_grammar.mjs from the npm package \`mjml\`.

${licence}
"""

from collections.abc import Mapping


def _sets(table: Mapping[str, str]) -> dict[str, frozenset[str]]:
    return {name: frozenset(words.split()) for name, words in table.items()}


_OWN = {
${table(attributes)}
}

_PARENTS = {
${table(parents)}
}

# The attributes a tag may carry; those two of \`mj-attributes\` may carry any.
ATTRIBUTES = _sets(_OWN)
ATTRIBUTES["mj-all"] = frozenset().union(*ATTRIBUTES.values())
ATTRIBUTES["mj-class"] = ATTRIBUTES["mj-all"] | {"name"}

# The tags a tag may stand in.
PARENTS = _sets(_PARENTS)

# What stands inside of these is HTML, text or CSS, not MJML.
ENDING = _sets({"ending": ${wrapped(ending)}})["ending"]`)
