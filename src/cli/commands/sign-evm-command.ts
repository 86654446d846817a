/** `hypha account sign-evm`: one EIP-1559 transaction, signed by the canister, checked here, broadcast when asked. */
import { type Command } from 'commander';
import { type Hex, type PublicClient, getAddress, toHex } from 'viem';
import { unwrap } from '../../api/errors';
import { type EvmTransactionWire, type SignedEvmTransactionWire } from '../../api/signer-idl';
import { ProtocolError } from '../../core/error';
import { type EvmIntent, prepareEvmTransaction, signEvmTransaction } from '../../sdk/index';
import {
  type CommandInput,
  U256_MAX,
  U64_MAX,
  argumentError,
  parseAddress,
  parseAmount,
  parseHexData,
  parseId,
  parseInteger
} from '../arguments';
import { type CommandContext } from '../context';
import { type CommandResult, type Runner } from '../runner';

const ETHER = 18;
const GWEI = 9;

/** Adds `account sign-evm`. */
export function addSignEvmCommand(account: Command, run: Runner): void {
  account
    .command('sign-evm')
    .argument('<account>', 'account id, 32 bytes in hex')
    .description('sign an EIP-1559 transaction; what is not given is read from the EVM node')
    .requiredOption('--to <address>', 'recipient, or the contract to call')
    .option('--value <ether>', 'amount of the native coin; default: 0')
    .option('--token <address>', 'send this ERC-20 instead, with --amount')
    .option('--amount <units>', 'amount of the token in its smallest unit')
    .option('--data <hex>', 'call data')
    .option('--nonce <n>', 'default: the next one on the chain')
    .option('--gas-limit <units>', "default: the node's estimate and a tenth")
    .option('--max-fee <gwei>', "per unit of gas; default: the node's estimate")
    .option('--priority-fee <gwei>', "per unit of gas; default: the node's estimate")
    .option('--replace', 'sign again for a nonce that was signed before', false)
    .option('--broadcast', 'send it and wait until it is mined', false)
    .action(run(signEvm));
}

async function signEvm(context: CommandContext, input: CommandInput): Promise<CommandResult> {
  const account = parseId(input.value(0), 'account');
  const [intent, overrides] = [intentOf(input), overridesOf(input)];
  const chain = context.evm();
  const signer = await context.signer();
  const from = getAddress(toHex(unwrap(await signer.account(account)).evm_address));
  const prepared = await prepareEvmTransaction(chain, { from, intent });
  const transaction = { ...prepared, ...overrides };
  const signed = await signEvmTransaction(signer, {
    account,
    from,
    transaction,
    replace: input.flag('replace')
  });
  const result = {
    from,
    chainId: transaction.chain_id,
    nonce: transaction.nonce,
    hash: signed.hash,
    raw: signed.raw,
    logIndex: signed.log_index
  };
  return input.flag('broadcast') ? { ...result, ...(await broadcast(chain, signed)) } : result;
}

/** What is signed is a liability: when it can not be sent, its bytes must not be lost. */
async function broadcast(
  chain: PublicClient,
  { raw, hash }: SignedEvmTransactionWire
): Promise<{ readonly status: string; readonly block: bigint }> {
  const receipt = await sendAndWait(chain, toHex(raw)).catch((cause: unknown) => {
    const reason = cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : String(cause);
    throw new ProtocolError(
      'evm/not-mined',
      `signed, but not known to be mined: ${reason}; send the bytes below again, or sign another with --replace`,
      { hash, raw },
      { cause }
    );
  });
  if (receipt.status !== 'success') {
    throw new ProtocolError('evm/reverted', `mined in block ${receipt.blockNumber}, but reverted`, { hash });
  }
  return { status: receipt.status, block: receipt.blockNumber };
}

async function sendAndWait(
  chain: PublicClient,
  serializedTransaction: Hex
): ReturnType<PublicClient['waitForTransactionReceipt']> {
  const hash = await chain.sendRawTransaction({ serializedTransaction });
  return chain.waitForTransactionReceipt({ hash });
}

/** Refuses options that contradict each other: none may be silently passed over. */
function intentOf(input: CommandInput): EvmIntent {
  const to = parseAddress(input.text('to'), '--to');
  const [token, amount] = [input.optionalText('token'), input.optionalText('amount')];
  const [value, data] = [input.optionalText('value'), input.optionalText('data')];
  if (token !== undefined) {
    if (amount === undefined) throw argumentError('--token needs --amount');
    if (value !== undefined || data !== undefined) {
      throw argumentError('--token sends a token: it goes with --amount, not with --value or --data');
    }
    return {
      kind: 'erc20',
      token: parseAddress(token, '--token'),
      to,
      amount: parseInteger(amount, { label: '--amount', max: U256_MAX })
    };
  }
  if (amount !== undefined) throw argumentError('--amount needs --token; the native coin goes with --value');
  const amountWei = parseAmount(value ?? '0', { label: '--value', decimals: ETHER });
  if (data === undefined) return { kind: 'ether', to, amountWei };
  return { kind: 'call', to, amountWei, data: parseHexData(data, '--data') };
}

function overridesOf(input: CommandInput): Partial<EvmTransactionWire> {
  const [nonce, gasLimit] = [input.optionalText('nonce'), input.optionalText('gasLimit')];
  const [maxFee, priorityFee] = [input.optionalText('maxFee'), input.optionalText('priorityFee')];
  return {
    ...(nonce === undefined ? {} : { nonce: parseInteger(nonce, { label: '--nonce', max: U64_MAX }) }),
    ...(gasLimit === undefined
      ? {}
      : { gas_limit: parseInteger(gasLimit, { label: '--gas-limit', max: U64_MAX }) }),
    ...(maxFee === undefined
      ? {}
      : { max_fee_per_gas: parseAmount(maxFee, { label: '--max-fee', decimals: GWEI }) }),
    ...(priorityFee === undefined
      ? {}
      : {
          max_priority_fee_per_gas: parseAmount(priorityFee, { label: '--priority-fee', decimals: GWEI })
        })
  };
}
