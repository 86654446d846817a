import { Principal } from '@dfinity/principal';
import { CanisterFault, ERROR_CODE } from '../execution/canister-fault';
import { equalBytes } from '../protocol/byte-order';
import { principalText } from '../replica/rejection';
import { type ManagementCall, type ManagementHost } from './management-host';
import { type Arguments, encodeResult } from './management-wire';

/** Methods that tell about the subnet, and those of what this network does not have. */

const REPLICA_VERSION = 'local-ic';
const REGISTRY_VERSION = 1n;

export function subnetInfo(
  host: ManagementHost,
  _call: ManagementCall,
  { subnet_id: id }: Arguments['subnet_info']
): Uint8Array {
  assertOwnSubnet(host, id);
  return encodeResult('subnet_info', {
    replica_version: REPLICA_VERSION,
    registry_version: REGISTRY_VERSION
  });
}

/** One sample, of the present: there are no blocks here, and nothing fails to make one. */
export function nodeMetricsHistory(
  host: ManagementHost,
  _call: ManagementCall,
  { subnet_id: id, start_at_timestamp_nanos: startNs }: Arguments['node_metrics_history']
): Uint8Array {
  assertOwnSubnet(host, id);
  const nowNs = host.timeNs();
  const sample = {
    timestamp_nanos: nowNs,
    node_metrics: [
      {
        node_id: Principal.fromUint8Array(host.nodeId),
        num_blocks_proposed_total: 0n,
        num_block_failures_total: 0n
      }
    ]
  };
  return encodeResult('node_metrics_history', startNs <= nowNs ? [sample] : []);
}

/** This subnet has no administrators, so nobody may list its canisters. */
export function listCanisters(_host: ManagementHost, { caller }: ManagementCall): Uint8Array {
  throw new CanisterFault(
    ERROR_CODE.canisterRejected,
    `Caller ${principalText(caller)} is not allowed to call list_canisters: it is no administrator of this subnet.`
  );
}

/** This network follows no Bitcoin network. */
export function refuseBitcoin(): Uint8Array {
  throw new CanisterFault(ERROR_CODE.canisterRejected, 'The bitcoin API is not enabled on this subnet.');
}

function assertOwnSubnet(host: ManagementHost, id: Principal): void {
  if (equalBytes(id.toUint8Array(), host.subnetId)) return;
  throw new CanisterFault(ERROR_CODE.subnetNotFound, `Subnet ${id.toText()} not found.`);
}
