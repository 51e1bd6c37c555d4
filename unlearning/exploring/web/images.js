// The images behind a run, and the margins of the one that is pointed at.
const blocks = new Map();
function block(set) {
  if (blocks.has(set)) return blocks.get(set);
  const about = study.behind[set], points = about.point.length, { members, places } = about;
  const { buffer } = bytesOf.get(set);
  const rows = placeInSet.get(set) + 1, margins = 2 * members * points, measured = rows * points * 3;
  const floats = new Float32Array(buffer, 0, margins + measured);
  const Counts = members > 255 ? Uint16Array : Uint8Array;
  const counts = new Counts(buffer, 4 * (margins + measured));
  blocks.set(set, {
    // Margins of the oracles (0) and of the pretrained members (1) on one image.
    margins: (which, image) => Array.from({ length: members },
      (_, member) => floats[(which * members + member) * points + image]),
    measured: (run, image) => floats.subarray(margins + (run * points + image) * 3).slice(0, 3),
    counts: (run, image) => counts.slice((run * points + image) * places, (run * points + image + 1) * places),
  });
  return blocks.get(set);
}

const named = (point, label) => study.texts ? `sequence ${point}, ${study.texts[point]}` : `image ${point} of class ${label}`;
const ONE = study.texts ? "sequence" : "image";

function behind() {
  const shown = whose(), run = shown.at(-1), focused = at("images").contains(document.activeElement);
  at("images").replaceChildren();
  at("behind").hidden = !run;
  if (!run || !study.behind[run.forget_set]?.point.length) {
    looking += 1;
    at("whose").textContent = `No ${ONE} fits into the bound of this page: it has too many runs.`;
    at("image").replaceChildren();
    at("histograms").replaceChildren();
    at("sums").replaceChildren();
    return;
  }
  const about = study.behind[run.forget_set], data = block(run.forget_set);
  at("whose").textContent = `${run.name}. ${study.texts ? "Sequences" : "Images"} by falling KLoM; the number under each is its KLoM. `
    + (study.texts ? "Point at one, or focus it, to see its margins, each the mean over its tokens; KLoM is taken token by token, and "
      + "is not that of these histograms." : "Point at one, or focus it, to see the margins that KLoM is taken from.");
  const klom = about.point.map((_, image) => data.measured(run.place, image)[2]);
  for (const split of study.splits) {
    const images = about.point.map((_, image) => image).filter(image => about.split[image] === split)
      .sort((one, two) => (isNaN(klom[one]) - isNaN(klom[two])) || klom[two] - klom[one]);
    const head = { forget: "Of the forget set", retain: "Of the retain set, the worst over all runs",
      validation: "Of the validation set, the worst over all runs" };
    const largest = worst[run.forget_set], most = largest[`worst_${split}_klom`][run.place];
    const point = largest[`worst_${split}`][run.place], here = images.find(image => about.point[image] === point);
    const none = `Of the ${split} set no ${ONE} fits into the bound of this page, which has too many runs.`;
    const text = most === null ? ""
      : `Under this run the largest KLoM of all its points is ${number(most)}, of ${ONE} ${point}, `
        + (here === undefined ? "which this page does not hold." : "the first.");
    // Of several with the largest KLoM the one that was named.
    if (here !== undefined) images.unshift(...images.splice(images.indexOf(here), 1));
    const list = make("div", null, ...images.map(image => {
      const point = about.point[image], picture = study.texts ? make("b", study.texts[point]) : make("img");
      if (!study.texts) {
        picture.src = `data:image/png;base64,${study.images[point]}`;
        picture.alt = `class ${about.label[image]}`;
      }
      const button = make("button", null, picture, isNaN(klom[image]) ? "none" : number(klom[image]));
      if (image === here) button.append(make("small", " worst"));
      button.type = "button";
      button.dataset.image = image;
      button.setAttribute("aria-label", `${split} ${named(point, about.label[image])}, KLoM ${number(klom[image])}`
        + (image === here ? ", the worst of all" : ""));
      // What scrolls under a pointer that lies still is not pointed at.
      for (const event of ["pointermove", "focus", "click"])
        button.addEventListener(event, () => look(split, point));
      return button;
    }));
    list.className = "images";
    const part = make("div", null, make("h3", images.length ? `${head[split]}.` : none), make("p", text), list);
    part.className = "split";
    at("images").append(part);
  }
  const looked = look();
  if (focused) looked.focus({ preventScroll: true });
}

