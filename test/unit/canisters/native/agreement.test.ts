/** Few cases for every run; `npm test` compares 10^5 a door, in the canister too. */
import { type CryptoEngine } from '../../../../src/core/crypto/engine';
import { engine as noble } from '../../../../src/core/crypto/noble/engine';
import { type Door } from '../../../support/agreement/agreement-case';
import { compareDoor, engineResponder } from '../../../support/agreement/compare-door';
import { doorCases, takeCases } from '../../../support/agreement/door-cases';
import { NO, engineCall } from '../../../support/agreement/engine-call';
import { type NativeInNode, startNativeInNode } from '../../../support/native/node-engine';

const CASES: Readonly<Record<Door, number>> = { hash: 3_000, secp256k1: 3_000, ed25519: 3_000, bn254: 600 };
/** Per cent of the cases that end in yes or a value. */
const AFFIRMED: Readonly<Record<Door, readonly [number, number]>> = {
  hash: [100, 100],
  secp256k1: [28, 40],
  ed25519: [6, 12],
  bn254: [2, 8]
};

let native: NativeInNode;

beforeAll(async () => {
  native = await startNativeInNode();
}, 60_000);

describe.each(Object.keys(CASES) as Door[])('cases of %s', (door) => {
  it('are answered by noble and by native as they were made to be', async () => {
    const count = CASES[door];
    const cases = takeCases(doorCases(door, 1), count);

    const report = await compareDoor(cases, [
      engineResponder('noble', count, noble),
      engineResponder('native', count, native.engine)
    ]);

    expect(report.disagreements).toEqual([]);
    expect(report.answered).toEqual({ noble: count, native: count });
    const [least, most] = AFFIRMED[door];
    expect((report.affirmed / count) * 100).toBeGreaterThanOrEqual(least);
    expect((report.affirmed / count) * 100).toBeLessThanOrEqual(most);
  });
});

it('an engine that answers otherwise is named with the case', async () => {
  const refusing: CryptoEngine = { ...noble, ed25519: { verify: () => false } };
  const cases = [...takeCases(doorCases('ed25519', 1), 200)];

  const report = await compareDoor(cases, [
    engineResponder('noble', 200, noble),
    engineResponder('refusing', 200, refusing)
  ]);

  expect(report.disagreementCount).toBe(report.affirmed);
  expect(report.disagreementCount).toBeGreaterThan(0);
  expect(new Set(report.disagreements.map(({ engine }) => engine))).toEqual(new Set(['refusing']));
});

it('an answer other than the one a case was made for is named', async () => {
  const call = engineCall('sha256', new Uint8Array(3));

  const report = await compareDoor(
    [{ call, label: 'made wrong', expected: NO }],
    [engineResponder('noble', 1, noble)]
  );

  expect(report.disagreements).toMatchObject([{ engine: 'noble', label: 'made wrong', expected: '00' }]);
});
