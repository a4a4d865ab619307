/** Two kinds of charts, drawn by Vega as SVG text: no browser, no network, and colours that the page decides on. */
import { type Data, type Mark, parse, type Scale, type Spec, type Axis as VegaAxis, View } from "vega";
import type { Markup } from "./markup.ts";

/** One direction of a chart. */
export interface Axis {
  readonly title: string;
  readonly type: "linear" | "log" | "sqrt";
  readonly domain: readonly [number, number];
  /** Where its ticks stand; chosen by the library if left out. */
  readonly values?: readonly number[];
  /** In the notation of d3-format. */
  readonly format?: string;
}

/** A colour of the page: the name of a CSS variable without its dashes. */
export type Colour = "ink" | "muted" | "benign" | "attack" | "resisted" | "third";

/** A line from point to point, or one that is level between points. */
export interface Line {
  readonly colour: Colour;
  readonly shape?: "linear" | "step-after";
  readonly hasDots?: boolean;
  readonly isDashed?: boolean;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** A value in the row of its label, with an interval; several may stand in one row. */
export interface RowValue {
  readonly label: string;
  readonly colour: Colour;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  /** A stroke instead of a dot. */
  readonly isMark?: boolean;
}

const WIDTH = 560;
const HEIGHT = 240;
const ROW = 24;
const LABELS = 200;

/** Lines over two axes. `description` is read out where the chart cannot be seen. */
export function lineChart(description: string, x: Axis, y: Axis, lines: readonly Line[]): Promise<Markup> {
  return drawn({
    description,
    width: WIDTH,
    height: HEIGHT,
    data: lines.map(({ points }, at) => named(`line ${at}`, points)),
    scales: [scaleOf("x", x, "width"), scaleOf("y", y, "height")],
    axes: [axisOf("x", x), axisOf("y", y)],
    marks: lines.flatMap((line, at) => lineMarks(line, `line ${at}`)),
  });
}

/** Values in rows, one below the other. */
export function rowChart(description: string, x: Axis, values: readonly RowValue[]): Promise<Markup> {
  const labels = [...new Set(values.map(({ label }) => label))];
  const intervals = values.filter(({ low, high }) => low !== undefined && high !== undefined);
  return drawn({
    description,
    width: WIDTH - LABELS,
    height: labels.length * ROW,
    data: [named("values", values), named("intervals", intervals)],
    scales: [scaleOf("x", x, "width"), { name: "y", type: "band", domain: labels, range: "height" }],
    axes: [
      axisOf("x", x),
      { ...LOOK, orient: "left", scale: "y", labelLimit: 2 * LABELS, domain: false, ticks: false },
    ],
    marks: ROW_MARKS,
  });
}

const named = (name: string, values: readonly object[]): Data => ({ name, values: [...values] });

const LOOK = {
  labelColor: "var(--ink)",
  titleColor: "var(--muted)",
  gridColor: "var(--grid)",
  domainColor: "var(--muted)",
  tickColor: "var(--muted)",
  labelFont: "inherit",
  titleFont: "inherit",
  titleFontWeight: "normal",
  labelFontSize: 12,
  titleFontSize: 12,
  titlePadding: 8,
} as const;

function scaleOf(name: string, { type, domain }: Axis, range: "width" | "height"): Scale {
  return { name, type, domain: [...domain], range, nice: false, clamp: true, zero: false };
}

function axisOf(scale: "x" | "y", { title, values, format, domain: [from, to] }: Axis): VegaAxis {
  return {
    ...LOOK,
    scale,
    title,
    orient: scale === "x" ? "bottom" : "left",
    grid: true,
    tickCount: 6,
    labelOverlap: true,
    ...(values === undefined ? {} : { values: values.filter((value) => from <= value && value <= to) }),
    ...(format === undefined ? {} : { format }),
  };
}

function lineMarks({ colour, shape = "linear", hasDots, isDashed }: Line, from: string): Mark[] {
  const place = { x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" } };
  const stroke = { value: `var(--${colour})` };
  const dash = isDashed ? { strokeWidth: { value: 1 }, strokeDash: { value: [4, 4] } } : {};
  const line: Mark = {
    type: "line",
    from: { data: from },
    encode: { enter: { ...place, stroke, interpolate: { value: shape }, ...dash } },
  };
  const dots: Mark = {
    type: "symbol",
    from: { data: from },
    encode: { enter: { ...place, fill: stroke, size: { value: 36 } } },
  };
  return hasDots ? [line, dots] : [line];
}

const INK = { signal: "'var(--' + datum.colour + ')'" };
const MIDDLE = { scale: "y", field: "label", band: 0.5 };
/** An upright stroke, in the notation of SVG paths. */
const UPRIGHT = "M-0.1,-1H0.1V1H-0.1Z";

const ROW_MARKS: Mark[] = [
  {
    type: "rule",
    from: { data: "intervals" },
    encode: {
      enter: {
        x: { scale: "x", field: "low" },
        x2: { scale: "x", field: "high" },
        y: MIDDLE,
        stroke: INK,
        strokeWidth: { value: 2 },
        strokeOpacity: { value: 0.5 },
      },
    },
  },
  {
    type: "symbol",
    from: { data: "values" },
    encode: {
      enter: {
        x: { scale: "x", field: "value" },
        y: MIDDLE,
        fill: INK,
        size: { signal: "datum.isMark ? 200 : 64" },
        shape: { signal: `datum.isMark ? '${UPRIGHT}' : 'circle'` },
      },
    },
  },
];

async function drawn(spec: Spec): Promise<Markup> {
  const view = new View(parse(spec), { renderer: "none" });
  const markup = await view.toSVG();
  view.finalize();
  return { markup };
}
