"use strict";
// Draws the past of one printer: a ribbon of its states and one plot an item, all on one time axis.
(() => {
  const AXIS = 64, RIGHT = 8, STEP_MS = 3000;
  const sync = window.uPlot.sync("past");
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const palette = () => ({
    ink: style("--ink"), muted: style("--muted"), line: style("--line"), band: style("--band"),
    severity: ["", style("--sev1"), style("--sev2"), style("--sev3-edge"), style("--sev4")],
  });
  const fetchJson = async (address) => {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  // The columns of a plot: times in seconds; the least and greatest of a bucket, the setpoint, and its last
  // value, which is drawn over the others.
  // A silence longer than the gap breaks the line: nothing was measured there.
  const columns = (series) => {
    const { time, min, max, last } = series.points;
    const points = new Map();
    const at = (ms) => { if (!points.has(ms)) points.set(ms, [undefined, undefined, undefined, undefined]); return points.get(ms); };
    time.forEach((ms, i) => {
      if (i && ms - time[i - 1] > series.gap) at(time[i - 1] + 1).splice(0, 4, null, null, undefined, null);
      at(ms).splice(0, 4, min[i], max[i], undefined, last[i]);
    });
    series.setpoint.forEach(([ms, value]) => { at(ms)[2] = value; });
    const times = [...points.keys()].sort((a, b) => a - b);
    return [times.map((ms) => ms / 1000), ...[0, 1, 2, 3].map((i) => times.map((ms) => points.get(ms)[i]))];
  };

  // The scale shows the values and the setpoint; a limit comes in when it is near enough not to flatten them.
  const scale = (series) => {
    const values = [...series.points.min, ...series.points.max, ...series.setpoint.map(([, v]) => v)];
    let low = values.reduce((a, b) => Math.min(a, b), Infinity), high = values.reduce((a, b) => Math.max(a, b), -Infinity);
    if (low > high) return [0, 1];
    const room = Math.max(high - low, Math.abs(high) * 0.02, 0.1);
    for (const { bound } of series.limits) {
      if (bound > high && bound - high < 3 * room) high = bound;
      if (bound < low && low - bound < 3 * room) low = bound;
    }
    const pad = Math.max((high - low) * 0.08, Math.abs(high) * 0.005, 0.05);
    return [low - pad, high + pad];
  };

  const over = (plot, series, colours) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    const ratio = window.devicePixelRatio || 1;
    // An alarm is a bar along the foot from its opening to its closing, with a tick where it opened.
    for (const alarm of series.alarms) {
      const from = Math.max(bbox.left, plot.valToPos(alarm.from / 1000, "x", true));
      const to = plot.valToPos((alarm.to ?? series.to) / 1000, "x", true);
      ctx.fillStyle = ctx.strokeStyle = colours.severity[alarm.severity] || colours.muted;
      ctx.fillRect(from, bbox.top + bbox.height - 4 * ratio, Math.max(2 * ratio, to - from), 4 * ratio);
      if (alarm.from >= series.from) ctx.fillRect(from, bbox.top, ratio, bbox.height);
    }
    ctx.font = `${11 * ratio}px system-ui, sans-serif`;
    ctx.textAlign = "left";
    for (const limit of series.limits) {
      const y = Math.round(plot.valToPos(limit.bound, "y", true)) + 0.5;
      if (y < bbox.top || y > bbox.top + bbox.height) continue;
      ctx.strokeStyle = ctx.fillStyle = colours.severity[limit.severity] || colours.muted;
      ctx.lineWidth = ratio;
      ctx.setLineDash([6 * ratio, 4 * ratio]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      // The line has the colour; words in it would be too faint to read.
      ctx.fillStyle = colours.muted;
      const above = y - bbox.top > 16 * ratio && limit.side !== "low";
      ctx.textBaseline = above || y > bbox.top + bbox.height - 16 * ratio ? "bottom" : "top";
      ctx.fillText(limit.text, bbox.left + 4 * ratio, y + (ctx.textBaseline === "top" ? 3 : -2) * ratio);
    }
    ctx.restore();
  };

  const readout = (figure, plot, series) => {
    const line = figure.querySelector(".readout");
    const i = plot.cursor.idx;
    const value = i == null ? null : plot.data[4][i];
    if (value == null) { line.textContent = ""; return; }
    const [, min, max, wanted] = plot.data.map((column) => column[i]);
    const text = (number) => (series.unit === "B" ? tick(number, "B") : `${Number(number.toPrecision(4))} ${series.unit}`.trim());
    const parts = [new Date(plot.data[0][i] * 1000).toLocaleString(), text(value)];
    if (min !== max) parts.push(`${text(min)} to ${text(max)}`);
    if (wanted != null) parts.push(`setpoint ${text(wanted)}`);
    line.textContent = parts.join(" · ");
  };

  const options = (figure, series, colours, width) => {
    const grid = { stroke: colours.line, width: 1 };
    const axis = { stroke: colours.muted, grid, ticks: { show: false }, font: "11px system-ui, sans-serif" };
    const short = series.to - series.from < 2 * 86400e3;
    const clock = new Intl.DateTimeFormat(undefined, short ? { hour: "2-digit", minute: "2-digit", hour12: false } : { day: "numeric", month: "short" });
    const hidden = { stroke: "transparent", width: 0, points: { show: false } };
    return {
      width, height: 170, padding: [8, RIGHT, 0, 0],
      cursor: { sync: { key: sync.key, scales: ["x", null] }, y: false, drag: { x: false, y: false }, points: { size: 6 } },
      legend: { show: false },
      scales: { x: { time: true, min: series.from / 1000, max: series.to / 1000, range: () => [series.from / 1000, series.to / 1000] }, y: { range: () => scale(series) } },
      axes: [
        { ...axis, size: 26, space: 70, values: (_, ticks) => ticks.map((s) => clock.format(new Date(s * 1000))) },
        { ...axis, size: AXIS, space: 34, values: (_, ticks) => ticks.map((v) => tick(v, series.unit)) },
      ],
      series: [
        {},
        hidden, hidden,
        { stroke: colours.muted, width: 1, dash: [3, 3], spanGaps: true, points: { show: false }, paths: window.uPlot.paths.stepped({ align: 1 }) },
        { stroke: colours.ink, width: 1.5, points: { show: series.points.time.length < 3, size: 5 }, spanGaps: false },
      ],
      bands: [{ series: [2, 1], fill: colours.band }],
      hooks: { draw: [(plot) => over(plot, series, colours)], setCursor: [(plot) => readout(figure, plot, series)] },
    };
  };

  // Ticks of bytes read in the same steps as the values beside the plot.
  const tick = (value, unit) => {
    if (unit !== "B") return Number(value.toPrecision(6)).toLocaleString();
    const step = Math.min(4, Math.max(0, Math.floor(Math.log2(Math.abs(value) || 1) / 10)));
    return `${Number((value / 1024 ** step).toPrecision(4))} ${["B", "KiB", "MiB", "GiB", "TiB"][step]}`;
  };

  const note = (figure, text) => {
    const p = document.createElement("p");
    p.textContent = text;
    figure.querySelector(".canvas").replaceChildren(p);
  };
  const plots = new Map();
  const draw = async (figure) => {
    const canvas = figure.querySelector(".canvas");
    let series;
    try { series = await fetchJson(figure.dataset.src); } catch { if (!plots.has(figure)) note(figure, "The numbers could not be fetched. Reload the page."); return; }
    if (!series.points.time.length) { plots.get(figure)?.destroy(); plots.delete(figure); note(figure, "No values in this range."); return; }
    // A plot is made anew: its scale, limits and marks may all have moved. It takes a few milliseconds.
    const plot = new window.uPlot(options(figure, series, palette(), canvas.clientWidth), columns(series));
    plots.get(figure)?.destroy();
    canvas.replaceChildren(plot.root);
    plots.set(figure, plot);
  };

  const svg = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const ribbon = async (box) => {
    let found;
    try { found = await fetchJson(box.dataset.src); } catch { return; }
    const width = box.clientWidth;
    const first = document.querySelector(".plot .canvas");
    // On one column the ribbon stands on the axis of the plots below it; on two it spans the page.
    const single = first && Math.abs(first.clientWidth - width) < 4;
    const left = single ? AXIS : 0, right = single ? RIGHT : 0;
    const x = (ms) => left + ((ms - found.from) / (found.to - found.from)) * (width - left - right);
    const root = svg("svg", { width, height: 46, role: "img", "aria-label": "States: " + found.stretches.map((s) => s.word).join(", ") });
    for (const stretch of found.stretches) {
      const from = x(stretch.from), wide = Math.max(1, x(stretch.to) - from);
      const bar = svg("rect", { class: `seg ${stretch.kind}`, x: from, y: 4, width: wide, height: 24 });
      const title = svg("title", {});
      title.textContent = `${stretch.word}, ${new Date(stretch.from).toLocaleString()} to ${new Date(stretch.to).toLocaleString()}`;
      bar.append(title);
      root.append(bar);
      if (wide > stretch.word.length * 7.5 + 12) {
        const text = svg("text", { class: `on-${stretch.kind}`, x: from + 6, y: 20 });
        text.textContent = stretch.word;
        root.append(text);
      }
    }
    const clock = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false });
    for (const [at, anchor] of [[found.from, "start"], [found.to, "end"]]) {
      const text = svg("text", { class: "time", x: x(at), y: 42, "text-anchor": anchor });
      text.textContent = clock.format(new Date(at));
      root.append(text);
    }
    box.replaceChildren(root);
  };

  let last = 0, running = false;
  const drawAll = async () => {
    if (running) return;
    running = true;
    last = Date.now();
    await Promise.all([...document.querySelectorAll(".plot")].map(draw));
    const box = document.querySelector("#ribbon");
    if (box) await ribbon(box);
    running = false;
  };
  drawAll();
  // While the pointer reads a plot, that stands still.
  document.addEventListener("oneway:refresh", () => {
    if (Date.now() - last >= STEP_MS && !document.querySelector("#plots:hover")) drawAll();
  });
  let resized;
  addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(drawAll, 200); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();
