// textmate.js EXTENSION PIECES: what VS Code's own tokenizer (vscode-textmate) makes of every piece that `tokens` has told of in
// the file PIECES, beside what it is. EXTENSION is the folder of the extension's package.json.
// Exit codes: 0; 1 for pieces that are shown as something else, each named.
'use strict';
const fs = require('fs');
const path = require('path');
const textmate = require('vscode-textmate');
const oniguruma = require('vscode-oniguruma');

// The beginnings of scopes' names, longest first, and what they show.
const CLASSES = [
  ['constant.character.escape', 'escape'],
  ['punctuation.section.embedded', 'interpolation'],
  ['string.unquoted', 'word'],
  ['string.regexp', 'regex'],
  ['keyword.operator', 'operator'],
  ['keyword.control', 'statement'],
  ['storage.type', 'statement'],
  ['keyword.other', 'keyword'],
  ['support.type', 'type'],
  ['support.class', 'kind'],
  ['support.function', 'function'],
  ['support.variable', 'attribute'],
  ['support.constant', 'constant'],
  ['constant.numeric', 'number'],
  ['comment', 'comment'],
  ['string', 'string'],
  ['entity.name', 'name'],
  ['variable.other', 'name'],
  ['meta.embedded', 'name'],
];

function classOf(scopes) {
  for (const scope of [...scopes].reverse())
    for (const [begin, name] of CLASSES) if (scope.startsWith(begin)) return name;
  return 'name'; // nothing is shown of it
}

// What has no colour of its own may be an operator or a bracket, too.
function agrees(shown, wanted) {
  return shown === wanted || (wanted === 'operator' && shown === 'name');
}

function readPieces(from) {
  const files = new Map();
  for (const row of fs.readFileSync(from, 'utf8').split('\n')) {
    if (!row) continue;
    const [file, line, start, end, name] = row.split('\t');
    if (!files.has(file)) files.set(file, []);
    files.get(file).push({ line: Number(line), start: Number(start), end: Number(end), name });
  }
  return files;
}

// The class of each byte of each line.
function show(grammar, text) {
  let state = textmate.INITIAL;
  return text.split('\n').map((line) => {
    const told = grammar.tokenizeLine(line, state);
    state = told.ruleStack;
    const classes = [];
    for (const token of told.tokens) {
      const length = Buffer.byteLength(line.slice(token.startIndex, Math.min(token.endIndex, line.length)));
      for (let i = 0; i < length; i++) classes.push(classOf(token.scopes));
    }
    return classes;
  });
}

// The extension's grammar, as its package.json tells where it is; what else is named there is read, too.
function readExtension(folder) {
  const { contributes } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const [language] = contributes.languages, [grammar] = contributes.grammars;
  JSON.parse(fs.readFileSync(path.join(folder, language.configuration), 'utf8'));
  if (grammar.language !== language.id || !language.extensions.includes('.drill')) throw new Error('no grammar for .drill');
  return { scope: grammar.scopeName, file: path.join(folder, grammar.path) };
}

async function main() {
  const [, , extension, piecesPath] = process.argv;
  const { scope, file } = readExtension(extension);
  await oniguruma.loadWASM(fs.readFileSync(require.resolve('vscode-oniguruma/release/onig.wasm')).buffer);
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => textmate.parseRawGrammar(fs.readFileSync(file, 'utf8'), file),
  });
  const grammar = await registry.loadGrammar(scope);
  let count = 0, wrong = 0;
  for (const [name, pieces] of readPieces(piecesPath)) {
    const text = fs.readFileSync(name, 'utf8');
    const lines = text.split('\n'), shown = show(grammar, text);
    for (const { line, start, end, name: wanted } of pieces) {
      count++;
      const other = shown[line - 1].slice(start, end).find((one) => !agrees(one, wanted));
      if (other === undefined) continue;
      const piece = Buffer.from(lines[line - 1]).subarray(start, end).toString();
      if (wrong++ < 100) console.log(`${name}:${line}:${start + 1}: \`${piece}\` is ${wanted}, and shown as ${other}`);
    }
  }
  console.log(`${count} pieces, ${wrong} shown as something else`);
  return count > 0 && wrong === 0 ? 0 : 1;
}

main().then((code) => process.exit(code));
