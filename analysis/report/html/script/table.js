// Every kernel as a row, sorted by any column.

const COLUMNS = [
  { name: "#", title: "place in the execution order", key: (kernel) => kernel.order, show: (kernel) => String(kernel.order) },
  { name: "layer", words: true, key: (kernel) => kernel.name, show: nameCell, kind: "words name" },
  { name: "EDP", title: "share of the model's EDP", key: (kernel) => kernel.edp_share, show: shareCell, first: "descending" },
  { name: "latency", key: (kernel) => kernel.latency_s, show: (kernel) => small(kernel.latency_s, "s"), first: "descending" },
  { name: "energy", key: (kernel) => kernel.energy_j, show: (kernel) => small(kernel.energy_j, "J"), first: "descending" },
  { name: "bound", title: "what bounds it", words: true, key: (kernel) => kernel.bottleneck, show: boundCell },
  { name: "filled", title: "share of the device's units that hold useful work", key: (kernel) => kernel.utilization, show: (kernel) => percent(kernel.utilization) },
  { name: "work", key: (kernel) => kernel.flops, show: (kernel) => large(kernel.flops, "FLOP"), first: "descending" },
  { name: "moved", key: (kernel) => kernel.bytes, show: (kernel) => large(kernel.bytes, "B"), first: "descending" },
  { name: "FLOP/byte", key: intensity, show: (kernel) => threeDigits(intensity(kernel)), first: "descending" },
  { name: "line", words: true, key: (kernel) => `${kernel.file ?? ""}:${String(kernel.line ?? 0).padStart(7)}`, show: lineCell },
];

function showTable(view) {
  const table = byId("table");
  const body = element("tbody");
  const heads = COLUMNS.map((column, index) => head(column, () => sortBy(view, index, heads, body)));
  table.replaceChildren(element("caption", { hidden: "" }, "Kernels"), element("thead", {}, element("tr", {}, ...heads)), body);
  table.setAttribute("aria-label", "Kernels");
  const rows = new Map(view.kernels.map((kernel) => [kernel.id, row(view, kernel)]));
  view.sorted = { column: null, way: null, rows };
  sortBy(view, 2, heads, body);
  body.addEventListener("keydown", (event) => moved(event, view, body));
  byId("table-note").textContent = `${view.kernels.length} kernels that do work.`;
  return (id) => {
    for (const [own, shown] of rows) {
      shown.setAttribute("aria-selected", String(own === id));
      shown.tabIndex = own === id || (id === null && shown === body.firstChild) ? 0 : -1;
    }
    if (rows.has(id)) centred(table.parentElement, rows.get(id));
  };
}

function head(column, sort) {
  const button = element("button", { type: "button", title: column.title }, column.name, element("span", { class: "way", "aria-hidden": "true" }));
  button.addEventListener("click", sort);
  return element("th", { scope: "col", class: column.words ? "words" : null }, button);
}

function sortBy(view, index, heads, body) {
  const column = COLUMNS[index];
  const state = view.sorted;
  const opposite = { ascending: "descending", descending: "ascending" };
  state.way = state.column === index ? opposite[state.way] : (column.first ?? "ascending");
  state.column = index;
  const sign = state.way === "ascending" ? 1 : -1;
  const before = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
  const order = [...view.kernels].sort((one, other) => sign * before(column.key(one), column.key(other)) || one.order - other.order);
  body.replaceChildren(...order.map((kernel) => state.rows.get(kernel.id)));
  heads.forEach((cell, place) => {
    cell.toggleAttribute("aria-sort", false);
    cell.querySelector(".way").textContent = "";
    if (place !== index) return;
    cell.setAttribute("aria-sort", state.way);
    cell.querySelector(".way").textContent = state.way === "ascending" ? "↑" : "↓";
  });
}

function row(view, kernel) {
  const cells = COLUMNS.map((column) => element("td", { class: column.kind ?? (column.words ? "words" : null) }, column.show(kernel, view)));
  const made = element("tr", { "data-kernel": kernel.id, class: kernel.bottleneck, "aria-selected": "false", tabindex: -1 }, ...cells);
  made.addEventListener("click", () => view.choose(kernel.id));
  return made;
}

function moved(event, view, body) {
  const current = event.target.closest("tr");
  const next = { ArrowDown: current?.nextSibling, ArrowUp: current?.previousSibling, Home: body.firstChild, End: body.lastChild }[event.key];
  if (event.key === "Enter" && current && event.target === current) view.open(view.kernel(Number(current.dataset.kernel)));
  if (!next) return;
  event.preventDefault();
  view.choose(Number(next.dataset.kernel));
  next.focus({ preventScroll: true });
}

function shareCell(kernel, view) {
  const bar = element("b");
  bar.style.width = `${(100 * kernel.edp_share) / view.mostShare}%`;
  return element("span", {}, percent(kernel.edp_share), element("span", { class: "share" }, bar));
}

function boundCell(kernel) {
  return element("span", {}, element("span", { class: "mark" }), kernel.bottleneck + (kernel.fallback ? ", not on the device" : ""));
}

function nameCell(kernel) {
  const kinds = kernel.operators.map((operator) => operator.kind);
  const shown = kinds.length > 4 ? [...kinds.slice(0, 3), `${kinds.length - 3} more`] : kinds;
  return element("span", { title: kinds.join(" + ") }, kernel.name, element("span", { class: "faint" }, ` ${shown.join(" + ")}`));
}

function lineCell(kernel, view) {
  const where = place(kernel);
  if (!where || !view.record.links) return where;
  const button = element("button", { type: "button", class: "open", title: `Open ${kernel.file}` }, where);
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    view.open(kernel);
  });
  return button;
}
