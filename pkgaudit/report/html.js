"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);

  // Theme: the system's theme until the user chooses another.
  const KEY = "pkgaudit-theme";
  const NAMES = { "": "System", light: "Light", dark: "Dark" };
  const button = byId("theme");
  const show = (theme) => {
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    button.textContent = `Theme: ${NAMES[theme]}`;
  };
  let theme = "";
  try { theme = localStorage.getItem(KEY) ?? ""; } catch { /* pages from files may have no storage */ }
  if (!(theme in NAMES)) theme = "";
  show(theme);
  button.hidden = false;
  button.addEventListener("click", () => {
    const order = Object.keys(NAMES);
    theme = order[(order.indexOf(theme) + 1) % order.length];
    show(theme);
    try { localStorage.setItem(KEY, theme); } catch { /* as above */ }
  });

  // Filters.
  const bar = byId("filters");
  const findings = all("#findings .finding").map((element) => {
    const rule = element.closest(".rule");
    return {
      element,
      code: rule.dataset.rule,
      name: rule.dataset.name,
      severity: rule.dataset.severity,
      places: (element.dataset.in ?? "").split(" "),
      text: `${rule.dataset.rule} ${rule.dataset.name} ${element.closest(".of").querySelector("h3").textContent}`
        .concat(" ", element.textContent).toLowerCase(),
    };
  });
  const field = (id) => byId(id)?.value ?? "";
  const apply = () => {
    const severities = new Set(all("[name=severity]:checked", bar).map((each) => each.value));
    const rule = field("by-rule");
    const place = field("by-place");
    const words = field("by-text").toLowerCase().split(/\s+/).filter(Boolean);
    const isNarrow = words.length > 0 || rule || place;
    let shown = 0;
    for (const each of findings) {
      const fits = severities.has(each.severity)
        && (!rule || `${each.code} ${each.name}` === rule || each.code.startsWith(rule))
        && (!place || each.places.includes(place))
        && words.every((word) => each.text.includes(word));
      each.element.hidden = !fits;
      shown += fits;
    }
    for (const group of all("#findings .rule")) {
      const rows = all(".finding", group);
      const left = rows.filter((row) => !row.hidden).length;
      group.hidden = left === 0;
      const count = group.querySelector(".rule-head .count");
      count.textContent = left === rows.length ? String(rows.length) : `${left} of ${rows.length}`;
      for (const more of all(":scope > .more", group)) {
        const inside = all(".finding:not([hidden])", more).length;
        more.hidden = inside === 0;
        more.querySelector("summary").textContent = `${inside} more`;
        if (isNarrow && inside) more.open = true;
      }
    }
    for (const section of all("#findings .of")) {
      const notes = section.querySelector(".elsewhere");
      const rows = all(".finding", section);
      const left = rows.filter((row) => !row.hidden).length;
      const counted = section.querySelector(".counted");
      counted.dataset.all ??= counted.textContent;
      counted.textContent = left === rows.length ? counted.dataset.all : `${left} of ${rows.length}`;
      if (isNarrow && left) section.open = true;
      section.hidden = left === 0 && !(notes && shown === findings.length);
    }
    const total = findings.length;
    byId("shown").textContent = shown === total
      ? `${total} ${total === 1 ? "finding" : "findings"}`
      : `${shown} of ${total} findings`;
    byId("show-all").hidden = shown === total;
  };
  const clear = () => {
    for (const each of all("[name=severity]", bar)) each.checked = true;
    for (const each of all("select, [type=search]", bar)) each.value = "";
    apply();
  };
  if (bar) {
    bar.hidden = false;
    bar.addEventListener("input", apply);
    bar.addEventListener("change", apply);
    byId("show-all").addEventListener("click", () => { clear(); bar.querySelector("input").focus(); });
    apply();
  }

  // A link reveals its target, even if that is folded or filtered out.
  const reveal = () => {
    const target = location.hash.length > 1 ? byId(location.hash.slice(1)) : null;
    if (!target) return;
    if (target.closest("[hidden]") && bar) clear();
    for (let above = target; above; above = above.parentElement) {
      if (above.tagName === "DETAILS") above.open = true;
    }
    if (!target.matches("a, button, summary")) target.tabIndex = -1;
    target.scrollIntoView({ block: target.matches(".finding") ? "center" : "start" });
    target.focus({ preventScroll: true });
  };
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a");
    const href = link?.getAttribute("href") ?? "";
    if (href.startsWith("#") && href === location.hash) reveal();
  });
  reveal();

  // The description of a rectangle, below the treemap.
  for (const map of all(".map")) {
    const readout = map.querySelector(".readout");
    readout.hidden = false;
    const describe = (event) => {
      const cell = event.target.closest(".cell") ?? event.target.querySelector?.(".cell");
      readout.textContent = cell?.querySelector("title")?.textContent ?? "";
    };
    map.addEventListener("pointerover", describe);
    map.addEventListener("focusin", describe);
  }

  // Print everything unfolded.
  addEventListener("beforeprint", () => {
    for (const each of all("details.of, details.more, details.inside")) each.open = true;
  });
})();
