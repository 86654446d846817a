/**
 * Ordinary EVM transactions of an account: fields filled from the chain, signed by the `signer` canister, broadcast.
 * What is broadcast is checked here first: it must carry exactly the requested fields and recover to the account's address.
 */
import {
  type Address,
  type Hex,
  type PublicClient,
  type TransactionSerializedEIP1559,
  encodeFunctionData,
  erc20Abi,
  isAddressEqual,
  recoverTransactionAddress,
  toBytes,
  toHex
} from 'viem';
import { unwrap } from '../api/errors';
import {
  type EvmTransactionWire,
  type SignedEvmTransactionWire,
  type SignerService
} from '../api/signer-idl';
import { decodeEvmTransaction } from '../api/signer-wire';
import { bytes32, equalBytes } from '../core/bytes';
import { keccak256 } from '../core/crypto/hash';
import { ProtocolError } from '../core/error';
import { encodeSignedEvmTransaction } from '../core/signing/evm-transaction';

/** What is to happen on the chain; amounts in wei or the token's smallest unit. */
export type EvmIntent =
  | { readonly kind: 'ether'; readonly to: Address; readonly amountWei: bigint }
  | { readonly kind: 'erc20'; readonly token: Address; readonly to: Address; readonly amount: bigint }
  | { readonly kind: 'call'; readonly to: Address; readonly amountWei: bigint; readonly data: Hex };

type Call = { readonly to: Address; readonly value: bigint; readonly data: Hex };

function callOf(intent: EvmIntent): Call {
  switch (intent.kind) {
    case 'ether':
      return { to: intent.to, value: intent.amountWei, data: '0x' };
    case 'erc20': {
      const data = encodeFunctionData({
        abi: erc20Abi,
        functionName: 'transfer',
        args: [intent.to, intent.amount]
      });
      return { to: intent.token, value: 0n, data };
    }
    case 'call':
      return { to: intent.to, value: intent.amountWei, data: intent.data };
  }
}

/**
 * EIP-1559 fields for `intent` from `from`: the node's pending nonce and fee estimate, its gas estimate plus a tenth.
 * The signer counts the nonces it signed for, mined or not, so its refusal `account/nonce-used` means that a transaction
 * with this nonce was signed and never reached the chain.
 * @throws {ProtocolError} `evm/insufficient-funds`, before anything is signed: an unaffordable transaction blocks its nonce.
 */
export async function prepareEvmTransaction(
  chain: Pick<
    PublicClient,
    'getChainId' | 'getTransactionCount' | 'getBalance' | 'estimateFeesPerGas' | 'estimateGas'
  >,
  request: { readonly from: Address; readonly intent: EvmIntent }
): Promise<EvmTransactionWire> {
  const call = callOf(request.intent);
  const [chainId, nonce, balance, fees, gas] = await Promise.all([
    chain.getChainId(),
    chain.getTransactionCount({ address: request.from, blockTag: 'pending' }),
    chain.getBalance({ address: request.from, blockTag: 'pending' }),
    chain.estimateFeesPerGas(),
    chain.estimateGas({ account: request.from, ...call })
  ]);
  const gasLimit = gas + gas / 10n;
  assertAffordable({ balance, needed: call.value + gasLimit * fees.maxFeePerGas });
  return {
    chain_id: BigInt(chainId),
    nonce: BigInt(nonce),
    max_priority_fee_per_gas: fees.maxPriorityFeePerGas,
    max_fee_per_gas: fees.maxFeePerGas,
    gas_limit: gasLimit,
    to: [toBytes(call.to)],
    value: call.value,
    data: toBytes(call.data),
    access_list: []
  };
}

function assertAffordable({ balance, needed }: { readonly balance: bigint; readonly needed: bigint }): void {
  if (balance >= needed) return;
  throw new ProtocolError(
    'evm/insufficient-funds',
    `the account has ${balance} wei, value and fees may take ${needed}`,
    { balance, needed }
  );
}

/**
 * The signed transaction, checked: it is the transaction asked for, byte by byte, and recovers to `from`.
 * @throws {ProtocolError} the canister's refusal, or `evm/signed-differs` when the answer is not what was asked.
 */
export async function signEvmTransaction(
  signer: Pick<SignerService, 'sign_evm_transaction'>,
  request: {
    readonly account: Uint8Array;
    readonly from: Address;
    readonly transaction: EvmTransactionWire;
    readonly replace?: boolean;
  }
): Promise<SignedEvmTransactionWire> {
  const { account, transaction, replace = false } = request;
  const signed = unwrap(await signer.sign_evm_transaction({ account, transaction, replace }));
  const fault = await findDifference(signed, request);
  if (fault !== undefined) {
    throw new ProtocolError(
      'evm/signed-differs',
      `expected the requested transaction signed by ${request.from}: ${fault.reason}; it must not be sent`,
      { raw: signed.raw },
      { cause: fault.cause }
    );
  }
  return signed;
}

type Difference = { readonly reason: string; readonly cause?: unknown };

/** Why the answer is not the transaction that was asked for, signed by `from`; undefined when it is. */
async function findDifference(
  signed: SignedEvmTransactionWire,
  asked: { readonly from: Address; readonly transaction: EvmTransactionWire }
): Promise<Difference | undefined> {
  let expected: Uint8Array;
  try {
    expected = encodeAsSigned(asked.transaction, signed);
  } catch (cause) {
    return { reason: 'its signature is malformed', cause };
  }
  if (!equalBytes(expected, signed.raw)) return { reason: 'its fields are others' };
  if (!equalBytes(keccak256(expected), signed.hash)) return { reason: 'its hash is another' };
  try {
    const serializedTransaction: TransactionSerializedEIP1559 = `0x02${toHex(expected.subarray(1)).slice(2)}`;
    const recovered = await recoverTransactionAddress({ serializedTransaction });
    return isAddressEqual(recovered, asked.from) ? undefined : { reason: `it is signed by ${recovered}` };
  } catch (cause) {
    return { reason: 'its signature recovers to nobody', cause };
  }
}

function encodeAsSigned(transaction: EvmTransactionWire, signed: SignedEvmTransactionWire): Uint8Array {
  if (signed.y_parity !== 0 && signed.y_parity !== 1) {
    throw new ProtocolError('evm/signature', `expected parity 0 or 1, got ${signed.y_parity}`);
  }
  return encodeSignedEvmTransaction(decodeEvmTransaction(transaction), {
    r: bytes32(signed.r, 'r'),
    s: bytes32(signed.s, 's'),
    yParity: signed.y_parity
  });
}
