/** What is asked of the server. A failure is an error whose message is for people. */

import { make } from "./dom.js";

export class Failure extends Error {}

const GONE =
  "The server does not answer. It may have been stopped: start it again with `coldwave serve`, then try again.";

function address(path, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const query = new URLSearchParams(given).toString();
  return query ? `${path}?${query}` : path;
}

/** Say what the server found wrong: its `detail`, which is a sentence, or a list of these. */
function wordsOf(status, text) {
  try {
    const { detail } = JSON.parse(text);
    if (typeof detail === "string") return detail;
    if (Array.isArray(detail)) return detail.map((one) => one.msg ?? String(one)).join("; ");
  } catch {
    // not JSON: a page of a proxy, say
  }
  return `The server answers with an error (${status}).`;
}

async function fetched(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    throw error.name === "AbortError" ? error : new Failure(GONE);
  }
  if (!response.ok) throw new Failure(wordsOf(response.status, await response.text()));
  return response;
}

/** Ask for JSON. */
export async function ask(path, parameters, signal) {
  return (await fetched(address(path, parameters), { signal })).json();
}

/** Send JSON, and return the answer: a response with a file. */
export function send(path, content) {
  return fetched(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(content),
  });
}

/** Fail with the server's words where it cannot give a song's audio. */
export async function checkAudio(url) {
  await fetched(url, { headers: { Range: "bytes=0-0" } });
}

/**
 * Upload a file as the body of a request, and return the answer, JSON.
 * @param {function(number): void} progress is told the share that has been sent, from 0 to 1
 */
export function upload(path, parameters, file, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not tell how much has been sent
    request.open("POST", address(path, parameters));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener(
      "progress",
      (event) => event.lengthComputable && progress(event.loaded / event.total),
    );
    request.upload.addEventListener("load", () => progress(1));
    request.addEventListener("error", () => reject(new Failure(GONE)));
    request.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
    request.addEventListener("load", () => {
      if (request.status >= 400) reject(new Failure(wordsOf(request.status, request.responseText)));
      else resolve(JSON.parse(request.responseText));
    });
    signal?.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

/** Draw a message of what went wrong, with a button to try again. */
export function problem(error, again = null) {
  if (!(error instanceof Failure)) console.error(error);
  const words = error instanceof Failure ? error.message : `The page has failed: ${error.message}`;
  return make(
    "div",
    { class: "problem", role: "alert" },
    make("p", {}, words),
    again && make("button", { type: "button", onclick: again }, "Try again"),
  );
}

const asking = new WeakMap(); // from areas to what stops the question that is asked for them

/**
 * Fill an area with what a question brings: a word that it is loading, then the answer or what went wrong. A later
 * question for the same area takes the place of an earlier one, whichever answer comes first.
 * @param {Element} area
 * @param {function(AbortSignal): Promise} question
 * @param {function(*): (Node|Node[])} show
 * @param {AbortSignal} view stops the question when the view is left
 */
export async function fill(area, question, show, view) {
  asking.get(area)?.abort();
  const stop = new AbortController();
  asking.set(area, stop);
  const signal = AbortSignal.any([view, stop.signal]);
  area.setAttribute("aria-busy", "true");
  if (!area.childElementCount) area.replaceChildren(make("p", { class: "loading" }, "Loading …"));
  try {
    const answer = await question(signal);
    if (signal.aborted) return;
    area.replaceChildren(...[show(answer)].flat());
  } catch (error) {
    if (error.name === "AbortError" || signal.aborted) return;
    const again = () => {
      area.replaceChildren();
      fill(area, question, show, view);
    };
    area.replaceChildren(problem(error, again));
  }
  area.removeAttribute("aria-busy");
}
