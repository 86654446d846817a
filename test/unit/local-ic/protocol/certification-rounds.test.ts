/** One certificate per round, and none older than one given out before. */
import { lookup_path, lookupResultToBuffer } from '@dfinity/agent';
import { lebDecode, PipeArrayBuffer } from '@dfinity/candid';
import { Endpoints } from '../../../../src/local-ic/protocol/endpoints';
import { type SigningKey } from '../../../../src/local-ic/protocol/subnet-keys';
import {
  anonymously,
  bodyOf,
  callContent,
  CANISTER,
  createFixture,
  nodeKey,
  readContent,
  rootKey,
  textAt,
  utf8,
  verifiedTree
} from '../../../support/local-ic/endpoints-fixture';
import { requestIdOfContent } from '../../../support/local-ic/signed-envelope';

const TARGET = { kind: 'canister', id: CANISTER } as const;
const CALL_COUNT = 64;

function createCountedFixture(): ReturnType<typeof createFixture> & {
  readonly signatureCount: () => number;
} {
  const { replica } = createFixture();
  let count = 0;
  const counting: SigningKey = {
    ...rootKey,
    sign: (payload) => {
      count += 1;
      return rootKey.sign(payload);
    }
  };
  return {
    replica,
    endpoints: new Endpoints(replica, { root: counting, node: nodeKey }),
    signatureCount: () => count
  };
}

it(`signs once for ${CALL_COUNT} calls that settle together, each of which sees its own reply`, async () => {
  const { replica, endpoints, signatureCount } = createCountedFixture();
  const contents = Array.from({ length: CALL_COUNT }, (_, index) =>
    callContent(replica, { nonce: Uint8Array.of(index) })
  );
  const answers = await Promise.all(
    contents.map((content) => endpoints.call(anonymously(content), TARGET, 'sync'))
  );
  expect(signatureCount()).toBe(1);
  for (const [index, answer] of answers.entries()) {
    // Verifying all of them takes its time and shows nothing new.
    if (index % 16 !== 0) continue;
    const tree = await verifiedTree(bodyOf(answer)['certificate']);
    const id = requestIdOfContent(contents[index] ?? {});
    expect(textAt(tree, ['request_status', id, 'status'])).toBe('replied');
  }
});

it('signs again when a call settles after the round', async () => {
  const { replica, endpoints, signatureCount } = createCountedFixture();
  for (const nonce of [1, 2, 3])
    await endpoints.call(anonymously(callContent(replica, { nonce: Uint8Array.of(nonce) })), TARGET, 'sync');
  expect(signatureCount()).toBe(3);
});

it('never shows a state or a time before one that it has shown', async () => {
  const { replica, endpoints } = createFixture();
  const view = replica.canister(CANISTER);
  if (view === undefined) throw new Error('expected a canister');
  let latestNs = 0n;
  for (let step = 0; step < 40; step += 1) {
    replica.nowNs += BigInt([0, 1, 50_000_000, 150_000_000, 250_000_000][step % 5] ?? 0);
    if (step % 3 === 0) replica.setCanister({ ...view, certifiedData: Uint8Array.of(step) });
    const readBody = anonymously(readContent(replica, [[utf8('time')]]));
    const certificate =
      step % 2 === 0
        ? endpoints.dataCertificate(CANISTER)
        : bodyOf(endpoints.readState(readBody, TARGET))['certificate'];
    const tree = await verifiedTree(certificate);
    const time = lookupResultToBuffer(lookup_path(['time'], tree)) ?? new Uint8Array(0);
    const timeNs = lebDecode(new PipeArrayBuffer(time));
    expect(timeNs).toBeGreaterThanOrEqual(latestNs);
    expect(timeNs).toBeLessThanOrEqual(replica.nowNs);
    expect(replica.nowNs - timeNs).toBeLessThanOrEqual(200_000_000n);
    latestNs = timeNs;
    if (step % 2 !== 0) continue;
    const data = lookupResultToBuffer(lookup_path(['canister', CANISTER, 'certified_data'], tree));
    expect(data).toEqual(Uint8Array.of(step - (step % 3)));
  }
});
