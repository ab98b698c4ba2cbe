// Shows one trial after the other. The server knows how far somebody is; this page keeps nothing but the code, in its
// address, so that a reload goes on where it was.
"use strict";

const $ = (id) => document.getElementById(id);
const SIDES = ["left", "right"];
const APART = 0.12; // seconds by which the two videos may drift
const SECTIONS = ["welcome", "trial", "rest", "thanks"];

let state = null; // what the server said last
let trial = null; // what is going on in the trial on screen
let sending = false;

function show(section) {
  for (const id of SECTIONS) $(id).hidden = id !== section;
  $("progress").hidden = state === null;
  if (state) {
    $("count").textContent = `${state.done} of ${state.total}`;
    $("bar").max = state.total;
    $("bar").value = state.done;
  }
  window.scrollTo(0, 0);
}

function trouble(text) {
  $("trouble").textContent = text || "";
  $("trouble").hidden = !text;
}

async function ask(path, body) {
  const how = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const reply = await fetch(path, how || { cache: "no-store" });
  const content = await reply.json();
  if (!reply.ok) throw Object.assign(new Error(content.error), { status: reply.status });
  return content;
}

// Until the server is there, lets somebody in and has stored what is sent; only what it refuses is given up.
async function insist(path, body) {
  for (let wait = 500; ; wait = Math.min(wait * 1.5, 5000)) {
    try {
      const content = await ask(path, body);
      trouble("");
      return content;
    } catch (error) {
      const crowded = error.status === 429;
      if (error.status && error.status < 500 && !crowded) throw error;
      trouble(crowded
        ? "Many people are starting from your network. Please leave this page open; it will start as soon as it can."
        : "The server is not responding. Please leave this page open; it will keep trying.");
      await new Promise((done) => setTimeout(done, wait));
    }
  }
}

function codeInAddress() {
  return new URLSearchParams(location.search).get("code") || "";
}

function go(next) {
  state = next;
  if (state.finished) {
    $("own-code").textContent = state.code;
    show("thanks");
  } else if (state.rest) {
    $("part").textContent = `Part ${state.block} of ${state.blocks} is done. Continue whenever you like.`;
    show("rest");
    $("go-on").focus();
  } else {
    begin();
  }
}

function begin() {
  if (document.activeElement) document.activeElement.blur(); // a button that is disabled again would swallow keys
  const now = state.trial;
  trial = { number: now.number, plays: { left: 0, right: 0 }, choice: null, start: performance.now(), playing: null };
  $("prompt").textContent = now.prompt;
  $("said").textContent = now.text ? `“${now.text}”` : "";
  $("said").hidden = !now.text;
  const kind = now.speaker ? now.speaker.kind : null;
  $("stage").classList.toggle("alone", kind !== "video");
  for (const name of ["video", "audio"]) {
    const element = $(`speaker-${name}`);
    element.hidden = kind !== name;
    if (kind === name) element.src = now.speaker.url;
    else element.removeAttribute("src");
  }
  trial.speaker = kind ? $(`speaker-${kind}`) : null;
  for (const side of SIDES) {
    const option = $(side);
    option.className = "option";
    option.querySelector(".seen").textContent = "not watched yet";
    const video = option.querySelector("video");
    video.src = now[side];
    video.muted = trial.speaker !== null; // the conversation's sound is the speaker's
  }
  refresh();
  show("trial");
  for (const url of state.ahead) fetch(url, { cache: "force-cache" }).catch(() => {});
}

function refresh() {
  const watched = SIDES.filter((side) => trial.plays[side] > 0);
  for (const side of SIDES) {
    const option = $(side);
    option.classList.toggle("chosen", trial.choice === side);
    option.classList.toggle("watched", watched.includes(side));
    option.classList.toggle("playing", trial.playing === side);
    if (watched.includes(side)) option.querySelector(".seen").textContent = "✓ watched";
    const choose = option.querySelector(".choose");
    choose.disabled = watched.length < 2;
    choose.setAttribute("aria-pressed", String(trial.choice === side));
  }
  $("next").disabled = trial.choice === null || sending;
  const hint =
    watched.length === 0 ? "Watch both to the end" :
    watched.length === 1 ? `Now watch the ${watched[0] === "left" ? "right" : "left"} one` :
    trial.choice === null ? "Choose one, or watch again" : "Next";
  $("next").textContent = $("hint").textContent = hint;
}

