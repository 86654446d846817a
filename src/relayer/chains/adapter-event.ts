/** The adapter's events (Anoma's EVM protocol adapter v1.1.0) out of the logs of `eth_getLogs`. */
import { type Hex, decodeEventLog, hexToBytes, parseAbi, toEventSelector } from 'viem';
import { bytes32, equalBytes, toHex } from '../../core/bytes';
import { chainError } from '../relayer-error';
import { type AdapterEvent, type EventPosition } from './evm-chain';
import {
  type RpcObject,
  parseArray,
  parseBytes,
  parseBytes32,
  parseObject,
  parseQuantity
} from './rpc-value';

const ADAPTER_EVENTS = parseAbi([
  'event TransactionExecuted(bytes32[] tags, bytes32[] logicRefs)',
  'event ActionExecuted(bytes32 actionTreeRoot, uint256 actionTagCount)',
  'event ApplicationPayload(bytes32 indexed tag, uint256 index, bytes blob)',
  'event CommitmentTreeRootAdded(bytes32 root)'
]);

/** Topics of the followed events, for a log filter. */
export const ADAPTER_TOPICS: readonly Hex[] = ADAPTER_EVENTS.map(toEventSelector);

/** The followed events in `answer`, in chain order. @throws {ProtocolError} `chain/malformed-answer`, `chain/foreign-log`. */
export function decodeEvents(answer: unknown, adapter: Uint8Array): AdapterEvent[] {
  const events = parseArray(answer, 'logs').map((log) => decodeEvent(parseObject(log, 'log'), adapter));
  return events.sort((a, b) => Number(a.height - b.height) || a.logIndex - b.logIndex);
}

function decodeEvent(log: RpcObject, adapter: Uint8Array): AdapterEvent {
  if (log['removed'] === true || !equalBytes(parseBytes(log['address'], 'log address'), adapter)) {
    throw chainError('foreign-log', 'expected a standing log of the adapter', {
      data: { address: String(log['address']), removed: log['removed'] === true }
    });
  }
  const position: EventPosition = {
    height: parseQuantity(log['blockNumber'], 'log block number'),
    blockHash: parseBytes32(log['blockHash'], 'log block hash'),
    txHash: parseBytes32(log['transactionHash'], 'log transaction hash'),
    logIndex: Number(parseQuantity(log['logIndex'], 'log index'))
  };
  return { ...position, ...decodeBody(log) };
}

type EventBody = AdapterEvent extends infer Event
  ? Event extends AdapterEvent
    ? Omit<Event, keyof EventPosition>
    : never
  : never;

function decodeBody(log: RpcObject): EventBody {
  const decoded = decodeLog(log);
  switch (decoded.eventName) {
    case 'TransactionExecuted':
      return { type: 'TransactionExecuted', tags: decoded.args.tags.map(toBytes32) };
    case 'ActionExecuted':
      return {
        type: 'ActionExecuted',
        actionTreeRoot: toBytes32(decoded.args.actionTreeRoot),
        tagCount: Number(decoded.args.actionTagCount)
      };
    case 'ApplicationPayload':
      return {
        type: 'ApplicationPayload',
        tag: toBytes32(decoded.args.tag),
        blob: hexToBytes(decoded.args.blob)
      };
    case 'CommitmentTreeRootAdded':
      return { type: 'CommitmentTreeRootAdded', root: toBytes32(decoded.args.root) };
  }
}

function decodeLog(log: RpcObject) {
  const topics = parseArray(log['topics'], 'log topics').map((topic): Hex =>
    toHexPrefixed(parseBytes32(topic, 'log topic'))
  );
  const [signature, ...indexed] = topics;
  if (signature === undefined)
    throw chainError('malformed-answer', 'expected a log with a topic, got one without');
  const data = toHexPrefixed(parseBytes(log['data'], 'log data'));
  try {
    return decodeEventLog({ abi: ADAPTER_EVENTS, data, topics: [signature, ...indexed], strict: true });
  } catch (cause) {
    throw chainError('malformed-answer', 'expected a log of an adapter event, got one that does not decode', {
      data: { signature },
      cause
    });
  }
}

const toBytes32 = (value: Hex) => bytes32(hexToBytes(value), 'event word');
const toHexPrefixed = (value: Uint8Array): Hex => `0x${toHex(value)}`;
