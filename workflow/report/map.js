// The map of songs.
function startMap(data) {
  const [plane, tip, field, found] = ["map-plane", "map-tip", "map-find", "map-found"].map(find);
  const [said, legend, button] = ["map-said", "map-legend", "map-play"].map(find);
  const { x, y, song: songs } = data;
  const whole = plane.viewBox.baseVal;
  const all = { x: whole.x, y: whole.y, width: whole.width, height: whole.height };
  let view = { ...all };
  let chosen = -1;
  let matches = null;

  const draw = (name, parent) => parent.appendChild(document.createElementNS(plane.namespaceURI, name));
  const dot = (element, row) => element.setAttribute("d", `M${x[row]} ${y[row]}h.01`);
  const layers = { chosen: draw("path", plane), rings: draw("g", plane), dots: draw("g", plane) };
  layers.rings.setAttribute("class", "rings");
  layers.dots.setAttribute("class", "dots");
  layers.chosen.setAttribute("class", "here");
  plane.style.setProperty("--dot", `${Math.min(9, Math.max(3.5, 200 / Math.sqrt(songs.length)))}px`);
  const dots = songs.map((song, row) => {
    if (song in excerpts) dot(draw("path", layers.rings), row);
    const element = draw("path", layers.dots);
    dot(element, row);
    return element;
  });

  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const texts = songs.map((_, row) => plain(`${data.title[row]}\n${data.artist[row]}`));
  const count = (number, word) => `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
  const name = (row, between) => [data.title[row], data.artist[row]].filter(Boolean).join(between);
  const describe = (row) => {
    const tags = data.tags[row].map((tag) => data.tag[tag]).join(", ");
    return [name(row, " – "), tags, count(data.plays[row], "play")].filter(Boolean).join("; ");
  };

  // Colours, and what they mean
  function colour(by) {
    const { groups, other, of } = data.colours[by];
    const scale = by === "popularity" ? "step" : "group";
    const classes = groups.map((_, group) => (other && group === groups.length - 1 ? "other" : `${scale}-${group}`));
    const sizes = groups.map(() => 0);
    of.forEach((group, row) => {
      sizes[group] += 1;
      dots[row].dataset.colour = classes[group];
    });
    legend.replaceChildren(
      ...groups.map((group, place) => {
        const [item, swatch, number] = ["li", "i", "small"].map((each) => document.createElement(each));
        swatch.dataset.colour = classes[place];
        number.textContent = sizes[place].toLocaleString("en");
        item.append(swatch, group, " ", number);
        return item;
      }),
    );
  }

  // The part of the map that is in view
  function show(next) {
    const width = Math.min(all.width, Math.max(all.width / 40, next.width));
    const height = (width * all.height) / all.width;
    const kept = (start, size, from, length) => Math.min(from + length - size, Math.max(from, start));
    view = { width, height };
    view.x = kept(next.x, width, all.x, all.width);
    view.y = kept(next.y, height, all.y, all.height);
    plane.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
    plane.classList.toggle("zoomed", width < all.width);
    tip.hidden = true;
  }

  function zoom(factor, at = { x: view.x + view.width / 2, y: view.y + view.height / 2 }) {
    if (!factor) return show(all);
    const by = 1 / factor;
    show({ width: view.width * by, x: at.x - (at.x - view.x) * by, y: at.y - (at.y - view.y) * by });
  }

  function keepInView(row) {
    const margin = view.width / 20;
    const inside = (at, start, size) => at > start + margin && at < start + size - margin;
    if (!inside(x[row], view.x, view.width) || !inside(y[row], view.y, view.height)) {
      show({ width: view.width, x: x[row] - view.width / 2, y: y[row] - view.height / 2 });
    }
  }

  function place(event) {
    const box = plane.getScreenCTM();
    return { x: (event.clientX - box.e) / box.a, y: (event.clientY - box.f) / box.d, scale: box.a };
  }

  // The nearest song, within so many units; or the nearest one in a direction
  function nearest(at, within) {
    let best = -1;
    let least = within ** 2;
    for (let row = 0; row < songs.length; row += 1) {
      const far = (x[row] - at.x) ** 2 + (y[row] - at.y) ** 2;
      if (far < least) [best, least] = [row, far];
    }
    return best;
  }

  function next(row, right, down) {
    let best = -1;
    let least = Infinity;
    for (let other = 0; other < songs.length; other += 1) {
      const [across, along] = [x[other] - x[row], y[other] - y[row]];
      const ahead = across * right + along * down;
      const aside = Math.abs(across * down + along * right);
      // of songs at one place, the order of rows decides, so that each can be reached
      const same = across === 0 && along === 0 && (other - row) * (right + down) > 0;
      const far = same ? Math.abs(other - row) / 1e6 : ahead > 0 && aside <= ahead ? ahead + 2 * aside : Infinity;
      if (far < least) [best, least] = [other, far];
    }
    return best;
  }

  function choose(row, before = "") {
    chosen = row;
    dot(layers.chosen, row);
    keepInView(row);
    const known = songs[row] in excerpts;
    button.dataset.song = String(songs[row]);
    button.setAttribute("aria-label", `Play ${name(row, " by ")}`);
    button.hidden = !known;
    said.textContent = `${before}${describe(row)}${known ? "; has an excerpt" : ""}`;
    showPlaying();
  }

  function hear(row) {
    if (songs[row] in excerpts) return play(String(songs[row]));
    said.textContent = `${describe(row)}; there is no excerpt of it`;
  }

  function point(row) {
    tip.hidden = row < 0;
    if (row < 0) return;
    tip.textContent = describe(row);
    const [box, outer] = [plane.getScreenCTM(), plane.parentElement.getBoundingClientRect()];
    const left = x[row] * box.a + box.e - outer.left;
    tip.style.left = `${Math.max(0, Math.min(left - tip.offsetWidth / 2, outer.width - tip.offsetWidth))}px`;
    tip.style.top = `${y[row] * box.d + box.f - outer.top + 12}px`;
  }

  // The search
  function search() {
    const words = plain(field.value).split(/\s+/).filter(Boolean);
    matches = words.length ? texts.flatMap((text, row) => (words.every((word) => text.includes(word)) ? [row] : [])) : null;
    plane.classList.toggle("searched", matches !== null);
    dots.forEach((element) => element.classList.remove("match"));
    for (const row of matches || []) dots[row].classList.add("match");
    const of = count(songs.length, "song");
    found.textContent = matches ? `${matches.length.toLocaleString("en")} of ${of}` : of;
  }

  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !matches || !matches.length) return;
    event.preventDefault();
    const turn = event.shiftKey ? matches.length - 1 : 1;
    const now = matches.indexOf(chosen);
    const place = now < 0 ? (event.shiftKey ? turn : 0) : (now + turn) % matches.length;
    choose(matches[place], `${place + 1} of ${matches.length}: `);
  });

  // Keys, pointer and wheel
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const zooms = { "+": 1.5, "=": 1.5, "-": 1 / 1.5, 0: 0 };
  plane.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    if (key in ways) {
      const middle = { x: view.x + view.width / 2, y: view.y + view.height / 2 };
      const row = chosen < 0 ? nearest(middle, Infinity) : next(chosen, ...ways[key]);
      if (row >= 0) choose(row);
    } else if ((key === "Enter" || key === " ") && chosen >= 0) hear(chosen);
    else if (key in zooms) zoom(zooms[key]);
    else return;
    event.preventDefault();
  });

  let drag = null;
  plane.addEventListener("pointerdown", (event) => {
    drag = { at: place(event), x: event.clientX, y: event.clientY, moved: false };
  });
  plane.addEventListener("pointermove", (event) => {
    const at = place(event);
    if (drag && event.buttons && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > 5) {
      drag.moved = true;
      plane.setPointerCapture(event.pointerId);
    }
    if (drag && drag.moved && event.buttons) {
      show({ width: view.width, x: view.x + drag.at.x - at.x, y: view.y + drag.at.y - at.y });
    } else point(nearest(at, 14 / at.scale));
  });
  plane.addEventListener("pointerleave", () => point(-1));
  plane.addEventListener("click", (event) => {
    const at = place(event);
    const row = drag && drag.moved ? -1 : nearest(at, 18 / at.scale);
    drag = null;
    if (row < 0) return;
    choose(row);
    hear(row);
  });
  plane.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && document.activeElement !== plane) return; // the page scrolls over it
      event.preventDefault();
      zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, place(event));
    },
    { passive: false },
  );
  document.querySelectorAll("[data-zoom]").forEach((each) => {
    each.addEventListener("click", () => zoom(Number(each.dataset.zoom)));
  });
  document.querySelectorAll("[name=map-colour]").forEach((each) => {
    each.addEventListener("change", () => colour(each.value));
    if (each.checked) colour(each.value);
  });
  search(); // a browser may keep what was in the field
  find("map-tool").hidden = false;
}

const mapped = read("map-songs");
if (mapped) startMap(mapped);
