// A click tells what a box is; a hover or the focus shows what it comes from and leads to.
"use strict";
(() => {
  const picture = JSON.parse(document.getElementById("picture").textContent);
  const svg = document.querySelector("#drawing svg");
  const panel = document.getElementById("panel");
  const lines = [...document.querySelectorAll("#recipe li")];
  const start = [...panel.childNodes];
  const boxes = new Map(picture.boxes.map((box) => [box.id, box]));
  const marks = new Map([...svg.querySelectorAll("g.box")].map((mark) => [mark.dataset.id, mark]));
  const order = [...marks.keys()];
  let chosen = null;
  svg.setAttribute("role", "group"); // a lone picture elsewhere; here its boxes are buttons

  // -- the graph

  const arrowsOf = (id, end) => picture.arrows.filter((arrow) => arrow[end] === id);

  function reached(id, from, to) {
    const seen = new Set([id]);
    for (const one of seen) arrowsOf(one, from).forEach((arrow) => seen.add(arrow[to]));
    return seen;
  }

  function light(id) {
    svg.classList.toggle("lit", id !== null);
    if (id === null) return;
    const ways = [reached(id, "target", "source"), reached(id, "source", "target")];
    marks.forEach((mark, one) => mark.classList.toggle("lit", ways.some((way) => way.has(one))));
    svg.querySelectorAll("g.arrow, g.weight").forEach((mark) => {
      const { source, target } = mark.dataset;
      mark.classList.toggle("lit", ways.some((way) => way.has(source) && way.has(target)));
    });
  }

  // -- the panel

  function element(tag, words, attributes = {}) {
    const made = document.createElement(tag);
    made.append(words);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    return made;
  }

  function row(name, value) {
    return [element("dt", name), element("dd", value)];
  }

  function chips(arrows, end) {
    const list = document.createDocumentFragment();
    arrows.forEach((arrow, at) => {
      if (at) list.append(", ");
      const other = boxes.get(arrow[end]);
      list.append(element("a", other.title, { href: "#node=" + encodeURIComponent(other.id) }));
      if (arrow.label) list.append((arrow.style === "weight" ? " (× " : " (") + arrow.label + ")");
      if (arrow.style === "dashed") list.append(" (no gradient)");
    });
    return list;
  }

  function tell(box) {
    const kind = element("span", box.words, { class: box.dashed ? "kind dashed" : "kind" });
    kind.style.borderColor = box.stroke;
    kind.style.background = box.paint;
    const facts = document.createElement("dl");
    if (box.detail) facts.append(...row("detail", box.detail));
    box.facts.forEach(([name, value]) => facts.append(...row(name, value)));
    if (box.where) facts.append(...row("written in", box.where));
    const above = arrowsOf(box.id, "target");
    const below = arrowsOf(box.id, "source");
    if (above.length) facts.append(...row("comes from", chips(above, "source")));
    if (below.length) facts.append(...row("leads to", chips(below, "target")));
    panel.replaceChildren(element("h2", box.title), kind, facts);
  }

  function choose(id) {
    chosen = boxes.has(id) ? id : null;
    marks.forEach((mark, one) => {
      mark.classList.toggle("chosen", one === chosen);
      mark.setAttribute("aria-pressed", String(one === chosen));
    });
    const box = boxes.get(chosen);
    const here = box && box.line ? lines[box.line - 1] : undefined;
    lines.forEach((line) => line.classList.toggle("here", line === here));
    if (here) here.scrollIntoView({ block: "nearest" });
    if (box) tell(box);
    else panel.replaceChildren(...start);
    light(chosen);
  }

  // The address holds what is chosen: a link leads to a box, and "back" goes back.
  function fromAddress() {
    const found = /^#node=(.*)$/.exec(location.hash);
    if (!found) return choose(null);
    try {
      choose(decodeURIComponent(found[1]));
    } catch {
      choose(null);
    }
  }

  function go(id) {
    const address = id === null ? "#" : "#node=" + encodeURIComponent(id);
    if (location.hash !== address) location.hash = address;
    fromAddress();
  }

  marks.forEach((mark, id) => {
    const box = boxes.get(id);
    mark.setAttribute("tabindex", "0");
    mark.setAttribute("role", "button");
    mark.setAttribute("aria-label", [box.words, box.title, box.detail].filter(Boolean).join(", "));
    mark.addEventListener("click", () => moved || go(id));
    mark.addEventListener("pointerenter", () => light(id));
    mark.addEventListener("pointerleave", () => light(chosen));
    mark.addEventListener("focus", () => light(id));
    mark.addEventListener("blur", () => light(chosen));
    mark.addEventListener("keydown", (event) => {
      const near = {
        ArrowDown: () => arrowsOf(id, "source")[0]?.target,
        ArrowUp: () => arrowsOf(id, "target")[0]?.source,
        ArrowRight: () => order[order.indexOf(id) + 1],
        ArrowLeft: () => order[order.indexOf(id) - 1],
      }[event.key];
      if (event.key === "Enter" || event.key === " ") go(id);
      else if (near) marks.get(near())?.focus();
      else return;
      event.preventDefault();
    });
  });

  lines.forEach((line, at) => {
    const here = picture.boxes.filter((box) => box.line === at + 1).map((box) => box.id);
    if (!here.length) return;
    const next = () => go(here[(here.indexOf(chosen) + 1) % here.length]);
    line.dataset.box = here[0];
    line.setAttribute("tabindex", "0");
    line.addEventListener("click", next);
    line.addEventListener("keydown", (event) => event.key === "Enter" && next());
  });

  // -- zoom and pan

  const whole = svg.viewBox.baseVal;
  const all = { x: whole.x, y: whole.y, width: whole.width, height: whole.height };
  let view = { ...all };
  let grip = null;
  let moved = false;

  function show(next) {
    view = next;
    svg.setAttribute("viewBox", [view.x, view.y, view.width, view.height].join(" "));
  }

  function at(event) {
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  }

  function zoom(factor, point) {
    const width = Math.min(all.width * 2, Math.max(all.width / 20, view.width * factor));
    const by = width / view.width;
    show({
      x: point.x - (point.x - view.x) * by,
      y: point.y - (point.y - view.y) * by,
      width,
      height: view.height * by,
    });
  }

  const middle = () => ({ x: view.x + view.width / 2, y: view.y + view.height / 2 });
  const actions = { in: () => zoom(0.8, middle()), out: () => zoom(1.25, middle()), fit: () => show({ ...all }) };

  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.004), at(event));
  }, { passive: false });
  svg.addEventListener("pointerdown", (event) => {
    grip = at(event);
    moved = false;
  });
  svg.addEventListener("pointermove", (event) => {
    if (!grip || !event.buttons) return;
    const here = at(event);
    const scale = svg.getScreenCTM().a;
    if (!moved && Math.hypot(here.x - grip.x, here.y - grip.y) * scale < 5) return;
    moved = true;
    svg.setPointerCapture(event.pointerId);
    svg.classList.add("dragged");
    show({ ...view, x: view.x + grip.x - here.x, y: view.y + grip.y - here.y });
  });
  svg.addEventListener("pointerup", () => {
    grip = null;
    svg.classList.remove("dragged");
  });
  svg.addEventListener("dblclick", actions.fit);
  document.querySelectorAll("#zoom button").forEach((button) => {
    button.addEventListener("click", actions[button.dataset.zoom]);
  });

  addEventListener("keydown", (event) => {
    const key = { "+": "in", "-": "out", 0: "fit" }[event.key];
    if (event.ctrlKey || event.metaKey) return;
    if (key) actions[key]();
    else if (event.key === "Escape") go(null);
  });
  addEventListener("hashchange", fromAddress);
  fromAddress();
})();