// Show the margins of an image: of the one that is pointed at, else of that of the address.
function look(split, point) {
  const run = whose().at(-1), about = study.behind[run?.forget_set];
  if (!about?.point.length) return;
  if (split) {
    if (state.image === `${split} ${point}`) return;
    state = { ...state, image: `${split} ${point}` };
    writeSoon();
  }
  const buttons = [...at("images").querySelectorAll("button")];
  const wanted = buttons.find(each => `${about.split[each.dataset.image]} ${about.point[each.dataset.image]}` === state.image)
    ?? buttons[0];
  for (const each of buttons) each.setAttribute("aria-pressed", each === wanted);
  drawHistograms(Number(wanted.dataset.image));
  return wanted;
}

function bars(run, image) {
  const data = block(run.forget_set), [low, high, klom] = data.measured(run.place, image);
  const counts = data.counts(run.place, image), bins = study.bins, step = (high - low) / bins;
  const edges = Array.from({ length: bins + 1 }, (_, place) => place === bins ? high : low + place * step);
  const width = step || 0.05, { members } = study.behind[run.forget_set];
  // Bins as wide as KLoM's go on at both sides, as many again; what lies farther is in one at the end.
  const place = margin => margin < low ? Math.max(-bins - 1, -Math.ceil((low - margin) / width))
    : margin > high ? Math.min(2 * bins, bins - 1 + Math.ceil((margin - high) / width))
      : edges.slice(1, -1).filter(edge => margin >= edge).length;
  const within = new Array(bins).fill(0), oracle = [...within], pretrained = [...within], beyond = new Map();
  for (const margin of data.margins(0, image)) oracle[place(margin)] += 1;
  const finite = data.margins(1, image).filter(Number.isFinite);
  for (const margin of finite) {
    const here = place(margin);
    if (here in pretrained) pretrained[here] += 1;
    else beyond.set(here, (beyond.get(here) ?? 0) + 1);
  }
  const unlearned = [...counts.slice(0, bins)], total = unlearned.reduce((sum, count) => sum + count, 0) + counts[bins];
  const rows = [], share = (count, all) => count / all;
  const add = (ensemble, found, all, term = false) => found.forEach((count, place) => rows.push({
    ensemble, low: low + place * width, high: low + (place + 1) * width, height: term ? count : share(count, all), term,
    description: `${ensemble}: ${number(term ? count : share(count, all), 3)} from margin ${number(edges[place])}`,
  }));
  const term = (count, q) => count ? count / total * Math.log(count / total / Math.max(q, 1e-5)) : 0;
  const titles = study.ensembles;
  add(titles.pretrained, pretrained, members);
  for (const [here, count] of beyond) {
    const from = low + here * width, end = here < -bins ? "left" : here >= 2 * bins ? "right" : "";
    rows.push({
      ensemble: titles.pretrained, low: from, high: from + width, height: share(count, members), term: false, end,
      description: `${titles.pretrained}: ${number(share(count, members), 3)} from margin ${number(from)}${end ? " and beyond" : ""}`,
    });
  }
  add(titles.oracle, oracle, members);
  add(titles.unlearned, unlearned, total);
  if (study.sums)
    add(titles.terms, unlearned.map((count, place) => term(count, oracle[place] / members)), 1, true);
  const sum = unlearned.reduce((all, count, place) => all + term(count, oracle[place] / members), term(counts[bins], 0));
  const out = [...beyond.values()].reduce((all, count) => all + count, 0);
  return { rows, klom, sum, out, lost: counts[bins], missing: members - finite.length, members };
}

