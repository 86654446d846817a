import { CanisterFault, ERROR_CODE } from './canister-fault';
import { SYSTEM_API } from './system-api-table';
import { EXPORT_KIND, VALUE_TYPE, type FunctionImport } from './wasm-declarations';
import { disabledFeature, invalidWasm } from './wasm-reader';
import { functionType, SECTION, type CustomSection, type WasmSections } from './wasm-sections';

const MAX_CODE_BYTES = 10 * 1024 * 1024;
const MAX_FUNCTIONS = 50_000;
const MAX_GLOBALS = 1000;
const MAX_TABLES = 1;
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

/** Names that the replica's instrumentation gives to exports of its own. */
const RESERVED_EXPORTS: ReadonlySet<string> = new Set([
  'canister counter_instructions',
  'canister counter_dirty_pages',
  'canister counter_accessed_pages',
  'canister_start',
  'stable_memory',
  'stable_memory_bytemap'
]);

const METHOD_PREFIXES: readonly (readonly [prefix: string, kind: MethodKind])[] = [
  ['canister_update ', 'update'],
  ['canister_query ', 'query'],
  ['canister_composite_query ', 'composite_query']
];

export type MethodKind = 'update' | 'query' | 'composite_query';

export type MetadataSection = { readonly isPublic: boolean; readonly content: Uint8Array };

export type ModuleInterface = {
  readonly methods: ReadonlyMap<string, MethodKind>;
  readonly metadata: ReadonlyMap<string, MetadataSection>;
};

/** The rules the replica puts on modules beyond those of Wasm. @throws IC0505, IC0521 for the first one broken. */
export function validateModule(sections: WasmSections): ModuleInterface {
  assertCodeSize(sections);
  if (sections.memories.length > 1) throw disabledFeature('failed with multiple memories');
  for (const imported of sections.importedFunctions) validateImport(imported, sections.is64Bit);
  assertStartTakesNothing(sections);
  const methods = readMethods(sections);
  assertCount('globals', sections.globals.length, MAX_GLOBALS);
  assertCount('functions', sections.functionTypeIndices.length, MAX_FUNCTIONS);
  const metadata = readMetadata(sections.customSections);
  assertTablesFit(sections);
  return { methods, metadata };
}

/** The replica's validation has no such rule; the store in which it makes the instance has (wasmtime_embedder.rs). */
function assertTablesFit({ tableCount }: WasmSections): void {
  if (tableCount <= MAX_TABLES) return;
  throw new CanisterFault(
    ERROR_CODE.engineError,
    `Canister encountered a Wasm engine error: Failed to instantiate module: resource limit exceeded: table count too high at ${tableCount}`
  );
}

function assertStartTakesNothing(sections: WasmSections): void {
  if (sections.startFunction === undefined) return;
  const { params, results } = functionType(sections, sections.startFunction);
  if (params.length > 0 || results.length > 0) throw disabledFeature('invalid start function type');
}

function assertCodeSize({ raw }: WasmSections): void {
  const code = raw.find(({ id }) => id === SECTION.code);
  const size = code ? code.to - code.from : 0;
  if (size > MAX_CODE_BYTES) {
    throw invalidWasm(
      `Wasm module code section size of ${size} exceeds the maximum allowed size of ${MAX_CODE_BYTES}.`
    );
  }
}

function assertCount(what: string, defined: number, allowed: number): void {
  if (defined > allowed) {
    throw invalidWasm(
      `Wasm module defined ${defined} ${what} which exceeds the maximum number allowed ${allowed}.`
    );
  }
}

/** Value type of a letter in the table of system functions. */
function typeOf(letter: string | undefined, is64Bit: boolean): number {
  const isWide = letter === 'l' || (is64Bit && letter !== 'i');
  return isWide ? VALUE_TYPE.i64 : VALUE_TYPE.i32;
}

function hasTypes(types: Uint8Array, letters: string, is64Bit: boolean): boolean {
  return types.length === letters.length && types.every((type, at) => type === typeOf(letters[at], is64Bit));
}

function validateImport({ module, name, type }: FunctionImport, is64Bit: boolean): void {
  const known = SYSTEM_API.get(name);
  if (!known || (is64Bit && known.isOnly32Bit)) {
    throw invalidWasm(
      `Wasm module has an invalid import section. Module imports function '${name}' from '${module}' that is not exported by the runtime.`
    );
  }
  if (module !== 'ic0') {
    throw invalidWasm(
      `Wasm module has an invalid import section. Module imports function "${name}" from "${module}", expected to be imported from one of ["ic0"] instead.`
    );
  }
  if (!hasTypes(type.params, known.params, is64Bit) || !hasTypes(type.results, known.result, is64Bit)) {
    throw invalidWasm(
      `Wasm module has an invalid function signature. Function '${name}' is imported with an unexpected signature.`
    );
  }
}

