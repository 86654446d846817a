import { hex32, toHex } from '../../../../src/core/bytes';
import { deriveKind } from '../../../../src/core/resource/kind';
import { ZERO } from './resource-vectors';

/** `anoma/risc0-kind-tables` `data/generated/staging/eip155_84532.json` @9c8ad7d5: logic, label, kind (SEC 1). */
const PUBLISHED_KINDS = [
  [
    'ca45347792e0e32145325efa7515a552ac9129c5b7193d933219edc6d00c93ad',
    '16de8b0c50bc68ad492641b8edb0eb6502f54740aea69833d2b07744fe5156fa',
    '04d61aa717a352eb9b38e1069534cf7da161901ba05893caffb8c116f0ca18f331ae9785fcc01e5fdc2b70f7b8f59b1c02b7db4929207c1fe2d80f906d1e711f3f'
  ],
  [
    'b564cbdfe7acef7554b2105a2073061883c8402c878ef0cf7fef8bd3eb48cdd7',
    'f886d4de704290af719108b9801cc161cf525f06757580beab5fbeab60673ff9',
    '045533c6ebfcebcc80bd76e976eb90088a50336b18a2ef5d50693fb2ab260f8287ee36e2dca2eb477b48a6fbaf3f7542cc4426c6d9b781aebfd901558f1f7cd695'
  ]
] as const;

describe('deriveKind', () => {
  it.each(PUBLISHED_KINDS)('gives the published kind of %s', (logic, label, kind) => {
    expect(`04${toHex(deriveKind({ logicRef: hex32(logic), labelRef: hex32(label) }))}`).toBe(kind);
  });

  it('keeps logic and label apart', () => {
    const [one, two] = [ZERO, hex32('01'.repeat(32))];
    expect(deriveKind({ logicRef: one, labelRef: two })).not.toEqual(
      deriveKind({ logicRef: two, labelRef: one })
    );
  });
});
