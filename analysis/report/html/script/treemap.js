// EDP as areas: the model, its modules, their operators (squarified: Bruls, Huizing, van Wijk, 2000).

const LEAST_AREA = 9;

function drawTreemap(view) {
  const root = byId("treemap");
  const [width, height] = [root.clientWidth, 380];
  const tree = collapsed(moduleTree(view.kernels));
  const shapes = [];
  placeTree({ ...tree, name: view.record.model }, { x: 0.5, y: 0.5, width: width - 1, height: height - 1 }, shapes);
  const drawing = canvas(root, width, height, "EDP by module and operator", shapes);
  choosing(drawing, view, shapeUnder(view));
  return (id) => markShapes(root, id);
}

function moduleTree(kernels) {
  const root = { name: "", share: 0, parts: new Map() };
  for (const kernel of kernels) {
    for (const operator of kernel.operators.filter((each) => each.edp_share > 0)) {
      let node = root;
      for (const segment of operator.module ? operator.module.split(".") : []) {
        if (!node.parts.has(segment)) node.parts.set(segment, { name: segment, share: 0, parts: new Map() });
        node = node.parts.get(segment);
      }
      node.parts.set(`${operator.name} ${kernel.id} ${node.parts.size}`, { name: operator.kind, share: operator.edp_share, kernel });
    }
  }
  return root;
}

// A module with one part is that part, under both names. A module with one operator is that operator, under the module's
// name unless that is a mere number.
function collapsed(node) {
  if (!node.parts) return node;
  const parts = [...node.parts.values()].map(collapsed);
  if (parts.length === 1 && node.name) {
    const [only] = parts;
    return { ...only, name: only.parts ? `${node.name}.${only.name}` : /^\d+$/.test(node.name) ? only.name : node.name };
  }
  parts.sort((one, other) => other.share - one.share);
  return { name: node.name, parts, share: parts.reduce((sum, part) => sum + part.share, 0) };
}

function placeTree(node, box, shapes) {
  if (!node.parts) return void shapes.push(...leaf(node, box));
  const titled = box.width > 54 && box.height > 34;
  shapes.push(svg("rect", { class: "group", ...box }));
  if (titled) shapes.push(text(box.x + 4, box.y + 12, titleOf(node, box.width - 8), "faint"));
  const inset = titled ? 2 : 0;
  const inside = { x: box.x + inset, y: box.y + (titled ? 17 : 0), width: box.width - 2 * inset, height: box.height - (titled ? 19 : 0) };
  if (inside.width <= 1 || inside.height <= 1) return;
  for (const [part, place] of squarified(node.parts, inside)) {
    if (place.width * place.height >= LEAST_AREA) placeTree(part, place, shapes);
  }
}

function titleOf(node, width) {
  const whole = `${node.name} · ${percent(node.share)}`;
  return whole.length * 6.4 <= width ? whole : fitted(node.name, width);
}

function leaf(node, { x, y, width, height }) {
  const found = [svg("rect", { class: `leaf ${node.kernel.bottleneck}`, "data-kernel": node.kernel.id, x, y, width, height })];
  const fits = height > 15 && (node.name.length * 6.4 <= width - 6 || width > 60) && fitted(node.name, width - 6);
  const label = (row, words, kind) => {
    const made = text(x + 4, y + 12 + 13 * row, words, kind);
    made.dataset.label = node.kernel.id;
    made.setAttribute("pointer-events", "none");
    return made;
  };
  if (fits) found.push(label(0, fits, ""));
  if (fits && height > 30 && width > 42) found.push(label(1, percent(node.share), "faint"));
  return found;
}

// Rows along the shorter side, each grown while that makes its worst part squarer.
function squarified(parts, box) {
  const found = [];
  let rest = { ...box };
  let left = parts.reduce((sum, part) => sum + part.share, 0);
  for (let start = 0; start < parts.length && left > 0; ) {
    const scale = (rest.width * rest.height) / left;
    const side = Math.min(rest.width, rest.height);
    let end = start + 1;
    let sum = parts[start].share;
    const worst = (total, last) => Math.max((side * side * parts[start].share) / (total * total * scale), (total * total * scale) / (side * side * parts[last].share));
    while (end < parts.length && worst(sum + parts[end].share, end) <= worst(sum, end - 1)) sum += parts[end++].share;
    const depth = (sum * scale) / side;
    let along = 0;
    for (const part of parts.slice(start, end)) {
      const length = side * (part.share / sum);
      found.push([part, rest.width >= rest.height
        ? { x: rest.x, y: rest.y + along, width: depth, height: length }
        : { x: rest.x + along, y: rest.y, width: length, height: depth }]);
      along += length;
    }
    rest = rest.width >= rest.height
      ? { ...rest, x: rest.x + depth, width: Math.max(0, rest.width - depth) }
      : { ...rest, y: rest.y + depth, height: Math.max(0, rest.height - depth) };
    left -= sum;
    start = end;
  }
  return found;
}
