/**
 * Sockets that hand over whole answers. Node gives each read a buffer of its own, and kafkajs joins them to an answer: twice
 * the bytes in garbage that lies outside of the heap, which costs more than everything else that reading does. Here one
 * buffer is read into again and again, and an answer is gathered in one of its own size.
 */
import { connect, isIP, type Socket, type TcpNetConnectOpts } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";

/** What kafkajs asks for. */
interface SocketRequest {
  readonly host: string;
  readonly port: number;
  readonly ssl?: ConnectionOptions;
  readonly onConnect: () => void;
}

const READ_BYTES = 262_144;
const KEEP_ALIVE_MS = 60_000;
/** Whoever gives up on a broker that is away leaves a listener until the connection is made or refused. */
const MOST_LISTENERS = 1000;
/** Longest answer: what the broker may send is bounded by what is asked for, which is far below. */
const MAX_ANSWER_BYTES = 268_435_456;
const SIZE_BYTES = 4;

/** Opens a socket that emits `data` once for each answer, with its size before it. */
export function openSocket({ host, port, ssl, onConnect }: SocketRequest): Socket {
  const take = gathering((answer) => socket.emit("data", answer));
  const callback = (count: number, buffer: Uint8Array) => {
    try {
      take(Buffer.from(buffer.buffer, buffer.byteOffset, count));
    } catch (error) {
      socket.destroy(error as Error);
    }
    return true;
  };
  const options: TcpNetConnectOpts = {
    host,
    port,
    onread: { buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback },
  };
  const socket = ssl
    ? connectTls({ ...(isIP(host) ? {} : { servername: host }), ...options, ...ssl }, onConnect)
    : connect(options, onConnect);
  // Without the delay of 40 ms that small requests may meet.
  return socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS).setMaxListeners(MOST_LISTENERS);
}

/** Takes pieces and gives back answers. Throws when a size cannot be one: then it is not Kafka that answers. */
export function gathering(give: (answer: Buffer) => void): (piece: Buffer) => void {
  const size = Buffer.alloc(SIZE_BYTES);
  let answer: Buffer = size;
  let filled = 0;
  return (piece) => {
    for (let at = 0; at < piece.length; ) {
      const taken = piece.copy(answer, filled, at);
      at += taken;
      filled += taken;
      if (filled < answer.length) return;
      if (answer === size) {
        answer = roomFor(size);
      } else {
        give(answer);
        answer = size;
        filled = 0;
      }
    }
  };
}

function roomFor(size: Buffer): Buffer {
  const bytes = size.readInt32BE();
  if (bytes <= 0 || bytes > MAX_ANSWER_BYTES)
    throw new RangeError(`an answer of ${bytes} bytes is none of Kafka's`);
  const answer = Buffer.allocUnsafe(SIZE_BYTES + bytes);
  size.copy(answer);
  return answer;
}
