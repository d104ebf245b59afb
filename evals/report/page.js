"use strict";
// The filter's state lives in the address, so that a view can be kept and sent on.
const form = document.getElementById("filter");
const gallery = document.getElementById("gallery");
const cards = [...gallery.children];

function fill(name, values) {
  for (const value of new Set(values)) {
    if (value) form.elements[name].append(new Option(value, value));
  }
}

function read() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  for (const field of form.elements) {
    if (field.type === "checkbox") field.checked = wanted.has(field.name);
    else if (field.name && wanted.has(field.name)) field.value = wanted.get(field.name);
  }
}

function keep() {
  const said = new URLSearchParams(new FormData(form));
  for (const [name, value] of [...said]) {
    if (!value || (name === "order" && value === "worst")) said.delete(name);
  }
  history.replaceState(null, "", said.size ? `#${said}` : location.pathname);
}

function place(card) {
  const order = form.elements.order.value;
  return order === "best" ? -card.dataset.worst : Number(card.dataset[order]);
}

function apply() {
  const { find, group, arm, failed, overlay } = form.elements;
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const card of cards) {
    const text = card.querySelector(".prompt").textContent.toLowerCase();
    card.hidden =
      !words.every((word) => text.includes(word)) ||
      (group.value && card.dataset.group !== group.value) ||
      (failed.checked && !("failed" in card.dataset));
    shown += !card.hidden;
    for (const figure of card.querySelectorAll("figure[data-arm]")) {
      figure.hidden = Boolean(arm.value) && figure.dataset.arm !== arm.value;
    }
  }
  gallery.append(...[...cards].sort((one, other) => place(one) - place(other)));
  gallery.classList.toggle("overlay", overlay.checked);
  document.getElementById("count").value = `${shown} of ${cards.length} prompts`;
}

fill("group", cards.map((card) => card.dataset.group).sort());
fill("arm", [...gallery.querySelectorAll("figure[data-arm]")].map((figure) => figure.dataset.arm));
read();
apply();
form.addEventListener("input", () => { apply(); keep(); });
form.addEventListener("submit", (event) => event.preventDefault());
window.addEventListener("hashchange", () => { form.reset(); read(); apply(); });
