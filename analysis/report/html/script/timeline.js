// The kernels in time, with what passes between them; the critical path; and how many of the device's units each fills.

const ROWS = { axis: 22, kernels: [26, 36], path: [68, 10], units: [92, 130], height: 230 };

function drawTimeline(view) {
  const { device } = view;
  const [root, axis] = [byId("timeline"), byId("timeline-axis")];
  const spans = spansOf(view.kernels);
  const total = spans.at(-1)?.end ?? 0;
  const width = Math.floor(root.clientWidth * 2 ** Number(byId("zoom").value));
  const x = (seconds) => (total ? (seconds / total) * width : 0);
  axis.replaceChildren(unitsAxis(device));
  const shapes = [gapPattern(), ...timeAxis(x, total, width), ...bands(spans, x, device, width)];
  const frame = svg("rect", { class: "frame", visibility: "hidden", y: ROWS.kernels[0] - 2, height: ROWS.units[0] + ROWS.units[1] - ROWS.kernels[0] + 4 });
  const drawing = canvas(root, width, ROWS.height, `Timeline of ${spans.length} kernels in ${small(total, "s")}`, [...shapes, frame]);
  const at = (event) => {
    const seconds = ((event.clientX - drawing.getBoundingClientRect().left) / width) * total;
    return spans.find((span) => seconds < span.end)?.kernel;
  };
  choosing(drawing, view, at);
  byId("timeline-note").textContent = timelineNote(view.kernels, device, total);
  return (id) => {
    const span = spans.find((each) => each.kernel.id === id);
    frame.setAttribute("visibility", span ? "visible" : "hidden");
    if (!span) return;
    frame.setAttribute("x", x(span.start));
    frame.setAttribute("width", Math.max(2, x(span.end) - x(span.start)));
    if (x(span.start) < root.scrollLeft || x(span.end) > root.scrollLeft + root.clientWidth) root.scrollLeft = x(span.start) - root.clientWidth / 3;
  };
}

// How long the device works on a kernel within its part of the run.
const worked = (kernel) => Math.min(kernel.work_s, kernel.latency_s);

// Each kernel's part of the run: first what it waits for, then its work.
function spansOf(kernels) {
  let start = 0;
  return kernels.map((kernel) => {
    const span = { kernel, start, works: start + kernel.latency_s - worked(kernel), end: start + kernel.latency_s };
    start = span.end;
    return span;
  });
}

function bands(spans, x, device, width) {
  const [kernelTop, kernelHeight] = ROWS.kernels;
  const [unitsTop, unitsHeight] = ROWS.units;
  const rect = (from, to, top, height) => `M${x(from).toFixed(2)} ${top.toFixed(1)}H${Math.max(x(from) + 0.4, x(to) - (x(to) - x(from) > 3 ? 0.6 : 0)).toFixed(2)}v${height.toFixed(1)}H${x(from).toFixed(2)}z`;
  const up = (from, to, share) => rect(from, to, unitsTop + unitsHeight * (1 - share), unitsHeight * share);
  const path = (kind, chosen, shape) => svg("path", { class: kind, d: chosen.map(shape).join("") });
  const found = [
    svg("rect", { class: "all-units", x: 0, y: unitsTop, width, height: unitsHeight }),
    path("gap", spans, (span) => rect(span.start, span.works, kernelTop, kernelHeight)),
    path("on-path", spans.filter((span) => span.kernel.critical), (span) => rect(span.start, span.end, ...ROWS.path)),
  ];
  for (const bottleneck of ["compute", "memory", "launch"]) {
    const own = spans.filter((span) => span.kernel.bottleneck === bottleneck);
    found.push(
      path(`tone ${bottleneck}`, own, (span) => rect(span.works, span.end, kernelTop, kernelHeight)),
      path(`used ${bottleneck}`, own, (span) => up(span.works, span.end, Math.min(1, span.kernel.units_used / device.units))),
      path(`tone ${bottleneck}`, own, (span) => up(span.works, span.end, Math.min(1, span.kernel.utilization))),
    );
  }
  return found;
}

function gapPattern() {
  const lines = svg("path", { class: "gap-line", d: "M-1 5L5 -1M2 8L8 2" });
  return svg("defs", {}, svg("pattern", { id: "gap", width: 6, height: 6, patternUnits: "userSpaceOnUse" }, lines));
}

function timeAxis(x, total, width) {
  if (!total) return [];
  return rounds(total, Math.max(2, Math.floor(width / 130))).flatMap((seconds, index) => [
    line(x(seconds), ROWS.axis - 4, x(seconds), ROWS.units[0] + ROWS.units[1], "grid"),
    text(x(seconds) + (index ? 0 : 1), ROWS.axis - 8, small(seconds, "s"), `faint ${index ? (x(seconds) > width - 30 ? "end" : "middle") : ""}`),
  ]);
}

function unitsAxis(device) {
  const [top, height] = ROWS.units;
  const middle = ([start, length]) => start + length / 2 + 4;
  return svg("svg", { width: 88, height: ROWS.height, "aria-hidden": "true" },
    text(80, middle(ROWS.kernels), "kernels", "faint end"),
    text(80, middle(ROWS.path), "critical path", "faint end"),
    text(80, top + 9, `${device.units} ${device.unit_name}`, "faint end"),
    text(80, top + height / 2 + 4, threeDigits(device.units / 2), "faint end"),
    text(80, top + height, "0", "faint end"));
}

function timelineNote(kernels, device, total) {
  const works = kernels.reduce((sum, kernel) => sum + worked(kernel), 0);
  const filled = kernels.reduce((sum, kernel) => sum + kernel.utilization * worked(kernel), 0);
  const share = (seconds) => percent(total ? seconds / total : 0);
  return `Hatched: no kernel works (launches, gaps), ${share(total - works)} of the time. Below: the ${device.unit_name} that have work (light) and how far useful work fills them (full): ${share(filled)} of what the device has in that time.`;
}
