import { contractViolation } from './canister-fault';
import { CONTEXTS } from './execution-context';
import { callFunctions } from './system-api-calls';
import { cyclesFunctions } from './system-api-cycles';
import { environmentFunctions } from './system-api-environment';
import { type ApiFunction, type ApiHost } from './system-api-host';
import { messageFunctions } from './system-api-messages';
import { stableFunctions } from './system-api-stable';
import { SYSTEM_API, type ApiDeclaration } from './system-api-table';
import { type WasmImports } from './webassembly';

/** The `ic0` module for one instance. A function called outside of its contexts traps (IC0504). */
export function createSystemApi(host: ApiHost): WasmImports {
  const functions = {
    ...messageFunctions(host),
    ...callFunctions(host),
    ...cyclesFunctions(host),
    ...stableFunctions(host),
    ...environmentFunctions(host)
  };
  const guarded: Record<string, ApiFunction> = {};
  for (const [name, declaration] of SYSTEM_API) {
    const implementation = functions[name];
    if (!implementation) throw new Error(`BUG: ic0.${name} is declared and not implemented`);
    guarded[name] = guard(host, { name, declaration, implementation });
  }
  return { ic0: guarded };
}

function guard(
  host: ApiHost,
  {
    name,
    declaration,
    implementation
  }: { name: string; declaration: ApiDeclaration; implementation: ApiFunction }
): ApiFunction {
  const { contexts } = declaration;
  return (...args) => {
    const { context } = host.execution.input;
    if (!contexts.has(context)) {
      throw contractViolation(`"ic0_${name}" cannot be executed in ${CONTEXTS[context].text} mode`);
    }
    return implementation(...args);
  };
}
