import { contractViolation } from './canister-fault';
import { CONTEXTS } from './execution-context';
import { callFunctions } from './system-api-calls';
import { cyclesFunctions } from './system-api-cycles';
import { environmentFunctions } from './system-api-environment';
import { chargeFunction } from './system-api-charges';
import { type ApiFunction, type ApiHost } from './system-api-host';
import { messageFunctions } from './system-api-messages';
import { stableFunctions } from './system-api-stable';
import { SYSTEM_API, type ApiDeclaration } from './system-api-table';
import { type WasmImports } from './webassembly';

/**
 * The `ic0` module for one instance. A call costs instructions; a function called outside of its contexts traps
 * (IC0504).
 */
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
    const inContext = guard(host, { name, declaration, implementation });
    guarded[name] = host.is64Bit ? from64BitWords(inContext, declaration) : inContext;
  }
  return { ic0: guarded };
}

type Guarded = (...args: readonly Word[]) => Word | void;
type Word = number | bigint;

function guard(
  host: ApiHost,
  {
    name,
    declaration: { contexts },
    implementation
  }: { name: string; declaration: ApiDeclaration; implementation: ApiFunction }
): Guarded {
  const charge = chargeFunction(name);
  return (...args) => {
    const { execution } = host;
    const { context } = execution.input;
    host.charge(charge(args, execution));
    if (!contexts.has(context)) {
      throw contractViolation(`"ic0_${name}" cannot be executed in ${CONTEXTS[context].text} mode`);
    }
    return implementation(...(args as never[]));
  };
}

const MAX_ADDRESS = 2n ** 32n - 1n;

/**
 * Lets 64-bit modules use functions of 32-bit words. Their memory, too, ends at 4 GiB here: an address above is out of
 * bounds as the last one is.
 */
function from64BitWords(implementation: Guarded, { params, result }: ApiDeclaration): Guarded {
  return (...args) => {
    const words = args.map((word, index) => {
      const letter = params[index];
      if (letter === 'e') return Number(BigInt.asUintN(64, BigInt(word)));
      return letter === 'p' ? toAddress(BigInt.asUintN(64, BigInt(word))) : word;
    });
    const answer = implementation(...words);
    return result === 'p' && answer !== undefined ? BigInt(answer) : answer;
  };
}

function toAddress(word: bigint): number {
  return Number(word > MAX_ADDRESS ? MAX_ADDRESS : word);
}
