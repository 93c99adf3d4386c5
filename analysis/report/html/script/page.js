// The page as a whole: which device is shown, which kernel is chosen, what its host is asked.

const host = typeof acquireVsCodeApi === "function" ? acquireVsCodeApi() : null;

const view = {
  record: JSON.parse(byId("record").textContent),
  device: null,
  kernels: [],
  chosen: null,
  marks: new Map(),

  kernel(id) {
    return this.kernels.find((kernel) => kernel.id === id);
  },

  // Marks a kernel in every drawing; null marks none.
  choose(id) {
    this.chosen = id;
    for (const mark of this.marks.values()) mark(id);
    showChosen(this);
    remember();
  },

  step(way) {
    const place = this.kernels.findIndex((kernel) => kernel.id === this.chosen);
    const next = this.kernels[place < 0 ? 0 : Math.max(0, Math.min(this.kernels.length - 1, place + way))];
    if (next) this.choose(next.id);
  },

  // Asks the host for a kernel's line.
  open(kernel) {
    if (this.record.links && host && kernel.line !== null) host.postMessage({ type: "open", file: kernel.file, line: kernel.line });
  },
};

function showDevice(index) {
  const device = view.record.devices[index];
  Object.assign(view, { device, kernels: device.kernels, mostShare: Math.max(...device.kernels.map((kernel) => kernel.edp_share), 1e-12) });
  view.kernels.forEach((kernel, place) => (kernel.order = place + 1));
  showHeader(view.record, device);
  view.marks.set("graph", showGraph(view));
  view.marks.set("table", showTable(view));
  byId("assumed").replaceChildren(...device.assumptions.map((words) => element("li", {}, words)));
  draw();
  view.choose(null);
}

function showHeader(record, device) {
  byId("question").textContent = `${device.title} · input ${device.inputs.join(", ")}`;
  byId("origin").textContent = `${record.target}, constructed by ${record.constructed}`;
  byId("what-if").textContent = device.what_if;
  const tile = ({ name, value, interval, note }) => element("div", { class: "tile" }, element("span", {}, name), element("strong", {}, value), element("span", {}, interval), element("span", {}, note));
  byId("tiles").replaceChildren(...device.tiles.map(tile));
  const rows = [["spent on", device.portrait.replace(/^[^:]*: /, "")], ...device.totals];
  byId("totals").replaceChildren(...rows.flatMap(([name, words]) => [element("dt", {}, name), element("dd", {}, words)]));
}

// The drawings that depend on the width of the page.
function draw() {
  const { record } = view;
  if (record.devices.length > 1) drawComparison(record, record.devices.indexOf(view.device));
  view.marks.set("roofline", drawRoofline(view));
  view.marks.set("treemap", drawTreemap(view));
  view.marks.set("timeline", drawTimeline(view));
}

function redraw() {
  draw();
  for (const name of ["roofline", "treemap", "timeline"]) view.marks.get(name)(view.chosen);
}

function showChosen({ chosen, device, record }) {
  const bar = byId("chosen");
  const kernel = view.kernel(chosen);
  bar.hidden = !kernel;
  if (!kernel) return bar.replaceChildren();
  const [name, ...lines] = summary(kernel, device).split("\n");
  const close = element("button", { type: "button", class: "close" }, "Close");
  close.addEventListener("click", () => view.choose(null));
  const where = record.links ? lines.pop() && lineCell(kernel, view) : "";
  bar.replaceChildren(element("strong", {}, name), ...lines.map((words) => element("span", {}, words)), where, close);
}

// What a host remembers of the page while it shows a newer one in its place: the device, the kernel, how far down.
function remember() {
  host?.setState({ device: view.device.id, kernel: view.kernel(view.chosen)?.name, scroll: scrollY });
}

function recall(select) {
  const kept = host?.getState();
  const index = kept ? view.record.devices.findIndex((device) => device.id === kept.device) : 0;
  select.value = Math.max(0, index);
  showDevice(Math.max(0, index));
  const kernel = kept?.kernel && view.kernels.find((each) => each.name === kept.kernel);
  if (kernel) view.choose(kernel.id);
  if (kept) scrollTo(0, kept.scroll);
  addEventListener("scroll", remember);
}

function start() {
  const { devices, reasons } = view.record;
  const portraits = devices.map((device) => device.portrait);
  const several = devices.length > 1;
  byId("comparison").hidden = byId("chooser").hidden = !several;
  byId("reasons").replaceChildren(...[...reasons, ...portraits].map((words) => element("li", {}, words)));
  const select = byId("device");
  select.replaceChildren(...devices.map((device, index) => element("option", { value: index }, device.name)));
  select.addEventListener("change", () => showDevice(Number(select.value)));
  byId("zoom").addEventListener("input", redraw);
  addEventListener("keydown", (event) => event.key === "Escape" && view.choose(null));
  let width = 0;
  new ResizeObserver(([entry]) => {
    const found = Math.round(entry.contentRect.width);
    if (width && found !== width) requestAnimationFrame(redraw);
    width = found;
  }).observe(document.querySelector("main"));
  recall(select);
}

start();
