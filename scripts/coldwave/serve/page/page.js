/** The page of `coldwave serve`: the address after the # says which view is shown, so that links and Back work. */

import { ask, problem } from "./server.js";
import { byId, count, make } from "./dom.js";
import { openList } from "./kept.js";
import { preparePlayer } from "./player.js";
import { fileView } from "./file.js";
import { listView } from "./list.js";
import { pathView } from "./path.js";
import { songsView, songView } from "./songs.js";
import { userView, usersView } from "./users.js";
import { ignoreDropsElsewhere } from "./zone.js";

const VIEWS = { song: songView, user: userView, users: usersView, file: fileView, path: pathView, list: listView };
const NAMES = {
  songs: "Songs",
  song: "Song",
  user: "User",
  users: "Users",
  file: "A file",
  path: "A path",
  list: "My list",
};
let run = null;
let showing = null;

/** Show the view that the address names. `moves` is false where the page has just been opened: the focus stays. */
async function show(moves = true) {
  showing?.abort();
  showing = new AbortController();
  const { signal } = showing;
  const parameters = new URLSearchParams(location.hash.slice(1));
  const name = Object.keys(VIEWS).find((one) => parameters.has(one)) ?? "songs";
  const place = make("div", { class: "view", "data-view": name });
  mark(name);
  try {
    const { title = NAMES[name] } = (await (VIEWS[name] ?? songsView)(place, parameters, { signal, run })) ?? {};
    document.title = `${title} · ${run.run} · Coldwave`;
  } catch (error) {
    if (error.name === "AbortError" || signal.aborted) return;
    place.replaceChildren(
      make("h1", {}, NAMES[name]),
      problem(error, () => show()),
    );
    document.title = `${NAMES[name]} · Coldwave`;
  }
  if (signal.aborted) return;
  byId("main").replaceChildren(place);
  const heading = place.querySelector("h1");
  heading.setAttribute("tabindex", "-1");
  if (moves) {
    window.scrollTo(0, 0);
    heading.focus();
  }
}

function mark(name) {
  for (const link of document.querySelectorAll("[data-views]")) {
    if (link.dataset.views.split(" ").includes(name)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

async function open() {
  byId("main").replaceChildren(make("p", { class: "loading" }, "Loading …"));
  try {
    run = await ask("api/run");
    byId("run").textContent = `· ${run.run}`;
    byId("about").textContent = [
      count(run.songs, "song"),
      count(run.users, "user"),
      run.model && `recommended by ${run.model}`,
    ]
      .filter(Boolean)
      .join(" · ");
    await openList(run.run);
  } catch (error) {
    byId("main").replaceChildren(make("h1", {}, "Coldwave"), problem(error, open));
    return;
  }
  await show(false);
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address names the view, and stays
  byId("main").focus();
});
preparePlayer();
ignoreDropsElsewhere();
window.addEventListener("hashchange", () => run && show());
open();
