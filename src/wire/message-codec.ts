/** Encodes and decodes whole messages with the generated code. */
import { asFrameError, checkSize } from './decoding.ts';
import { FieldReader } from './field-reader.ts';
import { FieldWriter } from './field-writer.ts';

const writer = new FieldWriter();

export function encodeMessage<Message>(
  write: (writer: FieldWriter, message: Message) => void,
  message: Message,
): Uint8Array {
  writer.clear();
  write(writer, message);
  return writer.take();
}

/**
 * Reads a message and checks it. Bytes in the message are views, except where the schema says that they are copied.
 * @param name of the message, for errors
 * @param largest allowed number of bytes
 * @param check validates the message, and returns what it stands for
 * @param start of the message in `bytes`
 * @throws {ShardbearerError} `FRAME_TOO_LARGE`, `FRAME_MALFORMED`, `VERSION_UNSUPPORTED`
 */
export function decodeMessage<Message, Value>(
  name: string,
  bytes: Uint8Array,
  largest: number,
  read: (reader: FieldReader) => Message,
  check: (message: Message) => Value,
  start = 0,
): Value {
  checkSize(name, bytes, largest);
  try {
    return check(read(new FieldReader(bytes, start)));
  } catch (error) {
    throw asFrameError(name, error);
  }
}
