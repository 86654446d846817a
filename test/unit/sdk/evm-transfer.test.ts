import {
  type Hex,
  erc20Abi,
  encodeFunctionData,
  getAddress,
  hexToBytes,
  keccak256,
  parseGwei,
  parseTransaction,
  serializeTransaction,
  toHex
} from 'viem';
import { privateKeyToAccount, sign } from 'viem/accounts';
import { type SignEvmRequestWire, type SignedEvmTransactionWire } from '../../../src/api/signer-idl';
import { prepareEvmTransaction, signEvmTransaction } from '../../../src/sdk/evm-transfer';
import { refusalCode } from './refusal-code';

const KEY: Hex = `0x${'11'.repeat(32)}`;
const OTHER_KEY: Hex = `0x${'22'.repeat(32)}`;
const from = privateKeyToAccount(KEY).address;
const to = getAddress(`0x${'ab'.repeat(20)}`);
const token = getAddress(`0x${'cd'.repeat(20)}`);
const account = new Uint8Array(32).fill(1);

const chain: Parameters<typeof prepareEvmTransaction>[0] = {
  getChainId: () => Promise.resolve(31_337),
  getTransactionCount: (request) => Promise.resolve(request.blockTag === 'pending' ? 7 : 5),
  estimateFeesPerGas: () =>
    Promise.resolve({ maxFeePerGas: parseGwei('30'), maxPriorityFeePerGas: parseGwei('1') }) as never,
  getBalance: () => Promise.resolve(55_000n * parseGwei('30') + 9n),
  estimateGas: () => Promise.resolve(50_000n)
};

type Fields = Parameters<typeof serializeTransaction>[0] & { type: 'eip1559' };

/** The request as viem writes it. */
const fieldsOf = ({ transaction }: SignEvmRequestWire): Fields => ({
  type: 'eip1559',
  chainId: Number(transaction.chain_id),
  nonce: Number(transaction.nonce),
  maxPriorityFeePerGas: transaction.max_priority_fee_per_gas,
  maxFeePerGas: transaction.max_fee_per_gas,
  gas: transaction.gas_limit,
  value: transaction.value,
  data: toHex(transaction.data),
  ...(transaction.to[0] === undefined ? {} : { to: toHex(transaction.to[0]) }),
  accessList: transaction.access_list.map((entry) => ({
    address: toHex(entry.address),
    storageKeys: entry.storage_keys.map((key) => toHex(key))
  }))
});

/** A signer that signs with viem what `lie` makes of the request, and answers what `distort` makes of that. */
const signerThat = (
  lie: (fields: Fields) => Fields = (fields) => fields,
  options: { key?: Hex; distort?: (signed: SignedEvmTransactionWire) => SignedEvmTransactionWire } = {}
): Parameters<typeof signEvmTransaction>[0] => ({
  sign_evm_transaction: async (request) => {
    const fields = lie(fieldsOf(request));
    const hash = keccak256(serializeTransaction(fields));
    const signature = await sign({ hash, privateKey: options.key ?? KEY });
    const raw = serializeTransaction(fields, signature);
    const signed: SignedEvmTransactionWire = {
      raw: hexToBytes(raw),
      hash: hexToBytes(keccak256(raw)),
      digest: hexToBytes(hash),
      r: hexToBytes(signature.r),
      s: hexToBytes(signature.s),
      y_parity: signature.yParity ?? 0,
      log_index: 3n
    };
    return { Ok: (options.distort ?? ((same) => same))(signed) };
  }
});

async function attempt(signer: Parameters<typeof signEvmTransaction>[0]): Promise<SignedEvmTransactionWire> {
  const transaction = await prepareEvmTransaction(chain, {
    from,
    intent: { kind: 'call', to, amountWei: 5n, data: '0x0102' }
  });
  const access_list = [{ address: hexToBytes(token), storage_keys: [new Uint8Array(32).fill(3)] }];
  return signEvmTransaction(signer, { account, from, transaction: { ...transaction, access_list } });
}

