// The page of Margin: a fold of the API's answers into the document. No library.

const COLORS = ["paper", "sand", "leaf", "sky", "rose", "plum"];
const find = (id) => document.getElementById(id);
const state = { tag: null, query: "", editing: null, turn: 0 };

async function ask(method, path, value) {
  const options = { method, headers: { "Content-Type": "application/json" } };
  if (value !== undefined) options.body = JSON.stringify(value);
  const answer = await fetch(path, options);
  const body = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Error(body.error.message);
  return body;
}

async function show() {
  const turn = ++state.turn;
  const notes = state.query
    ? ask("GET", "/api/search?q=" + encodeURIComponent(state.query))
    : ask("GET", "/api/notes" + (state.tag ? "?tag=" + encodeURIComponent(state.tag) : ""));
  const [{ notes: list }, { tags }] = await Promise.all([notes, ask("GET", "/api/tags")]);
  if (turn !== state.turn) return; // A later question was asked meanwhile; its answer is on the way.
  find("notes").replaceChildren(...list.map(card));
  find("tag-list").replaceChildren(...tags.map(tagButton));
  find("count").textContent = list.length === 1 ? "1 note" : list.length + " notes";
  find("empty").hidden = list.length > 0;
  find("empty").textContent = state.query || state.tag ? "Nothing here answers to that." : "Nothing yet. The margin is yours.";
}

function card(note) {
  const article = find("note").content.cloneNode(true).firstElementChild;
  const part = (selector) => article.querySelector(selector);
  article.dataset.color = note.color;
  article.classList.toggle("pinned", note.pinned);
  part("h2").textContent = note.title;
  // The server escapes a note's text before it makes HTML of it (app/markdown.py); without `html` it stays text.
  if (note.html === undefined) part(".text").textContent = note.body;
  else part(".text").innerHTML = note.html;
  part(".text").querySelectorAll("input[type=checkbox]").forEach((box, number) => {
    box.disabled = false;
    box.onchange = () => act("PATCH", note.id, { body: ticked(note.body, number, box.checked) });
  });
  part("time").textContent = when(note.updated);
  part("time").dateTime = note.updated;
  part(".chips").replaceChildren(...note.tags.map((tag) => {
    const item = document.createElement("li");
    item.textContent = tag;
    return item;
  }));
  const pin = part(".pin");
  pin.textContent = note.pinned ? "★" : "☆";
  pin.ariaLabel = note.pinned ? "Unpin" : "Pin";
  pin.ariaPressed = String(note.pinned);
  pin.onclick = () => act("PATCH", note.id, { pinned: !note.pinned });
  part(".remove").onclick = () => act("DELETE", note.id);
  part(".edit").onclick = () => edit(note);
  return article;
}

/** The text with its `number`-th box ticked or not; boxes within a block of code are none. */
function ticked(body, number, checked) {
  let count = 0, code = false;
  return body.split("\n").map((line) => {
    if (line.startsWith("```")) code = !code;
    if (code || !/^[-*] \[[ xX]\] /.test(line) || count++ !== number) return line;
    return line.replace(/\[[ xX]\]/, checked ? "[x]" : "[ ]");
  }).join("\n");
}

function tagButton({ tag, count }) {
  const button = document.createElement("button");
  button.type = "button";
  button.ariaPressed = String(tag === state.tag);
  button.append("#" + tag, Object.assign(document.createElement("small"), { textContent: count }));
  button.onclick = () => { state.tag = state.tag === tag ? null : tag; state.query = find("search").value = ""; guarded(show); };
  return button;
}

function when(time) {
  const minutes = Math.round((Date.now() - new Date(time)) / 60000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return minutes + " min ago";
  return new Date(time).toLocaleDateString(undefined, { day: "numeric", month: "short" });
}

const act = (method, id, value) => guarded(async () => { await ask(method, "/api/notes/" + id, value); await show(); });

async function guarded(work) {
  try {
    find("problem").textContent = "";
    await work();
  } catch (error) {
    find("problem").textContent = error.message;
  }
}

function edit(note) {
  state.editing = note ? note.id : null;
  find("title").value = note ? note.title : "";
  find("body").value = note ? note.body : "";
  find("tags").value = note ? note.tags.join(", ") : "";
  choose(note ? note.color : "paper");
  find("save").textContent = note ? "Change" : "Keep";
  find("cancel").hidden = !note;
  if (note) { scrollTo({ top: 0, behavior: "smooth" }); find("body").focus(); }
}

function choose(color) {
  find("composer").dataset.color = color;
  document.querySelector(`#colors input[value="${color}"]`).checked = true;
}

find("colors").append(...COLORS.map((color) => {
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type: "radio", name: "color", value: color });
  input.onchange = () => choose(color);
  label.dataset.color = color;
  label.title = input.ariaLabel = color;
  label.append(input);
  return label;
}));

find("composer").onsubmit = (event) => {
  event.preventDefault();
  guarded(async () => {
    const form = new FormData(find("composer"));
    const tags = form.get("tags").split(/[\s,]+/).filter(Boolean);
    const note = { title: form.get("title"), body: form.get("body"), color: form.get("color"), tags };
    if (state.editing === null) await ask("POST", "/api/notes", note);
    else await ask("PATCH", "/api/notes/" + state.editing, note);
    edit(null);
    await show();
  });
};
find("body").onkeydown = (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) find("composer").requestSubmit(); };
find("cancel").onclick = () => edit(null);
find("search").oninput = () => { state.query = find("search").value.trim(); state.tag = null; guarded(show); };
addEventListener("keydown", (event) => {
  if (event.key !== "/" || /^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) return;
  event.preventDefault();
  find("search").focus();
});

edit(null);
guarded(show);
