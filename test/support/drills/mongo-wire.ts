import { mongo } from 'mongoose';

const HEADER_BYTES = 16;
const OP_MSG = 2013;
const FLAGS_BYTES = 4;
const BODY_SECTION = 0;

/** The parts of a MongoDB command that {@link commandIn} reads. */
export interface WireCommand {
  readonly requestId: number;
  readonly name: string;
  /** The collection of a read or a write. */
  readonly collection: unknown;
  readonly database: unknown;
}

/** Splits the data of a connection into complete messages of MongoDB's wire protocol. */
export class WireMessages {
  private rest = Buffer.alloc(0);

  /** Adds data of the connection, and returns the messages that it completes. */
  take(bytes: Buffer): readonly Buffer[] {
    this.rest = Buffer.concat([this.rest, bytes]);
    const messages: Buffer[] = [];
    for (;;) {
      const length = this.rest.length < HEADER_BYTES ? Infinity : this.rest.readInt32LE(0);
      if (this.rest.length < length) return messages;
      messages.push(this.rest.subarray(0, length));
      this.rest = this.rest.subarray(length);
    }
  }
}

/** Returns the command in a message, or `undefined` for another kind of message. */
export function commandIn(message: Buffer): WireCommand | undefined {
  if (message.readInt32LE(12) !== OP_MSG) return undefined;
  const kindAt = HEADER_BYTES + FLAGS_BYTES;
  if (message[kindAt] !== BODY_SECTION) return undefined;
  const size = message.readInt32LE(kindAt + 1);
  const body = mongo.BSON.deserialize(message.subarray(kindAt + 1, kindAt + 1 + size));
  const [name = ''] = Object.keys(body);
  return {
    requestId: message.readInt32LE(4),
    name,
    collection: body[name] as unknown,
    database: body['$db'] as unknown,
  };
}

/** Returns a message that answers a command as a server does. */
export function answerTo({ requestId }: WireCommand, body: Readonly<Record<string, unknown>>): Buffer {
  const document = mongo.BSON.serialize(body);
  const head = Buffer.alloc(HEADER_BYTES + FLAGS_BYTES + 1);
  head.writeInt32LE(head.length + document.length, 0);
  head.writeInt32LE(requestId, 8);
  head.writeInt32LE(OP_MSG, 12);
  return Buffer.concat([head, document]);
}
