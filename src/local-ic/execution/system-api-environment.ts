import { equalBytes } from '../protocol/byte-order';
import { CanisterFault, contractViolation, ERROR_CODE } from './canister-fault';
import { isReplicated } from './execution-context';
import { blobFunctions, decodeText, type ApiFunctions, type ApiHost } from './system-api-host';

const MAX_CERTIFIED_DATA_BYTES = 32;
const MAX_PRINCIPAL_BYTES = 29;
const MAX_ENVIRONMENT_NAME_BYTES = 128;
const STATUS_CODE = { running: 1, stopping: 2, stopped: 3 } as const;

/** The canister itself, time, certified data, environment variables, logging and trapping. */
export function environmentFunctions(host: ApiHost): ApiFunctions {
  const input = (): ApiHost['execution']['input'] => host.execution.input;
  return {
    ...blobFunctions(host, 'canister_self', () => input().canister.id),
    ...blobFunctions(host, 'subnet_self', () => input().subnet.id),
    ...blobFunctions(host, 'root_key', () => input().subnet.rootKey),
    ...certificationFunctions(host),
    ...variableFunctions(host),
    ...diagnosticFunctions(host),
    canister_status: () => STATUS_CODE[input().canister.status],
    canister_version: () => input().canister.version,
    time: () => input().timeNs,
    global_timer_set: (timestamp: bigint) => {
      const former = host.execution.globalTimerNs ?? input().globalTimerNs;
      host.execution.globalTimerNs = BigInt.asUintN(64, timestamp);
      return former;
    },
    is_controller: (source: number, size: number) => {
      const principal = host.memory.read(source, size, 'is_controller');
      if (principal.length > MAX_PRINCIPAL_BYTES)
        throw contractViolation('ic0.is_controller: invalid principal');
      return input().canister.controllers.some((controller) => equalBytes(controller, principal)) ? 1 : 0;
    },
    in_replicated_execution: () => (isReplicated(input().context) ? 1 : 0)
  };
}

function certificationFunctions(host: ApiHost): ApiFunctions {
  return {
    certified_data_set: (source: number, size: number) => {
      if (size >>> 0 > MAX_CERTIFIED_DATA_BYTES) {
        throw contractViolation(
          `ic0.certified_data_set: failed because the passed data must be no larger than ${MAX_CERTIFIED_DATA_BYTES} bytes. Found ${size >>> 0} bytes.`
        );
      }
      host.execution.certifiedData = host.memory.read(source, size, 'certified_data_set');
    },
    data_certificate_present: () => (host.execution.input.canister.certificate ? 1 : 0),
    ...blobFunctions(host, 'data_certificate', () => {
      const certificate = host.execution.dataCertificate;
      if (!certificate) throw contractViolation('ic0.data_certificate: no data certificate is present');
      return certificate;
    })
  };
}

function variableFunctions(host: ApiHost): ApiFunctions {
  const encoder = new TextEncoder();
  const nameAt = (index: number): Uint8Array => {
    const entry = host.execution.input.canister.environment[index >>> 0];
    if (!entry) throw contractViolation(`ic0.env_var_name: index ${index >>> 0} is out of bounds`);
    return encoder.encode(entry[0]);
  };
  const find = (source: number, size: number): string | undefined => {
    if (size >>> 0 > MAX_ENVIRONMENT_NAME_BYTES)
      throw contractViolation('ic0.env_var_value: Variable name is too large.');
    const name = decodeText(host.memory.read(source, size, 'env_var_value'));
    if (name === undefined)
      throw contractViolation('ic0.env_var_value: Variable name is not a valid UTF-8 string.');
    return host.execution.input.canister.environment.find(([known]) => known === name)?.[1];
  };
  const valueOf = (source: number, size: number): Uint8Array => {
    const value = find(source, size);
    if (value === undefined) throw contractViolation('ic0.env_var_value: Variable does not exist.');
    return encoder.encode(value);
  };
  return {
    env_var_count: () => host.execution.input.canister.environment.length,
    env_var_name_size: (index: number) => nameAt(index).length,
    env_var_name_copy: (index: number, address: number, offset: number, size: number) => {
      host.memory.writeSlice(nameAt(index), { address, offset, size }, 'env_var_name_copy');
    },
    env_var_name_exists: (source: number, size: number) => (find(source, size) === undefined ? 0 : 1),
    env_var_value_size: (source: number, size: number) => valueOf(source, size).length,
    env_var_value_copy: (...args: number[]) => {
      const [source = 0, nameSize = 0, address = 0, offset = 0, size = 0] = args;
      host.memory.writeSlice(valueOf(source, nameSize), { address, offset, size }, 'env_var_value_copy');
    }
  };
}

function diagnosticFunctions(host: ApiHost): ApiFunctions {
  return {
    performance_counter: (kind: number) => {
      if (kind === 0) return host.instructionsUsed();
      if (kind === 1) return host.execution.input.priorInstructions + host.instructionsUsed();
      throw contractViolation(`ic0.performance_counter: Error getting performance counter type ${kind}`);
    },
    debug_print: (source: number, size: number) => {
      host.execution.input.log(readOrNote(host, { source, size }, 'debug_print'));
    },
    trap: (source: number, size: number) => {
      const message = new TextDecoder().decode(readOrNote(host, { source, size }, 'trap'));
      throw new CanisterFault(
        ERROR_CODE.calledTrap,
        `Canister called \`ic0.trap\` with message: '${message}'`
      );
    }
  };
}

/** The bytes, or a note in their place: these functions have no failure of their own. */
function readOrNote(host: ApiHost, at: { source: number; size: number }, caller: string): Uint8Array {
  const source = at.source >>> 0;
  const size = at.size >>> 0;
  if (source + size <= host.memory.byteLength) return host.memory.read(source, size, caller);
  return new TextEncoder().encode(`(${caller} message out of memory bounds)`);
}
