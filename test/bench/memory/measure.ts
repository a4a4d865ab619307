/** In a process of its own, with `--expose-gc`: measures what the arguments say and prints it as JSON. */
import { flatness } from "./flatness.ts";
import { bytesOf, isPiece } from "./pieces.ts";

const [what = "", first = "", second = ""] = process.argv.slice(2);
const answer = isPiece(what) ? bytesOf(what, Number(first)) : await flatness(first, Number(second));
process.stdout.write(JSON.stringify(answer));
