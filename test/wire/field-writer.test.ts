import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FieldReader } from '../../src/wire/field-reader.ts';
import { FieldWriter } from '../../src/wire/field-writer.ts';

test('the length of a submessage is right, also if it takes several bytes', () => {
  const writer = new FieldWriter();
  for (const size of [0, 1, 125, 126, 127, 128, 129, 16_383, 16_384, 16_390, 70_000]) {
    writer.nested(1, (inner, value) => inner.bytes(2, value), new Uint8Array(size).fill(7));
    writer.number(3, size + 1);
    const reader = new FieldReader(writer.take());
    expect(reader.next()).toBe(1);
    const inner = reader.message((nested) => {
      expect(nested.next()).toBe(2);
      return nested.bytes();
    });
    expect(inner).toEqual(new Uint8Array(size).fill(7));
    expect([reader.next(), reader.number(), reader.next()]).toEqual([3, size + 1, 0]);
  }
});

test('a text keeps a byte order mark at its start', () => {
  const writer = new FieldWriter();
  writer.text(1, '\ufefftext');
  const reader = new FieldReader(writer.take());
  expect([reader.next(), reader.text()]).toEqual([1, '\ufefftext']);
});

test('a taken message does not change while others are written', () => {
  const [sharing, copying] = [new FieldWriter(64), new FieldWriter()];
  const write = (writer: FieldWriter, length: number): void => {
    writer.nested(1, (inner, size: number) => inner.bytes(2, new Uint8Array(size).fill(size)), length);
  };
  const lengths = Array.from({ length: 200 }, (_, at) => at);
  const views = lengths.map((length) => {
    write(sharing, length);
    return sharing.take();
  });
  const copies = lengths.map((length) => {
    write(copying, length);
    return copying.take();
  });
  expect(views).toEqual(copies);
});

test('a large message has a buffer of its own, which later messages do not keep in memory', () => {
  const writer = new FieldWriter(64);
  const write = (length: number): Uint8Array => {
    writer.bytes(1, new Uint8Array(length).fill(length));
    return writer.take();
  };
  const small = write(10);
  const large = write(1_000_000);
  const next = write(10);
  expect(next).toEqual(small);
  expect(large.buffer.byteLength).toBeLessThan(1.1 * large.length);
  expect(next.buffer.byteLength).toBe(64);
});

test('lists of numbers come back the same, packed or not', () => {
  const unsigned = fc.array(fc.maxSafeNat());
  const signed = fc.array(fc.integer());
  fc.assert(
    fc.property(unsigned, signed, (numbers, integers) => {
      const writer = new FieldWriter();
      writer.numbers(1, numbers);
      writer.signedNumbers(2, integers);
      for (const one of numbers) writer.number(3, one);
      const reader = new FieldReader(writer.take());
      const [packed, zigzag, single]: [number[], number[], number[]] = [[], [], []];
      for (let field = reader.next(); field !== 0; field = reader.next()) {
        if (field === 2) reader.signedNumbers(zigzag);
        else reader.numbers(field === 1 ? packed : single);
      }
      expect([packed, zigzag, single]).toEqual([numbers, integers, numbers]);
    }),
  );
});

test('a packed list that ends inside a number is refused', () => {
  // The content of field 1 has two bytes. The second byte begins a number that continues behind the field.
  const reader = new FieldReader(Uint8Array.of(0x0a, 2, 1, 0x80, 1));
  reader.next();
  expect(() => reader.numbers([])).toThrow(expect.objectContaining({ code: 'FRAME_MALFORMED' }));
});

test('a number above 2^53 - 1 is refused', () => {
  const reader = new FieldReader(Uint8Array.of(0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10));
  reader.next();
  expect(() => reader.number()).toThrow(expect.objectContaining({ code: 'FRAME_MALFORMED' }));
});

test('only whole numbers from 0 to 2^53 - 1 are written', () => {
  const writer = new FieldWriter();
  for (const value of [-1, 0.5, 2 ** 53, Number.NaN]) {
    expect(() => writer.number(1, value)).toThrow(expect.objectContaining({ code: 'INVARIANT_BROKEN' }));
  }
});

test('a message whose writing failed leaves no bytes in the next one', () => {
  const writer = new FieldWriter(64);
  writer.begin();
  writer.number(1, 5);
  expect(() => writer.number(2, -1)).toThrow(expect.objectContaining({ code: 'INVARIANT_BROKEN' }));
  writer.begin(3);
  writer.number(1, 6);
  expect(writer.take().subarray(3)).toEqual(Uint8Array.of(0x08, 6));
});
