import { SYSTEM_API } from './system-api-table';
import { invalidWasm } from './wasm-reader';
import {
  EXPORT_KIND,
  functionType,
  VALUE_TYPE,
  type CustomSection,
  type FunctionImport,
  type WasmSections
} from './wasm-sections';

const MAX_FUNCTIONS = 50_000;
const MAX_GLOBALS = 1000;
const MAX_METHODS = 1000;
const MAX_METHOD_NAME_BYTES = 20_000;
const MAX_METADATA_SECTIONS = 16;
const MAX_METADATA_BYTES = 1024 * 1024;

const SYSTEM_METHODS: ReadonlySet<string> = new Set([
  'canister_init',
  'canister_inspect_message',
  'canister_heartbeat',
  'canister_global_timer',
  'canister_on_low_wasm_memory',
  'canister_pre_upgrade',
  'canister_post_upgrade'
]);

const METHOD_PREFIXES: readonly (readonly [prefix: string, kind: MethodKind])[] = [
  ['canister_update ', 'update'],
  ['canister_query ', 'query'],
  ['canister_composite_query ', 'composite_query']
];

export type MethodKind = 'update' | 'query' | 'composite_query' | 'system';

export type MetadataSection = { readonly isPublic: boolean; readonly content: Uint8Array };

export type ModuleInterface = {
  readonly methods: ReadonlyMap<string, MethodKind>;
  readonly metadata: ReadonlyMap<string, MetadataSection>;
};

/** The rules the replica puts on modules beyond those of Wasm. @throws IC0505 for the first one broken. */
export function validateModule(sections: WasmSections): ModuleInterface {
  if (sections.memoryCount > 1) throw invalidWasm('multiple memories are not allowed');
  if (sections.tableCount > 1) throw invalidWasm('multiple tables are not allowed');
  if (sections.functionTypeIndices.length > MAX_FUNCTIONS) {
    throw invalidWasm(
      `Module defined ${sections.functionTypeIndices.length} functions which exceeds the maximum number allowed ${MAX_FUNCTIONS}`
    );
  }
  if (sections.globals.length > MAX_GLOBALS) {
    throw invalidWasm(
      `Module defined ${sections.globals.length} globals which exceeds the maximum number allowed ${MAX_GLOBALS}`
    );
  }
  sections.imports.forEach(validateImport);
  return { methods: readMethods(sections), metadata: readMetadata(sections.customSections) };
}

const TYPE_LETTERS: Readonly<Record<string, number>> = { i: VALUE_TYPE.i32, l: VALUE_TYPE.i64 };

function hasTypes(types: Uint8Array, letters: string): boolean {
  return (
    types.length === letters.length &&
    [...letters].every((letter, index) => types[index] === TYPE_LETTERS[letter])
  );
}

function validateImport({ module, name, type }: FunctionImport): void {
  const known = module === 'ic0' ? SYSTEM_API.get(name) : undefined;
  if (!known)
    throw invalidWasm(
      `Module imports function '${name}' from '${module}' that is not exported by the runtime.`
    );
  if (!hasTypes(type.params, known.params) || !hasTypes(type.results, known.result)) {
    throw invalidWasm(`Function ${module}.${name} is imported with an unexpected signature.`);
  }
}

function methodOf(exportName: string): readonly [name: string, kind: MethodKind] | undefined {
  for (const [prefix, kind] of METHOD_PREFIXES) {
    if (exportName.startsWith(prefix)) return [exportName.slice(prefix.length), kind];
  }
  return SYSTEM_METHODS.has(exportName) ? [exportName, 'system'] : undefined;
}

function readMethods(sections: WasmSections): Map<string, MethodKind> {
  const methods = new Map<string, MethodKind>();
  const seen = new Set<string>();
  let nameBytes = 0;
  for (const { name: exportName, kind: exportKind, index } of sections.exports) {
    const method = methodOf(exportName);
    if (!method) {
      if (exportName.startsWith('canister_') && exportKind === EXPORT_KIND.function) {
        throw invalidWasm(`Exporting reserved function '${exportName}' with "canister_" prefix`);
      }
      continue;
    }
    const [name, kind] = method;
    if (exportKind !== EXPORT_KIND.function) throw invalidWasm(`'${exportName}' must be a function`);
    const { params, results } = functionType(sections, index);
    if (params.length > 0 || results.length > 0) {
      throw invalidWasm(`Expected exported function '${exportName}' to have no parameters and no results`);
    }
    if (kind === 'system') {
      methods.set(exportName, kind);
      continue;
    }
    if (seen.has(name))
      throw invalidWasm(
        `Duplicate function '${name}' exported multiple times with different call types: update, query, or composite_query.`
      );
    seen.add(name);
    nameBytes += new TextEncoder().encode(name).length;
    methods.set(name, kind);
  }
  if (seen.size > MAX_METHODS)
    throw invalidWasm(
      `The number of exported functions called \`canister_update <name>\`, \`canister_query <name>\`, or \`canister_composite_query <name>\` exceeds ${MAX_METHODS}.`
    );
  if (nameBytes > MAX_METHOD_NAME_BYTES)
    throw invalidWasm(
      `The sum of \`<name>\` lengths in exported functions exceeds ${MAX_METHOD_NAME_BYTES}.`
    );
  return methods;
}

function readMetadata(customSections: readonly CustomSection[]): Map<string, MetadataSection> {
  const metadata = new Map<string, MetadataSection>();
  let totalBytes = 0;
  for (const { name, content } of customSections) {
    const match = /^icp:(public|private) (.*)$/s.exec(name);
    const label = match?.[2];
    if (!match || label === undefined) continue;
    if (metadata.has(label)) throw invalidWasm(`Invalid custom section: name ${label} already exists`);
    totalBytes += label.length + content.length;
    metadata.set(label, { isPublic: match[1] === 'public', content });
  }
  if (metadata.size > MAX_METADATA_SECTIONS)
    throw invalidWasm('Invalid custom section: too many custom sections');
  if (totalBytes > MAX_METADATA_BYTES) throw invalidWasm('Invalid custom section: size exceeds the maximum');
  return metadata;
}
