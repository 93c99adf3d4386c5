// What every drawing needs: elements, scales, the tip beside the pointer, steps by key.

const byId = (id) => document.getElementById(id);

function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// A drawing in its place: as wide as that, focusable where kernels can be stepped through.
function canvas(root, width, height, label, children, steps = true) {
  const about = steps ? { role: "group", tabindex: 0, "aria-label": `${label}; arrow keys step through the kernels` } : { role: "img", "aria-label": label };
  root.replaceChildren(svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, ...about }, ...children));
  return root.firstChild;
}

const text = (x, y, words, kind = "") => svg("text", { x, y, class: kind }, words);

const line = (x1, y1, x2, y2, kind) => svg("line", { x1, y1, x2, y2, class: kind });

// Letters that fit a width, from the end of a name: there the names of layers differ.
function fitted(words, width) {
  const most = Math.floor(width / 6.4);
  return words.length <= most ? words : most < 3 ? "" : `…${words.slice(1 - most)}`;
}

function logScale(low, high, start, end) {
  const [from, to] = [Math.log10(low), Math.log10(high)];
  return (value) => start + ((Math.log10(value) - from) / (to - from || 1)) * (end - start);
}

// Powers of ten inside a range.
function decades(low, high) {
  const found = [];
  for (let power = Math.ceil(Math.log10(low) - 1e-9); 10 ** power <= high * (1 + 1e-9); power++) found.push(10 ** power);
  return found;
}

// Round numbers from 0 to a limit, about as many as asked for.
function rounds(limit, count) {
  const rough = limit / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  return Array.from({ length: Math.floor(limit / step + 1e-9) + 1 }, (_, index) => index * step);
}

// Shows words beside the pointer while it is over a drawing; `words` says which, or nothing.
function tipped(drawing, words) {
  const tip = byId("tip");
  drawing.addEventListener("pointermove", (event) => {
    const found = words(event);
    tip.hidden = !found;
    if (!found) return;
    tip.textContent = found;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 8))}px`;
    tip.style.top = `${event.clientY + 18 + height > innerHeight ? event.clientY - height - 10 : event.clientY + 18}px`;
  });
  drawing.addEventListener("pointerleave", () => (tip.hidden = true));
}

// Chooses kernels by pointer and by key. `kernelAt` finds the one under an event.
function choosing(drawing, view, kernelAt) {
  tipped(drawing, (event) => {
    const kernel = kernelAt(event);
    return kernel && summary(kernel, view.device);
  });
  drawing.addEventListener("click", (event) => {
    const kernel = kernelAt(event);
    if (!kernel) return;
    view.choose(kernel.id);
    view.open(kernel);
  });
  drawing.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && view.chosen !== null) view.open(view.kernel(view.chosen));
    const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    view.step(way);
  });
}

// The kernel whose shape an event is on.
const shapeUnder = (view) => (event) => {
  const shape = event.target.closest("[data-kernel]");
  return shape && view.kernel(Number(shape.dataset.kernel));
};

// Marks the shapes of a kernel, and no other's.
function markShapes(root, id) {
  for (const shape of root.querySelectorAll(".marked")) shape.classList.remove("marked");
  for (const shape of root.querySelectorAll(`[data-kernel="${id}"], [data-source="${id}"]`)) shape.classList.add("marked");
}
