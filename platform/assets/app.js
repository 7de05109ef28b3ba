"use strict";
// Keeps a page fresh and lets it be worked by keyboard. Without it every page and form still works.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  document.documentElement.classList.add("js");

  // --- time: ages run, moments are shown in the browser's own zone -----------------------------------
  // The server's clock is the measure; this is how far the browser's is from it.
  let skew = 0;
  const readClock = () => {
    const live = $("[data-now]");
    if (live) skew = Number(live.dataset.now) - Date.now();
  };
  const duration = (ms) => {
    const s = Math.max(0, Math.floor(ms / 1000)), min = Math.floor(s / 60), h = Math.floor(min / 60);
    if (s < 60) return `${s} s`;
    if (min < 60) return `${min} min`;
    return h < 24 ? `${h} h ${min % 60} min` : `${Math.floor(h / 24)} d`;
  };
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const tick = () => {
    const now = Date.now() + skew;
    for (const time of all("time[data-age]")) put(time, duration(now - Date.parse(time.dateTime)));
  };
  const localise = () => {
    for (const time of all("time:not([data-done])")) {
      const at = new Date(time.dateTime);
      if ("at" in time.dataset) put(time, local.format(at));
      time.title = `${local.format(at)} here\n${time.title}`;
      time.dataset.done = "";
    }
  };

  // --- find: a field that hides the rows which do not fit ------------------------------------------------
  const filter = () => {
    const find = $("#find[data-find]");
    if (!find) return;
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of all(`${find.dataset.find} tbody tr`)) {
      row.hidden = !words.every((word) => row.dataset.words.includes(word));
    }
  };
  document.addEventListener("input", (event) => { if (event.target.id === "find") filter(); });

  const dress = () => { readClock(); localise(); tick(); filter(); };
  dress();
  setInterval(tick, 1000);

  // --- live: an event says that something changed, and the page fetches itself ------------------------------
  const state = $("#live-state");
  const say = (word, lost) => { if (state) { put(state, word); state.dataset.state = lost ? "lost" : "live"; } };
  let wanted = false, busy = false, typed = null;
  const reading = () => {
    const chosen = getSelection();
    const region = $("#live");
    return chosen && !chosen.isCollapsed && region && region.contains(chosen.anchorNode);
  };
  const refresh = () => {
    const region = $("#live");
    // What a person is marking is not pulled from under them, and nobody looks at a hidden page.
    if (!wanted || busy || !region || document.hidden || reading()) return;
    wanted = false;
    busy = true;
    window.htmx.trigger(region, "refresh");
    document.dispatchEvent(new CustomEvent("oneway:refresh"));
  };
  if ("live" in document.body.dataset && window.EventSource) {
    const connect = () => {
      const events = new EventSource("/live");
      events.addEventListener("change", () => { say("Live", false); wanted = true; refresh(); });
      events.addEventListener("error", () => {
        say("Not live: connecting again", true);
        // The browser tries again by itself, unless it was answered with an error.
        if (events.readyState === EventSource.CLOSED) { wanted = true; refresh(); setTimeout(connect, 10000); }
      });
    };
    say("Connecting", false);
    connect();
    setInterval(refresh, 500);
    document.addEventListener("visibilitychange", refresh);
  }

  // Rows hold their order while the pointer is over them or the keyboard is in them.
  const held = (table) => table.matches(":hover") || table.contains(document.activeElement);
  const keepOrder = (html) => {
    const tables = all("[data-rows]").filter((table) => table.tBodies[0] && held(table));
    if (!tables.length) return html;
    const next = new DOMParser().parseFromString(html, "text/html");
    tables.forEach((table) => {
      const index = all("#live [data-rows]").indexOf(table);
      const body = all("#live [data-rows]", next)[index]?.tBodies[0];
      if (index < 0 || !body) return;
      const before = all("tr", table.tBodies[0]).map((row) => row.id);
      const place = (row) => { const at = before.indexOf(row.id); return at < 0 ? before.length : at; };
      const rows = all("tr", body).map((row, at) => [row, place(row), at]);
      rows.sort((a, b) => a[1] - b[1] || a[2] - b[2]).forEach(([row]) => body.append(row));
    });
    return next.documentElement.outerHTML;
  };
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target && event.detail.target.id === "live" && event.detail.shouldSwap) {
      // What was typed into the find field outlives the swap.
      const find = $("#live #find");
      typed = find && find.value ? find.value : null;
      event.detail.serverResponse = keepOrder(event.detail.serverResponse);
    }
  });
  document.addEventListener("htmx:afterSwap", () => {
    const find = $("#live #find");
    if (find && typed !== null) find.value = typed;
    dress();
  });
  document.addEventListener("htmx:afterRequest", () => { busy = false; });
  for (const trouble of ["htmx:sendError", "htmx:responseError"]) {
    document.addEventListener(trouble, () => say("Not live: the platform does not answer", true));
  }

  // --- keyboard -------------------------------------------------------------------------------------------
  const rows = () => all("tr[tabindex]").filter((row) => !row.hidden);
  const row = () => document.activeElement && document.activeElement.closest("tr[tabindex]");
  const move = (step) => {
    const list = rows();
    const at = list.indexOf(row());
    const next = list[at < 0 ? 0 : Math.min(list.length - 1, Math.max(0, at + step))];
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
  };
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    a: () => { const button = row() && $(".acknowledge", row()); if (button) { row().focus(); button.click(); } },
    Enter: () => { const link = row() && $("a", row()); if (link) link.click(); },
    "/": () => { const find = $("#find"); if (find) { find.focus(); find.select(); } },
  };
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input, select, textarea");
    if (field && event.key === "Escape") { field.blur(); return; }
    if (field || event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
    if (event.key === "Enter" && !event.target.matches("tr")) return;
    event.preventDefault();
    keys[event.key]();
  });
})();
