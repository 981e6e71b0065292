"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const FEW = 30; // cases that are shown without being asked for
const PAGE = 200; // cases of an area that are shown at once
const SAYS = { "->": "suite to testee", "<-": "testee to suite", "--": "suite alone" };

// Texts are always set as text: what a testee wrote is never read as HTML.
function make(tag, options = {}, ...inner) {
  const { className, text, ...attributes } = options;
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inner);
  return element;
}

const scoreOf = (testee, number) => data.scores[data.letters.indexOf(testee.scores[number])];
const profileOf = (entry) => entry[0].split("/")[0];
const areaOf = (entry) => (entry[3].length ? data.rules[entry[3][0]][0].split("-").slice(0, 2).join("-") : "no rule");
const found = data.cases.map((entry) =>
  [entry[0], entry[1], ...entry[3].map((rule) => data.rules[rule][0])].join(" ").toLowerCase());

function chosen() {
  const text = byId("text").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const name = byId("testee").value;
  const testees = data.testees.filter((testee) => !name || testee.name === name);
  const scores = new Set([...document.querySelectorAll("#scores input:checked")].map((box) => box.value));
  return { text, testees, scores, profile: byId("profile").value };
}

function selected(filter) {
  return data.cases.map((entry, number) => number).filter((number) =>
    (!filter.profile || profileOf(data.cases[number]) === filter.profile) &&
    filter.text.every((word) => found[number].includes(word)) &&
    filter.testees.some((testee) => filter.scores.has(scoreOf(testee, number))));
}

function show() {
  const filter = chosen();
  const numbers = selected(filter);
  const areas = new Map();
  for (const number of numbers) {
    const entry = data.cases[number];
    const name = `${profileOf(entry)} · ${areaOf(entry)}`;
    if (!areas.has(name)) areas.set(name, []);
    areas.get(name).push(number);
  }
  byId("count").textContent = `${numbers.length} of ${data.cases.length} cases, ${areas.size} ${areas.size === 1 ? "area" : "areas"}`;
  for (const count of document.querySelectorAll("#scores [data-score]")) {
    const letter = data.letters[data.scores.indexOf(count.dataset.score)];
    const sum = filter.testees.reduce((before, testee) => before + testee.scores.split(letter).length - 1, 0);
    count.textContent = sum.toLocaleString("en");
  }
  byId("list").replaceChildren(...[...areas].sort().map(([name, inside]) => area(name, inside, filter, numbers.length <= FEW)));
}

function area(name, numbers, filter, open) {
  const failed = numbers.filter((number) => filter.testees.some((testee) => scoreOf(testee, number) === "failed")).length;
  const summary = make("summary", { text: name }, make("span", { text: `${numbers.length} cases` }));
  if (failed) summary.append(make("span", { className: "failed", text: `${failed} failed` }));
  const box = make("details", { className: "area" }, summary);
  const fill = () => {
    if (box.open && box.childElementCount === 1) more(box, numbers, filter, 0);
  };
  box.addEventListener("toggle", fill);
  box.open = open;
  fill();
  return box;
}

function more(box, numbers, filter, from) {
  const list = box.querySelector("ol") || box.appendChild(make("ol", { className: "cases" }));
  list.append(...numbers.slice(from, from + PAGE).map((number) => make("li", {}, caseOf(number, filter))));
  if (from + PAGE >= numbers.length) return;
  const button = make("button", { className: "more", type: "button", text: `Show more of ${numbers.length}` });
  button.addEventListener("click", () => {
    button.remove();
    more(box, numbers, filter, from + PAGE);
    list.children[from + PAGE].querySelector("summary").focus();
  });
  box.append(button);
}

function caseOf(number, filter) {
  const [id, title] = data.cases[number];
  const tags = make("span", { className: "tags" });
  for (const testee of filter.testees) {
    const score = scoreOf(testee, number);
    if (score) tags.append(make("span", { className: `tag ${score}`, text: `${testee.name}: ${score}` }));
  }
  const summary = make("summary", {}, make("span", { className: "title", text: title }), make("span", { className: "id", text: id }), tags);
  const box = make("details", { className: "case", "data-case": id }, summary);
  box.addEventListener("toggle", () => {
    if (box.open && box.childElementCount === 1) box.append(inside(number, filter));
  });
  return box;
}

function inside(number, filter) {
  const [, , level, rules] = data.cases[number];
  const box = make("div", { className: "inside" }, make("p", { className: "small", text: `Level ${level}` }));
  for (const [id, , sentence, file] of rules.map((rule) => data.rules[rule])) {
    box.append(make("p", { className: "rule" }, make("b", { text: id }), ` ${sentence}`, file ? ` (${file})` : ""));
  }
  for (const testee of filter.testees) {
    const told = testee.told[number];
    const score = scoreOf(testee, number);
    if (told) box.append(...failure(testee.name, score, told));
  }
  return box;
}

function failure(name, score, told) {
  const parts = [make("h4", { text: `${name}: ${score} (${told.outcome})` })];
  parts.push(make("p", { className: `why ${score}`, text: told.why || "The reason is left out here for its size." }));
  if (told.known) parts.push(make("p", { className: "small", text: `Known: ${told.known}` }));
  if (told.left) parts.push(make("p", { className: "small", text: `${told.left} earlier frames are left out here.` }));
  if (told.frames.length) {
    const frames = make("ol", { className: "frames", "aria-label": `Frames of ${name}` });
    for (const [way, line] of told.frames) {
      frames.append(make("li", {}, make("span", { text: SAYS[way] || way }), make("code", { text: line })));
    }
    parts.push(frames);
  }
  parts.push(make("p", { className: "small" }, "Reproduce: ", make("code", { text: told.again })));
  return parts;
}

function setUp() {
  const option = (value, text) => make("option", { value, text });
  byId("testee").append(option("", "all"), ...data.testees.map((testee) => option(testee.name, testee.name)));
  const profiles = [...new Set(data.cases.map(profileOf))].sort();
  byId("profile").append(option("", "all"), ...profiles.map((name) => option(name, name)));
  for (const [place, score] of data.scores.entries()) {
    const letter = data.letters[place];
    if (!data.testees.some((testee) => testee.scores.includes(letter))) continue;
    const box = make("input", { type: "checkbox", value: score, checked: "" });
    byId("scores").append(make("label", {}, box, `${score} `, make("span", { className: "small", "data-score": score })));
  }
  for (const testee of data.testees) {
    for (const text of testee.stale) byId("stale").append(make("p", { text: `${testee.name}: the list of known failures is stale: ${text}` }));
  }
  byId("filter").addEventListener("input", show);
  byId("filter").addEventListener("submit", (event) => event.preventDefault());
  byId("filter").addEventListener("reset", () => setTimeout(show));
  for (const link of document.querySelectorAll("[data-show]")) link.addEventListener("click", () => jump(link.dataset.show));
}

// A cell of the matrix shows the cases that it counts.
function jump(where) {
  const [testee, profile] = [where.slice(0, where.lastIndexOf(":")), where.slice(where.lastIndexOf(":") + 1)];
  byId("filter").reset();
  byId("testee").value = /^\d+$/.test(testee) ? data.testees[Number(testee)].name : testee;
  byId("profile").value = profile;
  const bad = data.testees.some((one) => one.name === byId("testee").value && /[fwnk]/.test(one.scores));
  for (const box of bad ? document.querySelectorAll("#scores input") : []) {
    box.checked = ["failed", "warned", "noted", "known"].includes(box.value);
  }
  setTimeout(() => { show(); byId("cases").focus(); });
}

setUp();
show();
