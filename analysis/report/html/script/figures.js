// Figures as the other reports write them: a unit, at most three significant digits (analysis/report/units.py).

const SMALL = [[1, ""], [1e-3, "m"], [1e-6, "µ"], [1e-9, "n"], [1e-12, "p"]];
const LARGE = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""]];

const threeDigits = (value) => String(Number(value.toPrecision(3)));

function scaled(value, unit, steps) {
  if (Math.abs(value) < 1e-15) return `0 ${unit}`;
  const [factor, prefix] = steps.find(([least]) => Math.abs(value) >= least * 0.9995) ?? steps.at(-1);
  return `${threeDigits(value / factor)} ${prefix}${unit}`;
}

const small = (value, unit) => scaled(value, unit, SMALL);
const large = (value, unit) => scaled(value, unit, LARGE);

function percent(share) {
  const value = 100 * share;
  if (value > 0 && value < 0.1) return "<0.1 %";
  return `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)} %`;
}

const intensity = (kernel) => (kernel.bytes ? kernel.flops / kernel.bytes : 0);

const place = (kernel) => (kernel.line === null ? "" : `${kernel.file.split(/[\\/]/).at(-1)}:${kernel.line}`);

// What a kernel costs, in a few lines.
function summary(kernel, device) {
  const lines = [
    kernel.name,
    kernel.operators.map((operator) => operator.kind).join(" + "),
    `${percent(kernel.edp_share)} of EDP · ${small(kernel.latency_s, "s")} · ${small(kernel.energy_j, "J")} · ${kernel.bottleneck}-bound`,
    `${large(kernel.flops, "FLOP")}, ${large(kernel.bytes, "B")}: ${threeDigits(intensity(kernel))} FLOP/byte`,
    `works ${small(kernel.work_s, "s")} on ${kernel.units_used} of ${device.units} ${device.unit_name}, ${percent(kernel.utilization)} filled`,
  ];
  return [...lines, place(kernel)].filter(Boolean).join("\n");
}
