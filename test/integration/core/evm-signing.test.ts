/** Transactions encoded and signed in the way of the signer canister, mined by anvil and read back with viem. */
import { secp256k1 } from '@noble/curves/secp256k1';
import {
  type Hex,
  encodeDeployData,
  encodeFunctionData,
  getAddress,
  hexToBytes,
  recoverTransactionAddress,
  toHex as toPrefixedHex
} from 'viem';
import { sha256 } from '../../../src/core/crypto/hash';
import { deriveEvmAddress } from '../../../src/core/keys/evm-address';
import { createEvmSignature } from '../../../src/core/signing/evm-signature';
import {
  type EvmTransactionFields,
  digestEvmTransaction,
  encodeSignedEvmTransaction,
  hashSignedEvmTransaction,
  parseEvmTransaction
} from '../../../src/core/signing/evm-transaction';
import { type Anvil, startAnvil } from '../../fixtures/evm/anvil';
import { compileContracts } from '../../fixtures/evm/compile-contracts';
import { type EvmClients, anvilClients, deployContract } from '../../fixtures/evm/deploy';

const SECRET = sha256(new TextEncoder().encode('a key of these tests'));
const PUBLIC_KEY = secp256k1.getPublicKey(SECRET);
const ADDRESS = getAddress(toPrefixedHex(deriveEvmAddress(PUBLIC_KEY)));
const RECIPIENT: Hex = '0x00000000000000000000000000000000000a11ce';
const GWEI = 10n ** 9n;

let node: Anvil;
let clients: EvmClients;

beforeAll(async () => {
  node = await startAnvil({ chainId: 424_242 });
  clients = anvilClients(node);
  const { wallet, account, chain, reader } = clients;
  const hash = await wallet.sendTransaction({ account, chain, to: ADDRESS, value: 10n ** 19n });
  await reader.waitForTransactionReceipt({ hash });
});
afterAll(async () => {
  await node.stop();
});

type Call = Pick<EvmTransactionFields, 'nonce' | 'to' | 'value' | 'data'> & Partial<EvmTransactionFields>;

/** Signs as the management canister does (64 bytes, any s), and has the transaction mined. */
async function signAndMine(call: Call) {
  const transaction = parseEvmTransaction({
    chainId: 424_242n,
    maxPriorityFeePerGas: GWEI,
    maxFeePerGas: 100n * GWEI,
    gasLimit: 2_000_000n,
    accessList: [],
    ...call
  });
  const digest = digestEvmTransaction(transaction);
  const answer = secp256k1.sign(digest, SECRET, { lowS: false }).toBytes('compact');
  const signature = createEvmSignature({ signature: answer, digest, publicKey: PUBLIC_KEY });
  const raw = encodeSignedEvmTransaction(transaction, signature);
  const hash = await clients.reader.request({
    method: 'eth_sendRawTransaction',
    params: [toPrefixedHex(raw)]
  } as never);
  const receipt = await clients.reader.waitForTransactionReceipt({ hash });
  return { raw: toPrefixedHex(raw), ownHash: toPrefixedHex(hashSignedEvmTransaction(raw)), hash, receipt };
}

it('is mined: a transfer of ETH, at nonce zero', async () => {
  const mined = await signAndMine({
    nonce: 0n,
    to: hexToBytes(RECIPIENT),
    value: 12_345n,
    data: new Uint8Array()
  });

  expect(mined.ownHash).toBe(mined.hash);
  expect([mined.receipt.status, mined.receipt.from]).toEqual(['success', ADDRESS.toLowerCase()]);
  expect(await clients.reader.getBalance({ address: RECIPIENT })).toBe(12_345n);
  expect(await recoverTransactionAddress({ serializedTransaction: mined.raw as `0x02${string}` })).toBe(
    ADDRESS
  );
});

it('is mined: a transfer of an ERC-20 with an access list', async () => {
  const { abi } = compileContracts().TestToken;
  const token = await deployContract(clients, { name: 'TestToken', args: ['Test', 'TST', 1_000n] });
  const { wallet, account, chain, reader } = clients;
  const hash = await wallet.writeContract({
    account,
    chain,
    address: token.address,
    abi,
    functionName: 'transfer',
    args: [ADDRESS, 100n]
  });
  await reader.waitForTransactionReceipt({ hash });
  const data = hexToBytes(encodeFunctionData({ abi, functionName: 'transfer', args: [RECIPIENT, 40n] }));
  const accessList = [{ address: hexToBytes(token.address), storageKeys: [new Uint8Array(32)] }];
  const mined = await signAndMine({ nonce: 1n, to: hexToBytes(token.address), value: 0n, data, accessList });

  expect(mined.receipt.status).toBe('success');
  const balanceOf = (owner: Hex): Promise<unknown> =>
    reader.readContract({ address: token.address, abi, functionName: 'balanceOf', args: [owner] });
  expect([await balanceOf(RECIPIENT), await balanceOf(ADDRESS)]).toEqual([40n, 60n]);
});

it('is mined: the creation of a contract', async () => {
  const { abi, bytecode } = compileContracts().TestToken;
  const data = hexToBytes(encodeDeployData({ abi, bytecode, args: ['New', 'NEW', 7n] }));
  const mined = await signAndMine({ nonce: 2n, to: undefined, value: 0n, data });

  const address = mined.receipt.contractAddress;
  expect(mined.receipt.status).toBe('success');
  if (address === null || address === undefined) throw new Error('no contract was created');
  const total = await clients.reader.readContract({
    address,
    abi,
    functionName: 'balanceOf',
    args: [ADDRESS]
  });
  expect(total).toBe(7n);
});
