(() => {
  "use strict";
  // Everything is looked up inside this player's own section, so that several in one page do not meet.
  const root = document.currentScript.closest(".bp-player");
  const find = (what, where = root) => where.querySelector(what);
  const all = (what, where) => [...where.querySelectorAll(what)];
  const data = JSON.parse(find('script[type="application/json"]').textContent);
  const { words, stages } = data;
  const slider = find('[data-is="step"]'), place = find('[data-is="place"]');
  const stageChoice = find('[data-is="stage"]'), sampleChoice = find('[data-is="sample"]');
  const said = find(".bp-said"), picture = find(".bp-picture"), playButton = find('[data-do="play"]');
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const last = data.layers.length - 1, lastRow = data.steps.length - 1;
  const MOST_ITEMS = 10, PLAYED_IN = 20000, A_STAGE = 1800;
  let row = 0, at = 0, sample = 0, timer = 0;

  // At most so many significant digits, half up on the shortest decimal, as the documents print numbers.
  const number = (value) => {
    const x = Number(value);
    if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "−inf";
    const [, sign, first, rest = "", power] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(x.toExponential());
    let digits = first + rest, exponent = Number(power);
    if (digits.length > data.digits) {
      digits = String(BigInt(digits.slice(0, data.digits)) + (digits[data.digits] >= "5" ? 1n : 0n));
      if (digits.length > data.digits) exponent += 1;
    }
    digits = digits.replace(/0+$/, "");
    if (!digits) return "0";
    const minus = sign && "−";
    const pointed = (whole) => digits.slice(0, whole).padEnd(whole, "0") + (digits[whole] ? "." + digits.slice(whole) : "");
    if (exponent < -4 || exponent >= 7) {
      return `${minus}${pointed(1)} × 10${[...String(exponent)].map((each) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[each] ?? "⁻").join("")}`;
    }
    return minus + (exponent < 0 ? "0." + "0".repeat(-exponent - 1) + digits : pointed(exponent + 1));
  };
  const fill = (word, parts) => words[word].replace(/\{(\w+)\}/g, (_, key) => parts[key]);
  const told = (word, value) => fill(word, { value: number(value) });
  const grouped = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

  // The picture's elements, by the names that they carry.
  const key = (ends) => JSON.stringify(ends);
  const groups = new Map(all("[data-neuron]", picture).map((each) => [each.dataset.neuron, each]));
  const byEnds = (tag) =>
    new Map(all(`${tag}[data-edge]`, picture).map((each) => [key([each.dataset.sender, each.dataset.receiver]), each]));
  const paths = byEnds("path"), labels = byEnds("text");
  const held = (each, name) => {
    // Notes stand in this order; what a neuron gives out is one where it has no room in the circles.
    const group = groups.get(name), notes = all('[data-text="note"]', group);
    const net_note = each.net && notes.shift();
    const value = each.out || each.fixed ? find('[data-text="value"]', group) ?? notes.shift() : null;
    const delta_note = each.delta && notes.shift();
    return { ...each, group, net_note, value, delta_note, title: find("title", group), bias_text: find('[data-text="bias"]', group) };
  };
  const neurons = data.neurons.map((each) => held(each, each.name));
  const targets = data.targets.map((each) => held(each, each.drawn));
  const parameters = data.parameters.map((each, index) => {
    const path = each.ends && paths.get(key(each.ends)), label = each.ends && labels.get(key(each.ends));
    const biases = neurons.filter((neuron) => neuron.bias === index).map((neuron) => neuron.bias_text);
    return { ...each, path, title: path && find("title", path), texts: label ? [label] : biases };
  });
  const errorText = find('[data-text="error"]', picture), mark = find("[data-mark]");

  // What the numbers are, and which of them a stage has.
  const of = (series) => (Array.isArray(series?.[row]) ? series[row][sample] : series?.[row]);
  const given = (each) => (each.fixed ? each.fixed[sample] : of(each.out));
  const samples = () => (data.batches ? data.batches[row] : data.samples);
  const renewed = (each) => (data.follows[row] ? each.after?.[row] ?? each.value[row + 1] : null);
  const isPossible = ({ kind }) =>
    kind === "new" ? data.follows[row] : kind !== "update" || parameters.some((each) => of(each.update) != null);
  const meets = (stage, kind, layer) => stage.kind === kind && (stage.layer == null || stage.layer === layer);
  const isNow = (kind, layer) => meets(stages[at], kind, layer);
  // The first stage shows what all others do, but for the update.
  const isReached = (kind, layer) => {
    const reached = stages.findIndex((stage) => meets(stage, kind, layer));
    return reached >= 0 && (at === 0 ? kind !== "new" : reached <= at);
  };
  const ofStage = (list) => list.filter((each) => stages[at].layer == null || each.layer === stages[at].layer);

  // Texts are put in as text, never as markup.
  const put = (element, text, isMarked = false) => {
    if (!element) return;
    if (element.textContent !== text) element.textContent = text;
    element.classList.toggle("bp-now", isMarked && text !== "");
  };
  const light = (element, isActive) => element?.classList.toggle("bp-active", Boolean(isActive));

  const drawNeurons = () => {
    const isError = isNow("error");
    for (const each of neurons) {
      const { layer } = each, isInput = layer === 0, out = isInput ? given(each) : of(each.out);
      const isForward = isNow(isInput ? "inputs" : "forward", layer), isDelta = isNow("delta", layer);
      const isOut = isError && layer === last, lines = [each.said];
      const show = (element, value, isThere, isMarked, note, line) => {
        const isSaid = isThere && value != null;
        put(element, isSaid ? (note ? told(note, value) : number(value)) : "", isMarked);
        if (isSaid) lines.push(told(line, value));
      };
      const isThere = isInput || isReached("forward", layer);
      show(each.net_note, of(each.net), isThere, isForward, "net_note", "told_net");
      show(each.value, out, isThere, isForward || isOut, data.out_note && !isInput && "out_note", "told_out");
      show(each.delta_note, of(each.delta), isReached("delta", layer), isDelta, "delta_note", "told_delta");
      light(each.group, isForward || isDelta || isOut);
      put(each.title, lines.join("\n"));
    }
    for (const each of targets) {
      const text = isReached("error") ? number(given(each)) : "";
      put(each.value, text, isError);
      put(each.title, text);
      light(each.group, isError);
    }
    put(errorText, isReached("error") ? told("error_box", data.error[row]) : "", isError);
  };

  const label = (each) => {
    const isBare = data.labels === "values" && each.ends, after = renewed(each);
    const write = (word, value, sign = "") =>
      isBare ? sign + number(value) : fill(word, { name: each.label, sign, value: number(value) });
    const update = of(each.update), gradient = of(each.gradient);
    if (isNow("gradient", each.layer) && gradient != null) return write("gradient_label", gradient);
    if (isNow("update", each.layer) && update != null) {
      return write("update_label", Math.abs(Number(update)), Number(update) < 0 ? "−" : "+");
    }
    return write("weight_label", isReached("new", each.layer) && after != null ? after : of(each.value));
  };

  const drawParameters = () => {
    for (const each of parameters) {
      const isMarked = ["gradient", "update", "new"].some((kind) => isNow(kind, each.layer));
      const text = label(each), numbers = { value: each.value, gradient: each.gradient, update: each.update };
      for (const element of each.texts) put(element, text, isMarked);
      if (!each.path) continue;
      light(each.path, isMarked || isNow("forward", each.layer));
      const lines = Object.keys(numbers).filter((kind) => of(numbers[kind]) != null);
      put(each.title, [`${each.said}: ${each.ends.join(" → ")}`, ...lines.map((kind) => told(`told_${kind}`, of(numbers[kind])))].join("\n"));
    }
    if (picture.clientWidth) fit(parameters.flatMap((each) => each.texts.map((text) => [text, each.ends ? 6 : 16])));
  };
  // The ground of a text is as wide as the text. All are measured before any is changed.
  const fit = (texts) => {
    const widths = texts.map(([text, air]) => text.getComputedTextLength() + air);
    texts.forEach(([text], index) => {
      const ground = text.previousElementSibling;
      ground.setAttribute("width", widths[index]);
      ground.setAttribute("x", text.getAttribute("x") - widths[index] / 2);
    });
  };

  const items = (list, word, parts) => {
    const each = list.map((one) => fill(word, { name: one.said, ...parts(one) }));
    const kept = each.length > MOST_ITEMS ? each.slice(0, MOST_ITEMS - 1) : each;
    return [...kept, ...(kept.length < each.length ? [fill("items_more", { count: each.length - kept.length })] : [])].join(words.between_items);
  };
  const listed = {
    all: () => "",
    inputs: () => items(ofStage(neurons), "item_input", (each) => ({ value: number(given(each)) })),
    forward: () => {
      const layer = ofStage(neurons), quantities = ["net", "out"].filter((each) => layer[0][each]);
      const word = `item_${quantities.join("_")}`.replace("out", stages[at].layer === last ? "prediction" : "out");
      return items(layer, word, (each) => ({ net: number(of(each.net)), out: number(of(each.out)) }));
    },
    error: () => {
      const outputs = targets.map((each) => ({ ...neurons.find((neuron) => neuron.name === each.name), target: given(each) }));
      return items(outputs, outputs[0].out ? "item_error" : "item_target", (each) => ({ out: number(of(each.out)), target: number(each.target) }));
    },
    delta: () => items(ofStage(neurons), "item_delta", (each) => ({ value: number(of(each.delta)) })),
    gradient: () => items(ofStage(parameters), "item_gradient", (each) => ({ value: number(of(each.gradient)) })),
    update: () =>
      items(ofStage(parameters).filter((each) => of(each.update) != null), "item_update", (each) => ({ sign: Number(of(each.update)) < 0 ? "" : "+", value: number(of(each.update)) })),
    new: () => items(ofStage(parameters), "item_new", (each) => ({ before: number(of(each.value)), value: number(renewed(each)) })),
  };
  const caption = () => {
    const { kind, layer } = stages[at], isOfSample = ["inputs", "forward", "error", "delta"].includes(kind);
    const isOfAll = samples().length > 1 && (kind === "error" || kind === "gradient");
    const which = isOfSample && (samples().length > 1 || data.batches) ? fill("of_sample", { sample: samples()[sample] }) : "";
    return which + fill(`said_${kind}${isOfAll ? "_of_all" : ""}`, {
      step: grouped(data.steps[row]), error: number(data.error[row]), layer: data.layers[layer], items: listed[kind](),
    });
  };

  const drawChoices = () => {
    const text = fill("step_of", { step: grouped(data.steps[row]), last: grouped(data.last) });
    slider.value = row;
    slider.setAttribute("aria-valuetext", text);
    put(place, text);
    stages.forEach((each, index) => (stageChoice.options[index].disabled = !isPossible(each)));
    stageChoice.value = at;
    if (!sampleChoice) return;
    [...sampleChoice.options].forEach((option, index) => {
      option.hidden = option.disabled = index >= samples().length;
      put(option, String(samples()[index] ?? ""));
    });
    sampleChoice.value = sample;
  };
  const drawMark = () => {
    if (!mark) return;
    const spot = data.curve[row];
    mark.style.display = spot ? "" : "none";
    if (!spot) return;
    find("path", mark).setAttribute("transform", `translate(${spot[0]} 0)`);
    find("circle", mark).setAttribute("transform", `translate(${spot[0]} ${spot[1]})`);
  };
  // Where the picture is wider than its room, what is computed now is brought into it.
  const reveal = () => {
    const boxes = all(".bp-active", picture).map((each) => each.getBoundingClientRect());
    if (!boxes.length || picture.scrollWidth <= picture.clientWidth) return;
    const middle = (Math.min(...boxes.map((box) => box.left)) + Math.max(...boxes.map((box) => box.right))) / 2;
    const by = middle - picture.getBoundingClientRect().left - picture.clientWidth / 2;
    picture.scrollBy({ left: by, behavior: calm.matches ? "auto" : "smooth" });
  };

  const draw = () => {
    sample = Math.min(sample, samples().length - 1);
    while (!isPossible(stages[at])) at -= 1;
    picture.classList.toggle("bp-staged", at > 0);
    drawNeurons();
    drawParameters();
    drawChoices();
    drawMark();
    put(said, caption());
    reveal();
  };

  const go = (to) => {
    row = Math.min(Math.max(to, 0), lastRow);
    draw();
  };
  // After the last stage of a step comes the first of the next step, past the one that shows all values.
  const goStage = (by) => {
    let to = at + by;
    while (stages[to] && !isPossible(stages[to])) to += by;
    if (stages[to]) at = to;
    else if (by > 0 && row < lastRow) [row, at] = [row + 1, 1];
    draw();
    return !stages[to] && row === lastRow;
  };
  const pause = () => {
    clearInterval(timer);
    timer = 0;
    said.setAttribute("aria-live", "polite");
    put(playButton, words.play);
  };
  // Stage by stage where one is shown, else step by step.
  const play = () => {
    if (at === 0 && lastRow === 0) goStage(1);
    else if (at === 0 && row === lastRow) go(0);
    said.setAttribute("aria-live", "off");
    put(playButton, words.pause);
    timer = setInterval(
      () => {
        if (at > 0 ? goStage(1) : (go(row + 1), row === lastRow)) pause();
      },
      at > 0 ? A_STAGE : Math.min(Math.max(PLAYED_IN / (lastRow + 1), 100), 1000),
    );
  };
  const act = {
    first: () => go(0), previous: () => go(row - 1), next: () => go(row + 1), last: () => go(lastRow),
    "stage-back": () => goStage(-1), "stage-on": () => goStage(1), play,
  };
  const keys = {
    ArrowLeft: "previous", ArrowRight: "next", ArrowUp: "stage-back", ArrowDown: "stage-on", p: "stage-back", n: "stage-on",
    Home: "first", End: "last", " ": "play",
  };
  const run = (what) => {
    const wasPlaying = timer;
    if (wasPlaying) pause();
    if (!wasPlaying || what !== "play") act[what]();
  };

  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) run(button.dataset.do);
  });
  root.addEventListener("keydown", (event) => {
    const what = keys[event.key], on = event.target.tagName;
    if (!what || event.ctrlKey || event.metaKey || event.altKey || on === "SELECT" || (event.key === " " && on === "BUTTON")) return;
    event.preventDefault();
    run(what);
  });
  const choose = (element, kind, change) =>
    element?.addEventListener(kind, () => {
      if (timer) pause();
      change(Number(element.value));
      draw();
    });
  choose(slider, "input", (value) => (row = value));
  choose(stageChoice, "change", (value) => (at = value));
  choose(sampleChoice, "change", (value) => (sample = value));
  // A click on the curve goes to the nearest step that is shown.
  mark?.ownerSVGElement.addEventListener("click", (event) => {
    const svg = event.currentTarget, box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
    const far = data.curve.map((spot) => (spot ? Math.abs(spot[0] - x) : Infinity));
    if (timer) pause();
    go(far.indexOf(Math.min(...far)));
  });
  find(".bp-body").hidden = false;
  draw();
})();
