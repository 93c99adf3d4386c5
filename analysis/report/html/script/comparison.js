// Devices side by side: bars with the interval that each figure is believed to lie in.

function drawComparison(record, chosen) {
  const figures = [
    ["Latency", "s", (device) => device.latency_s],
    ["Energy", "J", (device) => device.energy_j],
    ["EDP", "J·s", (device) => ({ value: device.edp_js, low: device.edp_js, high: device.edp_js })],
  ];
  byId("bars").replaceChildren(...figures.map(([name]) => element("div", { class: "drawing" }, element("h3", {}, name))));
  figures.forEach(([name, unit, figure], index) => drawBars(byId("bars").children[index], name, unit, record.devices.map(figure), record.devices, chosen));
}

function drawBars(root, name, unit, rows, devices, chosen) {
  const [width, height, names, values] = [Math.max(root.clientWidth, 300), 24, 150, 70];
  const most = Math.max(...rows.map((row) => row.high));
  const x = (value) => names + (most ? value / most : 0) * (width - names - values);
  const shapes = rows.flatMap((row, index) => {
    const [top, own] = [index * height, index === chosen];
    const middle = top + height / 2;
    const shown = devices[index].name.replace(/^NVIDIA |^Intel |^AMD /, "");
    return [
      text(0, middle + 4, fitted(shown, names - 8), own ? "own-name" : ""),
      svg("rect", { class: own ? "bar own" : "bar", x: names, y: top + 5, width: Math.max(1.5, x(row.value) - names), height: height - 10 }),
      ...(row.low < row.high ? [svg("path", { class: "whisker", d: whisker(x(row.low), x(row.high), middle) })] : []),
      text(Math.max(x(row.value), x(row.high)) + 8, middle + 4, small(row.value, unit), own ? "own-name" : ""),
    ];
  });
  const words = rows.map((row, index) => `${devices[index].name} ${small(row.value, unit)}`).join(", ");
  const drawing = svg("svg", { width, height: rows.length * height, role: "img", "aria-label": `${name}: ${words}` }, ...shapes);
  root.append(drawing);
  tipped(drawing, (event) => {
    const index = Math.floor((event.clientY - drawing.getBoundingClientRect().top) / height);
    const row = rows[index];
    return row && `${devices[index].name}\n${small(row.value, unit)}${row.low < row.high ? ` (${small(row.low, unit)} to ${small(row.high, unit)})` : ""}`;
  });
}

const whisker = (low, high, y) => `M${low} ${y - 4}v8M${low} ${y}H${high}M${high} ${y - 4}v8`;