describe('prepareEvmTransaction', () => {
  it("fills in the chain's pending nonce, fees and estimate", async () => {
    const transaction = await prepareEvmTransaction(chain, {
      from,
      intent: { kind: 'ether', to, amountWei: 9n }
    });

    expect(transaction).toEqual({
      chain_id: 31_337n,
      nonce: 7n,
      max_priority_fee_per_gas: 1_000_000_000n,
      max_fee_per_gas: 30_000_000_000n,
      gas_limit: 55_000n,
      to: [hexToBytes(to)],
      value: 9n,
      data: new Uint8Array(),
      access_list: []
    });
  });

  it('refuses what the balance does not cover with fees', async () => {
    const prepare = (amountWei: bigint) => (): Promise<unknown> =>
      prepareEvmTransaction(chain, { from, intent: { kind: 'ether', to, amountWei } });

    expect(await refusalCode(prepare(9n))).toBeUndefined();
    expect(await refusalCode(prepare(10n))).toBe('evm/insufficient-funds');
  });

  it('sends a token by a call of its contract', async () => {
    const transaction = await prepareEvmTransaction(chain, {
      from,
      intent: { kind: 'erc20', token, to, amount: 400n }
    });

    expect(transaction.to).toEqual([hexToBytes(token)]);
    expect(transaction.value).toBe(0n);
    expect(toHex(transaction.data)).toBe(
      encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [to, 400n] })
    );
  });
});

describe('signEvmTransaction', () => {
  it('passes on what is signed as asked', async () => {
    const signed = await attempt(signerThat());

    expect(parseTransaction(toHex(signed.raw))).toMatchObject({ nonce: 7, value: 5n, data: '0x0102' });
    expect(signed.log_index).toBe(3n);
  });

  it("refuses with the canister's code", async () => {
    const refusing = {
      sign_evm_transaction: () => Promise.resolve({ Err: { code: 'account/sealed', message: 'no' } })
    };
    expect(await refusalCode(() => attempt(refusing))).toBe('account/sealed');
  });

  it.each<[string, Partial<Fields>]>([
    ['recipient', { to: token }],
    ['no recipient', { to: undefined }],
    ['value', { value: 6n }],
    ['data', { data: '0x0103' }],
    ['nonce', { nonce: 8 }],
    ['chain', { chainId: 1 }],
    ['gas limit', { gas: 55_001n }],
    ['fee', { maxFeePerGas: parseGwei('31') }],
    ['priority fee', { maxPriorityFeePerGas: parseGwei('2') }],
    ['access list', { accessList: [] }]
  ])('refuses another %s, though it is signed right', async (_name, change) => {
    const lying = signerThat((fields) => ({ ...fields, ...change }));
    expect(await refusalCode(() => attempt(lying))).toBe('evm/signed-differs');
  });

  it.each<[string, (signed: SignedEvmTransactionWire) => SignedEvmTransactionWire]>([
    ['hash', (signed) => ({ ...signed, hash: new Uint8Array(32) })],
    ['r', (signed) => ({ ...signed, r: signed.s })],
    ['s cut short', (signed) => ({ ...signed, s: signed.s.slice(1) })],
    ['parity beyond 1', (signed) => ({ ...signed, y_parity: 27 })],
    ['empty raw', (signed) => ({ ...signed, raw: new Uint8Array() })],
    ['raw with a byte more', (signed) => ({ ...signed, raw: Uint8Array.of(...signed.raw, 0) })],
    ['raw that is no transaction', (signed) => ({ ...signed, raw: new Uint8Array(100).fill(0xff) })]
  ])('refuses an answer with another %s', async (_name, distort) => {
    expect(await refusalCode(() => attempt(signerThat(undefined, { distort })))).toBe('evm/signed-differs');
  });

  it('refuses a signature by another key, and one that recovers to nobody', async () => {
    const foreign = signerThat(undefined, { key: OTHER_KEY });
    const nobody = signerThat(undefined, {
      distort: (signed) => {
        const parsed = parseTransaction(toHex(signed.raw));
        const r: Hex = `0x${'ff'.repeat(32)}`;
        const s = toHex(signed.s);
        const raw = serializeTransaction({ ...parsed, type: 'eip1559' } as Fields, { r, s, yParity: 0 });
        return {
          ...signed,
          raw: hexToBytes(raw),
          hash: hexToBytes(keccak256(raw)),
          r: hexToBytes(r),
          y_parity: 0
        };
      }
    });

    expect(await refusalCode(() => attempt(foreign))).toBe('evm/signed-differs');
    expect(await refusalCode(() => attempt(nobody))).toBe('evm/signed-differs');
  });
});