// Boxes get the shape of what is in them.
function shape(box, video) {
  if (video.videoWidth && video.videoHeight) {
    box.style.setProperty("--shape", String(video.videoWidth / video.videoHeight));
  }
}

function stop() {
  for (const side of SIDES) $(side).querySelector("video").pause();
  if (trial.speaker) trial.speaker.pause();
  trial.playing = null;
}

// Speaker and option start together, from the beginning. Both are started within the click, or phones stay silent.
function play(side) {
  if (!trial || $("trial").hidden) return;
  stop();
  trial.playing = side;
  const video = $(side).querySelector("video");
  const number = trial.number;
  const failed = (error) => {
    if (error.name !== "AbortError" && trial.number === number) {
      trouble("A video cannot be played. Please reload the page, or try another browser.");
    }
  };
  for (const medium of trial.speaker ? [trial.speaker, video] : [video]) {
    medium.currentTime = 0;
    medium.play().then(() => trouble(""), failed);
  }
  refresh();
}

function keepTogether(side) {
  const video = $(side).querySelector("video");
  if (trial && trial.playing === side && trial.speaker && !trial.speaker.ended && !video.ended &&
      Math.abs(video.currentTime - trial.speaker.currentTime) > APART) {
    video.currentTime = trial.speaker.currentTime;
  }
}

function ended(side) {
  if (!trial || trial.playing !== side) return;
  trial.plays[side] += 1;
  trial.playing = null;
  refresh();
}

function choose(side) {
  if (!trial || $("trial").hidden || sending || SIDES.some((each) => trial.plays[each] === 0)) return;
  trial.choice = side;
  refresh();
  $("next").focus({ preventScroll: true }); // so that Enter goes on, whatever was clicked before
}

async function next() {
  if (!trial || $("trial").hidden || sending || trial.choice === null) return;
  sending = true;
  stop();
  refresh();
  const seconds = (performance.now() - trial.start) / 1000;
  const plays = SIDES.map((side) => trial.plays[side]);
  try {
    const body = { code: state.code, trial: trial.number, choice: trial.choice, seconds, plays };
    const reply = await insist("api/answer", body);
    sending = false;
    go(reply);
  } catch (error) {
    sending = false;
    if (error.status !== 409) return trouble(`The answer was not accepted: ${error.message}. Please reload the page.`);
    go(await insist(`api/state?code=${encodeURIComponent(state.code)}`)); // answered already, in another window
  }
}

async function join() {
  $("why").textContent = "";
  const code = $("code").value.trim();
  if (!/^([A-Za-z0-9_][A-Za-z0-9_-]{0,63})?$/.test(code)) {
    $("why").textContent = "A code may contain only letters, digits, - and _, and not begin with -.";
    return;
  }
  $("start").disabled = true;
  try {
    const reply = await insist("api/join", { code: code || null, consent: true });
    history.replaceState(null, "", `?code=${encodeURIComponent(reply.code)}`);
    go(reply);
  } catch (error) {
    $("why").textContent = `You cannot take part: ${error.message}.`;
    $("start").disabled = false;
  }
}

for (const side of SIDES) {
  const option = $(side);
  option.querySelector(".play").addEventListener("click", () => play(side));
  option.querySelector(".choose").addEventListener("click", () => choose(side));
  const video = option.querySelector("video");
  video.addEventListener("loadedmetadata", () => shape($("stage"), video));
  video.addEventListener("ended", () => ended(side));
  video.addEventListener("timeupdate", () => keepTogether(side));
}
$("speaker-video").addEventListener("loadedmetadata", () => shape($("speaker"), $("speaker-video")));
$("agree").addEventListener("change", () => { $("start").disabled = !$("agree").checked; });
$("start").addEventListener("click", join);
$("next").addEventListener("click", next);
$("go-on").addEventListener("click", begin);
document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.target.tagName === "INPUT") return;
  const act = { 1: () => play("left"), 2: () => play("right"), ArrowLeft: () => choose("left"),
                ArrowRight: () => choose("right"), Enter: next }[event.key];
  const button = event.target.closest("button");
  if ($("trial").hidden || !act || (event.key === "Enter" && button && !button.matches(".chosen .choose"))) return;
  event.preventDefault();
  act();
});

async function open() {
  const code = codeInAddress();
  $("code").value = code;
  if (code) {
    try {
      return go(await insist(`api/state?code=${encodeURIComponent(code)}`));
    } catch (error) {
      if (error.status !== 404) return trouble(error.message);
    }
  }
  show("welcome");
}

open();