function methodOf(exportName: string): readonly [name: string, kind: MethodKind] | undefined {
  for (const [prefix, kind] of METHOD_PREFIXES) {
    if (exportName.startsWith(prefix)) return [exportName.slice(prefix.length), kind];
  }
  return undefined;
}

function readMethods(sections: WasmSections): Map<string, MethodKind> {
  const methods = new Map<string, MethodKind>();
  for (const { name: exportName, kind: exportKind, index } of sections.exports) {
    if (RESERVED_EXPORTS.has(exportName)) {
      throw invalidExport(`Exporting reserved symbol ${exportName} not allowed.`);
    }
    if (exportKind !== EXPORT_KIND.function) continue;
    const method = methodOf(exportName);
    const isHook = SYSTEM_METHODS.has(exportName);
    if (!method && !isHook && exportName.startsWith('canister_')) {
      throw invalidExport(`Exporting reserved function '${exportName}' with "canister_" prefix`);
    }
    if (method || isHook) assertTakesNothing(sections, exportName, index);
    if (!method) continue;
    const [name, kind] = method;
    if (methods.has(name)) {
      throw invalidWasm(
        `Duplicate function '${name}' exported multiple times with different call types: update, query, or composite_query.`
      );
    }
    methods.set(name, kind);
  }
  assertMethodLimits(methods);
  return methods;
}

function invalidExport(reason: string): CanisterFault {
  return invalidWasm(`Wasm module has an invalid export section. ${reason}`);
}

function assertTakesNothing(sections: WasmSections, exportName: string, functionIndex: number): void {
  const { params, results } = functionType(sections, functionIndex);
  if (params.length > 0 || results.length > 0) {
    throw invalidWasm(
      `Wasm module has an invalid function signature. Expected exported function '${exportName}' to have no parameters and no results.`
    );
  }
}

function assertMethodLimits(methods: ReadonlyMap<string, MethodKind>): void {
  const names = [...methods.keys()];
  const kinds = '`canister_update <name>`, `canister_query <name>`, or `canister_composite_query <name>`';
  if (names.length > MAX_METHODS) {
    throw invalidWasm(
      `The number of exported functions called ${kinds} is ${names.length} which exceeds ${MAX_METHODS}.`
    );
  }
  const nameBytes = names.reduce((sum, name) => sum + byteLength(name), 0);
  if (nameBytes > MAX_METHOD_NAME_BYTES) {
    throw invalidWasm(
      `The sum of \`<name>\` lengths in exported functions called ${kinds} is ${nameBytes} which exceeds the allowed limit of ${MAX_METHOD_NAME_BYTES}.`
    );
  }
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

function readMetadata(customSections: readonly CustomSection[]): Map<string, MetadataSection> {
  const metadata = new Map<string, MetadataSection>();
  let totalBytes = 0;
  for (const { name: sectionName, content } of customSections) {
    if (!sectionName.startsWith('icp:')) continue;
    const [, scope, name] = /^icp:(public|private) (.*)$/s.exec(sectionName) ?? [];
    if (name === undefined) throw invalidMetadata(scopeFault(sectionName));
    if (metadata.has(name)) throw invalidMetadata(`Invalid custom section: name ${name} already exists`);
    totalBytes += byteLength(name) + content.length;
    if (totalBytes > MAX_METADATA_BYTES) {
      throw invalidMetadata(
        `Invalid custom sections: total size of the custom sections exceeds the maximum allowed: size ${totalBytes} bytes, allowed ${MAX_METADATA_BYTES} bytes`
      );
    }
    metadata.set(name, { isPublic: scope === 'public', content });
  }
  assertCount('custom sections', metadata.size, MAX_METADATA_SECTIONS);
  return metadata;
}

function scopeFault(sectionName: string): string {
  return sectionName === 'icp:public' || sectionName === 'icp:private'
    ? "'icp:' section names must have a space after the public/private scope"
    : `Invalid custom section: Custom section '${sectionName}' has no public/private scope defined.`;
}

function invalidMetadata(reason: string): CanisterFault {
  return invalidWasm(`Wasm module has an invalid custom section. ${reason}`);
}
