// The fused graph, drawn beforehand: only its kernels are chosen here.

function showGraph(view) {
  const root = byId("graph");
  root.innerHTML = view.device.graph;
  const drawing = root.firstChild;
  filled(drawing, { tabindex: 0, role: "group" }, []);
  for (const title of drawing.querySelectorAll("title")) title.remove();
  choosing(drawing, view, shapeUnder(view));
  byId("graph-note").textContent = `Kernels in execution order, from top to bottom, with their operators${view.device.graph_note ? `: ${view.device.graph_note}` : ""}.`;
  return (id) => {
    markShapes(root, id);
    const shape = root.querySelector(`[data-kernel="${id}"]`);
    if (shape) centred(root, shape);
  };
}

// Scrolls a place to what is in it, without moving the page.
function centred(root, inner) {
  const [outer, box] = [root.getBoundingClientRect(), inner.getBoundingClientRect()];
  if (box.top < outer.top + 24 || box.bottom > outer.bottom) root.scrollTop += box.top - outer.top - (outer.height - box.height) / 2;
  const fits = box.width <= outer.width;
  if (fits && (box.left < outer.left || box.right > outer.right)) root.scrollLeft += box.left - outer.left - (outer.width - box.width) / 2;
}
