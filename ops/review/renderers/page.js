"use strict";
// Without this script everything is shown and everything works but the filter.
for (const filter of document.querySelectorAll("fieldset")) {
  const section = filter.closest("section");
  const boxes = [...filter.querySelectorAll("input")];
  const status = filter.querySelector("output");
  const show = () => {
    const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const part of section.querySelectorAll("[data-kinds]")) {
      const kinds = part.dataset.kinds.split(" ");
      part.hidden = !kinds.some((kind) => wanted.has(kind));
      shown += part.matches("li") && !part.hidden ? 1 : 0;
    }
    status.textContent = `${shown} shown`;
  };
  filter.addEventListener("change", show);
  const [all, none] = filter.querySelectorAll("button");
  all.addEventListener("click", () => { boxes.forEach((box) => { box.checked = true; }); show(); });
  none.addEventListener("click", () => { boxes.forEach((box) => { box.checked = false; }); show(); });
  filter.hidden = false;
  show();
}
// A node of a picture leads to its row, wherever that is folded away.
const unfold = () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  for (let part = target; part; part = part.parentElement) {
    part.hidden = false;
    if (part.localName === "details") part.open = true;
  }
  if (target) { target.scrollIntoView({ block: "center" }); target.querySelector("summary")?.focus(); }
};
addEventListener("hashchange", unfold);
unfold();
