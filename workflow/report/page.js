"use strict";

const find = (id) => document.getElementById(id);
const read = (id) => (find(id) ? JSON.parse(find(id).textContent) : null);
document.documentElement.classList.add("script");

// Sections: an address or a link opens what it leads to, and print opens everything.
function reveal(target) {
  for (let element = target; element; element = element.parentElement) {
    if (element.localName === "details") element.open = true;
  }
  const own = target.querySelector(":scope > details");
  if (own) own.open = true;
}

function follow() {
  let target = null;
  try {
    target = find(decodeURIComponent(location.hash.slice(1)));
  } catch {
    return; // not an address of this page
  }
  if (!target) return;
  reveal(target);
  target.scrollIntoView();
}

let printed = [];
addEventListener("hashchange", follow);
addEventListener("beforeprint", () => {
  printed = [...document.querySelectorAll("details:not([open])")];
  for (const element of printed) element.open = true;
});
addEventListener("afterprint", () => {
  for (const element of printed) element.open = false;
});
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  if (link && link.hash === location.hash) follow(); // the address does not change
});

// Excerpts: one plays at a time. Every button of a song shows whether it is the one.
const excerpts = read("excerpts") || {};
const sound = new Audio();
let playing = null;

function showPlaying() {
  for (const button of document.querySelectorAll("button.play")) {
    button.setAttribute("aria-pressed", String(button.dataset.song === playing));
  }
}

function stop() {
  sound.pause();
  playing = null;
  showPlaying();
}

function play(song) {
  if (playing === song) return stop();
  playing = song;
  sound.src = "data:audio/mpeg;base64," + excerpts[song];
  sound.play().catch(() => playing === song && stop());
  showPlaying();
}

sound.addEventListener("ended", stop);
document.addEventListener("click", (event) => {
  const button = event.target.closest("button.play");
  if (button && button.dataset.song in excerpts) play(button.dataset.song);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && playing !== null) stop();
});
showPlaying();
follow();
