/**
 * Published resources of Anoma's resource machine v1.1.
 *
 * `SEPOLIA_RESOURCE`: a resource on Sepolia, `anoma/risc0-kind-tables` @9a606f51
 * `sepolia-v1-usdc-resource.json`, nullifier key of the public test keychain `anoma/pa-testkit` @74cf6ad7.
 * `FIXTURE_*`: `test_tx_reg_01_01.bin` of `anoma/evm-protocol-adapter` contracts/v1.1.0 (file SHA-256 997da055…).
 */
import { type Bytes32, hex32 } from '../../../../src/core/bytes';
import { type Resource } from '../../../../src/core/resource/resource';

export const ZERO = hex32('00'.repeat(32));

export type ResourceVector = {
  readonly name: string;
  readonly resource: Resource;
  readonly nk: Bytes32;
  readonly commitment: string;
  readonly nullifier: string;
};

export const SEPOLIA_RESOURCE: ResourceVector = {
  name: 'a resource on Sepolia',
  resource: {
    logicRef: hex32('bc12323668c37c3d381ca798f11116f35fb1639d12239b29da7810df3985e7ad'),
    labelRef: hex32('315ddff478baf56718c36581038b5408bfbbcdc4283ece5dd8de5a02014a4bae'),
    quantity: 2_000_000n,
    isEphemeral: false,
    valueRef: hex32('8cdbb6b80d8f1ea739fbfa629e4f1f1387feedf1f73b15079f0831ba0fa0b1ce'),
    nonce: hex32('b4825aa7f240a6ac969cc0c3897d3368f23396c941952b8a4da36190b50073cf'),
    randSeed: hex32('db6e108aeffef5b720049396922adbbe9258207d76574cdbf28a8ce7b85dbb46'),
    nkCommitment: hex32('0f644901f429fae74d79b56fe9f3828ea63c20e48297d50a30be33fdc747b808')
  },
  nk: hex32('78632d57d7d46997e885916adb02de2f2ce56fc59dcbd7011b9d843a9b561079'),
  commitment: 'ec866e8ec53523710191caca82edee653f09f025ee35c6bebaa103546dfbf6d4',
  nullifier: '1ea73cb88f763e8c9ef8a3e1e1bd29f3b8f886b3582361572a2000aa5b193a01'
};

/** Where {@link SEPOLIA_RESOURCE} lies: index, siblings from the leaves upwards with "leaf is on the right", root. */
export const SEPOLIA_PATH = {
  index: 4174n,
  root: '2747e8b84eb0733b4761ad7599ed5adb8feacda532f872dcbcc3bb8f5dbbeda6',
  siblings: [
    ['d129e8fb1a975f70312198df670b52f1a2ee41c9ce3f233ce46a72b843a50d36', false],
    ['cbab6e91d817c55bb7828288fe84f9c62ea701d1645643d7390a7b75bb140e18', true],
    ['6c4c95d97e889b9a83cd6cef3edc67195bb684f165193bdda58bfd48f5270f83', true],
    ['c920723a3f6794646bb5a596e534729c45824db20eb6c65fc41cf7c0288c2a6f', true],
    ['633014c40dae188cf180719ca4aac59bec55c42f0637a5c4812ca58d434d0387', false],
    ['c28a2e4790e8689eb0551dff6f6bdae7aae52fb6090ab755afdf3a4a58a3b89b', false],
    ['f2703d9b5c4995fb9e90801ef42ca83bac04f19dd500933960f235a1eff426ae', true],
    ['7cd108d9aa1aa6e81c84128c4ab3d4172f84aa71fd03db63cd9a7dd0b221dad1', false],
    ['9fd2b7153c9aac55a4220e24a6734810cf3ddd38da3607f29ac4c42df5802b56', false],
    ['18db5dfe794336af2963876d47dc97738b45276ecb326e53431bbf734cab79f0', false],
    ['d337ccd9a386fe657d315b4561dd126731960ec391ea97730fea2b8bdad775ba', false],
    ['1be19a4cd40ebc4f1eaacf0a746bebcc0ebd41cf4e6c5efac87c9366e36ec5d4', false],
    ['4d584849de52cccbe5d0ba6de18c386c1bd9ac71cc19151840be72f56ec90105', true]
  ] as const satisfies readonly (readonly [string, boolean])[]
};

const ZERO_KEY_COMMITMENT = hex32('66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925');

const ZERO_RESOURCE: Resource = {
  logicRef: ZERO,
  labelRef: ZERO,
  quantity: 0n,
  valueRef: ZERO,
  isEphemeral: true,
  nonce: ZERO,
  nkCommitment: ZERO_KEY_COMMITMENT,
  randSeed: ZERO
};

export const FIXTURE_CONSUMED: ResourceVector = {
  name: 'the consumed resource of the adapter fixture',
  resource: {
    ...ZERO_RESOURCE,
    logicRef: hex32('795801e6474084c49d6fb5b6303155732378e27718431230a401f0ffa5eae9c4'),
    quantity: 1n
  },
  nk: ZERO,
  commitment: '451826b8f7cf5896eb7f5eaa81b492fde285c0a5d13325e703424989d58a7825',
  nullifier: '08b4037edf0446e5cfa17364f01003c853aa687fdbe32a9b8d55876d39b7b3c4'
};

/** Its nullifier is not published. */
export const FIXTURE_CREATED = {
  resource: { ...FIXTURE_CONSUMED.resource, nonce: hex32(FIXTURE_CONSUMED.nullifier) },
  commitment: 'e1fb48ad805e28c104d1a70387ae2391e926307947bedcf9f80150ba89a9aa0b',
  actionTreeRoot: '4bc8a7d4dd71e5c2f28733f22b9dfdc9616f07c7394087294d7adf1cfabdc2bc'
};

/** `Resource::default()` of v1.1.1 and its persistent sibling of quantity 1; the successor of the latter. */
export const DEFAULT_RESOURCE: ResourceVector = {
  name: 'the default resource',
  resource: ZERO_RESOURCE,
  nk: ZERO,
  commitment: '22d48653954e2f071eada1c267b141711bda44eadf482d7005456258d25619dd',
  nullifier: '6c3faa5d81855c6d2e66bdc85c19e8cdaa2b9f3c23791fd0522184fc92ca2041'
};
export const PERSISTENT_RESOURCE: ResourceVector = {
  name: 'the default resource, persistent, of quantity 1',
  resource: { ...ZERO_RESOURCE, quantity: 1n, isEphemeral: false },
  nk: ZERO,
  commitment: 'd866b2ab0892f791e6c62c04bb5dad9781aee034606b56a5739a77e223520486',
  nullifier: '3a475f6c1ac0a997cdaa12076fb948a4c722a19ec92ec50a321a8cd3a3b7ebfb'
};
export const PERSISTENT_SUCCESSOR = {
  resource: { ...PERSISTENT_RESOURCE.resource, nonce: hex32(PERSISTENT_RESOURCE.nullifier) },
  commitment: '247e14a0fbbdc5bd73b6c259f32235c553cc6a500a9c9c0fd4cfdf82934be3c5'
};