// An axis of two runs that is longer than this many times that of one of them is none.
const MOST_AXIS = 8;
let looking = 0;
async function drawHistograms(image) {
  const turn = ++looking, shown = whose(), about = study.behind[shown.at(-1).forget_set];
  const point = about.point[image], specs = [], texts = [];
  at("behind").classList.toggle("two", shown.length > 1);
  // Side by side where there is room.
  const room = at("looked").clientWidth, part = (room + 30) / shown.length - 30;
  const wide = Math.max(180, Math.min(420, (part < 255 ? room : part) - 75));
  for (const run of shown) {
    const own = study.behind[run.forget_set];
    const place = own.point.findIndex((each, i) => each === point && own.split[i] === about.split[image]);
    const letter = state.pins.length === 2 ? `${"AB"[state.pins.indexOf(run.id)]}: ` : "";
    if (place < 0) { texts.push(`${letter}the page has no margins of this image on forget set ${setLabel[run.forget_set]}.`); continue; }
    const { rows, klom, sum, out, lost, missing, members } = bars(run, place);
    let text = `${letter}KLoM ${isNaN(klom) ? "has no value" : number(klom)} under ${run.title}, epoch ${run.epoch}.`;
    if (study.sums) text += ` The lowest row adds up to ${number(sum - (lost ? lost / members * Math.log(lost / members / 1e-5) : 0))}.`;
    if (lost) text += ` ${lost} of ${members} unlearned margins are not finite: they are in a bin of their own, where no oracle is.`;
    if (out) text += ` ${out} of ${members} pretrained margins lie beyond the bins of KLoM, in others as wide.`;
    if (missing) text += ` ${missing} of ${members} pretrained margins are not finite: no bar has them.`;
    texts.push(text);
    const spec = structuredClone(study.histogram);
    spec.datasets = { bars: rows };
    const [head, ...rest] = `${letter}${run.title}, epoch ${run.epoch}`.split(", ");
    if (letter) spec.title = { text: [`${head},`, rest.join(", ")], anchor: "start" };
    spec.spec.width = wide;
    specs.push(spec);
  }
  if (specs.length > 1)
    texts.push(`Each run has bins of its own: KLoM cuts what its members and the oracles span into ${study.bins}.`);
  // One axis for all that is compared, unless it would leave one run a few pixels; and one height
  // for each of its rows.
  const every = specs.flatMap(spec => spec.datasets.bars), boxes = [];
  const ends = bars => [Math.min(...bars.map(bar => bar.low)), Math.max(...bars.map(bar => bar.high))];
  const own = specs.map(spec => ends(spec.datasets.bars)), shared = ends(every), span = ([low, high]) => high - low;
  const apart = own.some(each => span(shared) > MOST_AXIS * span(each));
  if (apart)
    texts.push("The axes of the two are not the same: on one that has both, the bars of one run could not be seen.");
  const reaches = Object.values(study.ensembles).flatMap(ensemble => {
    const heights = every.filter(bar => bar.ensemble === ensemble).map(bar => bar.height);
    return heights.length ? [Math.min(...heights), Math.max(...heights)]
      .map(height => ({ ensemble, height, reach: true })) : [];
  });
  for (const [place, spec] of specs.entries()) {
    const domain = apart ? own[place] : shared;
    // Lines between bars would leave nothing of narrow ones.
    const [{ low, high }] = spec.datasets.bars;
    if ((high - low) / span(domain) * wide < 4) spec.spec.layer[0].mark.strokeWidth = 0;
    spec.datasets.bars = [...spec.datasets.bars, ...reaches];
    for (const { encoding } of spec.spec.layer) if (encoding.x) encoding.x.scale.domain = domain;
    boxes.push(await vegaEmbed(make("div"), spec, SETTLED));
  }
  if (turn !== looking) return boxes.forEach(each => each.finalize());
  const names = { forget: "of the forget set", retain: "of the retain set", validation: "of the validation set" };
  at("image").replaceChildren(
    make("h3", study.texts ? `${study.texts[point]}, ${names[about.split[image]]}: mean margin of its tokens`
      : `Image ${point} ${names[about.split[image]]}, class ${about.label[image]}`));
  at("sums").replaceChildren(...texts.map(text => make("p", text)));
  at("histograms").replaceChildren(...boxes.map(each => each.view.container()));
}
