// The client's protobuf adapter, as the tests use it: what it hears comes as JSON would have it.
import { WebSocketAdapterPb } from "@heroiclabs/nakama-js-protobuf";

const TEXT_OR_MESSAGE = 2; // the kind of a field on the wire; of the others only varints (0) are met here
const WRAPPERS = ["code", "persistent", "label", "status"]; // fields that know whether they were set
const PARTY = 34;
const OLDER_PARTY = { 1: 1, 2: 2, 4: 3, 5: 4, 6: 5, 7: 6 };

/**
 * The adapter unchanged, between two corrections.
 *
 * Behind it, so that a test reads the same in both encodings: unset fields are left out, and times are text.
 * Before it, because version 1.4.0, the latest, reads `Party` by the numbers its fields had before `hidden` came in.
 */
export class ProtobufAdapter extends WebSocketAdapterPb {
  set onMessage(handler) {
    super.onMessage = (envelope) => handler(asInJson(envelope));
    const read = this._socket.onmessage;
    this._socket.onmessage = ({ data }) => read({ data: withOlderParty(new Uint8Array(data)) });
  }
}

function asInJson(value, name) {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => asInJson(item));
  if (!isObject(value)) return value;
  const isSet = ([key, item]) => item !== undefined && (!isDefault(item) || (WRAPPERS.includes(key) && name !== "error"));
  return Object.fromEntries(Object.entries(value).filter(isSet).map(([key, item]) => [key, asInJson(item, key)]));
}

const isObject = (value) => value && typeof value === "object" && !(value instanceof Uint8Array);
const isDefault = (value) => !value || value.length === 0 || (isObject(value) && Object.keys(value).length === 0);

function withOlderParty(envelope) {
  const written = [];
  for (const { number, kind, raw, value } of fields(envelope)) {
    written.push(number === PARTY ? field(number, kind, delimited(olderParty(value))) : field(number, kind, raw));
  }
  return joined(written);
}

function olderParty(party) {
  const known = [...fields(party)].filter(({ number }) => number in OLDER_PARTY);
  return joined(known.map(({ number, kind, raw }) => field(OLDER_PARTY[number], kind, raw)));
}

/** The fields of a message: `raw` is all behind the tag, `value` the bytes of a text or message. */
function* fields(bytes) {
  for (let at = 0; at < bytes.length; ) {
    const [tag, start] = varint(bytes, at);
    const [size, behind] = varint(bytes, start);
    const kind = tag & 7;
    at = kind === TEXT_OR_MESSAGE ? behind + size : behind;
    yield { number: tag >> 3, kind, raw: bytes.subarray(start, at), value: bytes.subarray(behind, at) };
  }
}

const field = (number, kind, raw) => joined([varintBytes((number << 3) | kind), raw]);
const delimited = (value) => joined([varintBytes(value.length), value]);

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function varint(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}

function varintBytes(value) {
  const written = [];
  for (; value > 0x7f; value >>= 7) written.push((value & 0x7f) | 0x80);
  return Uint8Array.from([...written, value]);
}
