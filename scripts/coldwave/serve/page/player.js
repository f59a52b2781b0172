/** The player: one song at a time, of the list in which it was started. */

import { checkAudio, Failure } from "./server.js";
import { announce, byId, clock, draw } from "./dom.js";

const audio = new Audio();
let queue = [];
let place = 0;

const current = () => queue[place] ?? null;

/** Play a song, or stop it where it is the one that plays. `songs` is the list that goes on after it. */
export function toggle(song, songs) {
  if (current()?.song === song.song) {
    if (audio.paused) start();
    else audio.pause();
    return;
  }
  queue = songs.filter((one) => one.playable);
  place = queue.findIndex((one) => one.song === song.song);
  load();
}

/** Mark the play buttons of the song that plays. */
export function mark(buttons = document.querySelectorAll("button[data-play]")) {
  for (const button of buttons) {
    const chosen = Number(button.dataset.play) === current()?.song;
    const plays = chosen && !audio.paused;
    draw(button, plays ? "pause" : "play");
    const words = plays ? "Pause" : "Play";
    button.setAttribute("aria-label", `${words} ${button.dataset.name}`);
    button.querySelector("span")?.replaceChildren(words);
    button.closest(".song")?.classList.toggle("playing", chosen);
  }
}

function load() {
  const song = current();
  audio.src = `api/songs/${song.song}/audio`;
  byId("player").hidden = false;
  byId("player").classList.remove("failed");
  document.body.classList.add("plays");
  byId("now").textContent = song.title || song.song_id;
  byId("now").href = `#song=${song.song}`;
  byId("now-artist").textContent = song.artist ?? "";
  byId("before").disabled = place === 0;
  byId("after").disabled = place === queue.length - 1;
  if ("mediaSession" in navigator) {
    navigator.mediaSession.metadata = new MediaMetadata({
      title: song.title || song.song_id,
      artist: song.artist ?? "",
    });
  }
  start();
}

function start() {
  if (audio.error) return load(); // the file may be there now
  audio.play().catch((error) => {
    if (error.name === "NotAllowedError") announce("The browser does not let the page play: press play once more.");
  }); // other reasons come as an event
}

function step(by) {
  if (!queue[place + by]) return;
  place += by;
  load();
}

async function explain() {
  const song = current();
  let words = "this browser cannot decode it";
  try {
    await checkAudio(audio.src);
  } catch (error) {
    words = error instanceof Failure ? error.message : words;
  }
  if (current() !== song) return; // another one has been chosen meanwhile
  audio.pause(); // nothing plays, so the buttons say Play
  byId("player").classList.add("failed");
  byId("now-artist").textContent = `cannot be played: ${words}`;
  announce(`${song.title || song.song_id} cannot be played: ${words}`);
  mark();
}

function showTime() {
  const position = byId("position");
  if (Number.isFinite(audio.duration)) position.max = audio.duration;
  position.value = audio.currentTime;
  position.setAttribute("aria-valuetext", `${clock(audio.currentTime)} of ${clock(audio.duration)}`);
  byId("at").value = clock(audio.currentTime);
  byId("length").value = clock(audio.duration);
}

function showState() {
  draw(byId("toggle"), audio.paused ? "play" : "pause");
  byId("toggle").setAttribute("aria-label", audio.paused ? "Play" : "Pause");
  mark();
}

function showVolume() {
  const silent = audio.muted || audio.volume === 0;
  draw(byId("mute"), silent ? "mute" : "sound");
  byId("mute").setAttribute("aria-pressed", String(audio.muted));
  byId("volume").value = audio.muted ? 0 : audio.volume;
  byId("volume").setAttribute("aria-valuetext", `${Math.round((audio.muted ? 0 : audio.volume) * 100)} %`);
}

/** Move the position by seconds with the arrow keys: a share of the range says nothing to the ear. */
function seekByKey(event) {
  const by = { ArrowRight: 2, ArrowUp: 2, ArrowLeft: -2, ArrowDown: -2 }[event.key];
  if (!by) return;
  event.preventDefault();
  audio.currentTime = Math.max(0, Math.min(audio.duration || 0, audio.currentTime + by));
}

/** Listen to the controls. */
export function preparePlayer() {
  for (const name of ["play", "pause"]) audio.addEventListener(name, showState);
  for (const name of ["timeupdate", "durationchange", "seeked"]) audio.addEventListener(name, showTime);
  audio.addEventListener("volumechange", showVolume);
  audio.addEventListener("ended", () => (queue[place + 1] ? step(1) : showState()));
  audio.addEventListener("error", explain);
  byId("toggle").addEventListener("click", () => toggle(current(), queue));
  byId("before").addEventListener("click", () => step(-1));
  byId("after").addEventListener("click", () => step(1));
  byId("position").addEventListener("input", (event) => (audio.currentTime = event.target.valueAsNumber));
  byId("position").addEventListener("keydown", seekByKey);
  byId("mute").addEventListener("click", () => (audio.muted = !audio.muted));
  byId("volume").addEventListener("input", (event) => {
    audio.muted = false;
    audio.volume = event.target.valueAsNumber;
  });
  if (!("mediaSession" in navigator)) return;
  navigator.mediaSession.setActionHandler("previoustrack", () => step(-1));
  navigator.mediaSession.setActionHandler("nexttrack", () => step(1));
}
