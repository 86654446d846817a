/**
 * Ordinary EVM transactions of an account: fields filled from the chain, signed by the `signer` canister, broadcast.
 * What is broadcast is checked here first: it must carry exactly the requested fields and recover to the account's address.
 */
import {
  type Address,
  type Hex,
  type PublicClient,
  encodeFunctionData,
  erc20Abi,
  parseTransaction,
  recoverTransactionAddress,
  type TransactionSerializedEIP1559
} from 'viem';
import { toBytes, toHex } from 'viem';
import { unwrap } from '../api/errors';
import {
  type EvmTransactionWire,
  type SignedEvmTransactionWire,
  type SignerService
} from '../api/signer-idl';
import { ProtocolError } from '../core/error';

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

/** EIP-1559 fields for `intent` from `from`: next pending nonce, the node's fee estimate, estimated gas plus a tenth. */
export async function prepareEvmTransaction(
  chain: PublicClient,
  request: { readonly from: Address; readonly intent: EvmIntent }
): Promise<EvmTransactionWire> {
  const call = callOf(request.intent);
  const [chainId, nonce, fees, gas] = await Promise.all([
    chain.getChainId(),
    chain.getTransactionCount({ address: request.from, blockTag: 'pending' }),
    chain.estimateFeesPerGas(),
    chain.estimateGas({ account: request.from, ...call })
  ]);
  return {
    chain_id: BigInt(chainId),
    nonce: BigInt(nonce),
    max_priority_fee_per_gas: fees.maxPriorityFeePerGas,
    max_fee_per_gas: fees.maxFeePerGas,
    gas_limit: gas + gas / 10n,
    to: [toBytes(call.to)],
    value: call.value,
    data: toBytes(call.data),
    access_list: []
  };
}

/**
 * The signed transaction, checked: its fields are those asked for and its signature recovers to `from`.
 * @throws {ProtocolError} the canister's refusal, or `evm/signed-differs` when the answer is not what was asked.
 */
export async function signEvmTransaction(
  signer: SignerService,
  request: {
    readonly account: Uint8Array;
    readonly from: Address;
    readonly transaction: EvmTransactionWire;
    readonly replace?: boolean;
  }
): Promise<SignedEvmTransactionWire> {
  const { account, transaction, replace = false } = request;
  const signed = unwrap(await signer.sign_evm_transaction({ account, transaction, replace }));
  await assertSignedAsAsked(toHex(signed.raw), request);
  return signed;
}

async function assertSignedAsAsked(
  raw: Hex,
  asked: { readonly from: Address; readonly transaction: EvmTransactionWire }
): Promise<void> {
  const { transaction } = asked;
  const to = transaction.to[0];
  const parsed = parseTransaction(raw);
  const recovered = await recoverTransactionAddress({
    serializedTransaction: raw as TransactionSerializedEIP1559
  });
  const agrees =
    parsed.type === 'eip1559' &&
    BigInt(parsed.chainId) === transaction.chain_id &&
    BigInt(parsed.nonce ?? 0) === transaction.nonce &&
    (parsed.value ?? 0n) === transaction.value &&
    (parsed.gas ?? 0n) === transaction.gas_limit &&
    (parsed.maxFeePerGas ?? 0n) === transaction.max_fee_per_gas &&
    (parsed.maxPriorityFeePerGas ?? 0n) === transaction.max_priority_fee_per_gas &&
    (parsed.data ?? '0x') === toHex(transaction.data) &&
    (parsed.to ?? undefined)?.toLowerCase() === (to === undefined ? undefined : toHex(to)) &&
    recovered.toLowerCase() === asked.from.toLowerCase();
  if (!agrees) {
    throw new ProtocolError(
      'evm/signed-differs',
      `expected the requested transaction signed by ${asked.from}`,
      {
        recovered
      }
    );
  }
}
