// Arithmetic intensity against speed, both on logarithmic scales, under the ceilings of the memories and the units.

function drawRoofline(view) {
  const { device } = view;
  const root = byId("roofline");
  const shown = view.kernels.filter((kernel) => kernel.flops > 0 && kernel.bytes > 0 && kernel.work_s > 0);
  const [width, height, left, right, top, bottom] = [root.clientWidth, 380, 84, 14, 14, 40];
  const peak = device.ceilings[0].rate;
  const ridge = peak / device.bandwidths[0].rate;
  const across = [...shown.map(intensity), ridge];
  const speeds = [...shown.map((kernel) => kernel.flops / kernel.work_s), ...device.ceilings.map((ceiling) => ceiling.rate)];
  const [xLow, xHigh] = [10 ** Math.floor(Math.log10(Math.min(...across)) - 0.15), 10 ** Math.ceil(Math.log10(Math.max(...across)) + 0.3)];
  const [yLow, yHigh] = [10 ** Math.floor(Math.log10(Math.min(...speeds))), Math.max(...speeds) * 2];
  const x = logScale(xLow, xHigh, left, width - right);
  const y = logScale(yLow, yHigh, height - bottom, top);
  const frame = { x, y, xLow, xHigh, yLow, yHigh, left, width, height, right, top, bottom };
  const shapes = [...axes(frame), ...ceilings(frame, device), ...ridgeLine(frame, ridge, peak), ...dots(frame, shown)];
  const drawing = canvas(root, width, height, `Roofline of ${shown.length} kernels, ridge at ${threeDigits(ridge)} FLOP/byte`, shapes);
  choosing(drawing, view, shapeUnder(view));
  const without = view.kernels.length - shown.length;
  byId("roofline-note").textContent = without ? `${without} of ${view.kernels.length} kernels do no arithmetic: they have no place here.` : "";
  return (id) => {
    markShapes(root, id);
    const marked = root.querySelector(".marked");
    if (marked) drawing.append(marked);
  };
}

function axes({ x, y, xLow, xHigh, yLow, yHigh, left, width, height, right, top, bottom }) {
  const floor = height - bottom;
  return [
    ...decades(xLow, xHigh).flatMap((value) => [line(x(value), top, x(value), floor, "grid"), text(x(value), floor + 15, large(value, "").replace(" ", ""), "faint middle")]),
    ...decades(yLow, yHigh).flatMap((value) => [line(left, y(value), width - right, y(value), "grid"), text(left - 6, y(value) + 4, large(value, "FLOP/s"), "faint end")]),
    text((left + width - right) / 2, height - 6, "FLOP/byte", "faint middle"),
  ];
}

// A slope for each memory until the highest roof, a roof for each unit from the first slope on.
function ceilings({ x, y, xLow, xHigh, yLow, yHigh }, device) {
  const peak = device.ceilings[0].rate;
  const slopes = device.bandwidths.flatMap(({ name, rate }, index) => {
    const [from, to] = [Math.max(xLow, yLow / rate), Math.min(peak / rate, xHigh)];
    if (from >= to) return [];
    const [x1, y1, x2, y2] = [x(from), y(from * rate), x(to), y(to * rate)];
    const turn = (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI;
    const words = text(0, index ? -5 : 14, `${name} ${large(rate, "B/s")}`, "faint halo");
    words.setAttribute("transform", `translate(${x1 + (x2 - x1) * 0.12} ${y1 + (y2 - y1) * 0.12}) rotate(${turn})`);
    return [line(x1, y1, x2, y2, index ? "roof minor" : "roof"), words];
  });
  const fastest = Math.max(...device.bandwidths.map(({ rate }) => rate));
  const roofs = device.ceilings.flatMap(({ name, rate }, index) => {
    const [from, height] = [Math.max(xLow, rate / fastest), y(rate)];
    return [line(x(from), height, x(xHigh), height, index ? "roof minor" : "roof"), text(x(xHigh) - 4, height - 5, `${name} ${large(rate, "FLOP/s")}`, "faint end halo")];
  });
  return [...slopes, ...roofs];
}

function ridgeLine({ x, y, height, bottom }, ridge, peak) {
  return [line(x(ridge), y(peak), x(ridge), height - bottom, "ridge"), text(x(ridge) + 5, height - bottom - 6, `ridge ${threeDigits(ridge)}`, "faint")];
}

// The large ones first, so that none hides a small one.
function dots({ x, y }, kernels) {
  return [...kernels]
    .sort((one, other) => other.edp_share - one.edp_share)
    .map((kernel) =>
      svg("circle", {
        class: `dot ${kernel.bottleneck}`, "data-kernel": kernel.id, cx: x(intensity(kernel)), cy: y(kernel.flops / kernel.work_s),
        r: Math.max(2.5, Math.min(36, 48 * Math.sqrt(kernel.edp_share))),
      }),
    );
}
