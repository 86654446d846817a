/**
 * Checks that docs/protocol/errors.md has exactly one row for every error code of the source, and no other row. A code
 * that is only compared with, hinted at or named in a `@throws`, but raised nowhere, is a fault as well.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { listFiles, projectRoot } from './project-files';

const DOCUMENT = 'docs/protocol/errors.md';
const ROOTS = ['core', 'api', 'canisters', 'sdk', 'cli', 'relayer'].map((root) => `src/${root}`);
const CODE = /^[a-z][a-z0-9-]*\/[a-z0-9]+(-[a-z0-9]+)*$/;
const AREA = /^[a-z][a-z0-9-]*\/$/;
/** What looks like an area and is none: of hash domains, media types, paths. */
const FOREIGN_AREAS = new Set(['hypha', 'application', 'text', 'core']);

const EQUALITY = new Set([ts.SyntaxKind.EqualsEqualsEqualsToken, ts.SyntaxKind.ExclamationEqualsEqualsToken]);

/** A code and where it is; `raised` when it stands where an error gets its code, else it is only mentioned. */
type Sighting = { readonly code: string; readonly place: string; readonly raised: boolean };

/** `area/${reason}` in a function: the calls of `name` with a literal at `index` make its codes. */
type Builder = { readonly area: string; readonly name: string; readonly index: number };

const files = ROOTS.flatMap(listFiles)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  .map((file) => {
    const text = readFileSync(join(projectRoot, file), 'utf8');
    return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  });

const areaOf = (code: string): string => code.slice(0, code.indexOf('/'));
const isCode = (text: string): boolean => CODE.test(text) && !FOREIGN_AREAS.has(areaOf(text));

function placeOf(node: ts.Node): string {
  const file = node.getSourceFile();
  return `${file.fileName}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}

function descendantsOf(node: ts.Node): ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (child: ts.Node): void => {
    if (ts.isImportDeclaration(child) || ts.isExportDeclaration(child)) return;
    found.push(child);
    child.forEachChild(visit);
  };
  visit(node);
  return found;
}

const nodes = files.flatMap(descendantsOf);

/** Where codes are named to tell errors apart: comparisons, arrays and sets, keys of tables, `isProtocolError`. */
function isMention(literal: ts.Node): boolean {
  const { parent } = literal;
  if (ts.isArrayLiteralExpression(parent) || ts.isCaseClause(parent)) return true;
  if (ts.isBinaryExpression(parent)) return EQUALITY.has(parent.operatorToken.kind);
  if (ts.isPropertyAssignment(parent)) return parent.name === literal;
  return ts.isCallExpression(parent) && parent.expression.getText() === 'isProtocolError';
}

function literalCodes(): Sighting[] {
  return nodes.flatMap((node) => {
    if (!ts.isStringLiteralLike(node) || !isCode(node.text)) return [];
    return [{ code: node.text, place: placeOf(node), raised: !isMention(node) }];
  });
}

/** Codes put together from an area and a reason: of a known builder's calls, or as `area/*` when the rest is computed. */
function builtCodes(): Sighting[] {
  return nodes.flatMap((node) => {
    if (!ts.isTemplateExpression(node) || !AREA.test(node.head.text)) return [];
    const area = areaOf(node.head.text);
    if (FOREIGN_AREAS.has(area)) return [];
    const owner = ts.findAncestor(node, ts.isFunctionDeclaration);
    const value = node.templateSpans[0]?.expression.getText();
    const index = owner?.parameters.findIndex((parameter) => parameter.name.getText() === value) ?? -1;
    const name = owner?.name?.text;
    if (index < 0 || name === undefined) return [{ code: `${area}/*`, place: placeOf(node), raised: true }];
    return callsOf({ area, name, index });
  });
}

function callsOf({ area, name, index }: Builder): Sighting[] {
  return nodes.flatMap((node) => {
    if (!ts.isCallExpression(node) || node.expression.getText() !== name) return [];
    const argument = node.arguments[index];
    const reasons = argument === undefined ? [] : descendantsOf(argument).filter(ts.isStringLiteralLike);
    if (reasons.length === 0) return [{ code: `${area}/*`, place: placeOf(node), raised: true }];
    return reasons.map((reason) => ({ code: `${area}/${reason.text}`, place: placeOf(node), raised: true }));
  });
}

/** Codes in backticks behind a `@throws`. */
function promisedCodes(): Sighting[] {
  return nodes.flatMap((node) =>
    ts
      .getJSDocTags(node)
      .filter((tag) => tag.tagName.text === 'throws')
      .flatMap((tag) => [...tag.getText().matchAll(/`([^`\s]+)`/g)].map(([, code = '']) => code))
      .filter(isCode)
      .map((code) => ({ code, place: placeOf(node), raised: false }))
  );
}

function documentedCodes(): string[] {
  const text = readFileSync(join(projectRoot, DOCUMENT), 'utf8');
  return [...text.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, code = '']) => code);
}

const sightings = [...literalCodes(), ...builtCodes(), ...promisedCodes()];
const raised = new Map(sightings.filter((entry) => entry.raised).map(({ code, place }) => [code, place]));
const documented = documentedCodes();

const faults = new Set([
  ...[...raised]
    .filter(([code]) => !documented.includes(code))
    .map(([code, place]) => `${place}: ${code} has no row in ${DOCUMENT}`),
  ...sightings
    .filter(({ code }) => !raised.has(code))
    .map(({ code, place }) => `${place}: nothing raises ${code}`),
  ...documented.filter((code) => !raised.has(code)).map((code) => `${DOCUMENT}: nothing raises ${code}`),
  ...documented
    .filter((code, index) => documented.indexOf(code) !== index)
    .map((code) => `${DOCUMENT}: more than one row for ${code}`)
]);
for (const fault of faults) console.error(fault);
console.log(`errors: ${raised.size} codes, ${documented.length} rows, ${faults.size} faults`);
process.exitCode = faults.size === 0 ? 0 : 1;
