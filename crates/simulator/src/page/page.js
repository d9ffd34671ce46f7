// Shows what the simulator sends. Aliases, URIs and paths are whatever a client sent, so text is
// set as text and nothing else; the page's policy (see page.rs) would refuse markup anyway.
"use strict";

/** Without news for so long, in milliseconds, the connection is taken for lost. */
const SILENCE = 15_000;
const RETRY = 1_000;
const WORDS = { synced: "done" };
const TONES = {
  queued: "waiting",
  not_started: "waiting",
  in_progress: "active",
  synced: "good",
  complete: "good",
  rolling_back: "bad",
  rolled_back: "bad",
  failed: "bad",
  error: "bad",
};

const byId = (id) => document.getElementById(id);
const slot = (element, name) => element.querySelector(`[data-slot="${name}"]`);
const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
const words = (name) => WORDS[name] ?? name.replaceAll("_", " ");

/** Writes only what differs, so that a selection is not lost. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function badge(element, state) {
  write(element, words(state));
  element.dataset.tone = TONES[state] ?? "waiting";
}

/** Makes the children of `parent` follow `items`; the elements of those that stay are kept. */
function follow(parent, items, template, key, fill) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, index) => {
    const name = String(key(item, index));
    let child = old.get(name);
    if (!child) {
      child = byId(template).content.firstElementChild.cloneNode(true);
      child.dataset.key = name;
    }
    old.delete(name);
    fill(child, item);
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
  for (const child of old.values()) child.remove();
}

function showAliases(element, aliases) {
  follow(element, aliases, "alias-template", (alias) => alias, write);
}

function leftOut(element, count, what) {
  element.hidden = count === 0;
  write(element, `and ${plural(count, what)} more, not shown`);
}

function showOrg(element, org) {
  write(slot(element, "org"), org.name);
  write(slot(element, "management-key"), org.management_key);
  write(slot(element, "inference-key"), org.inference_key);
}

function showEndpoint(element, endpoint, aliases) {
  const serving = endpoint.serving;
  write(slot(element, "endpoint"), endpoint.id);
  write(slot(element, "endpoint-architecture"), endpoint.architecture);
  write(slot(element, "endpoint-org"), endpoint.org);
  write(slot(element, "replica-count"), plural(endpoint.replicas, "replica"));
  write(slot(element, "serves"), serving === null ? "Serves nothing yet" : `Serves version ${serving}`);
  showAliases(slot(element, "aliases"), aliases);

  const newestFirst = [...endpoint.deployments].reverse();
  const serves = newestFirst.find((deployment) => deployment.state === "complete");
  const moving = newestFirst.filter((deployment) => deployment !== serves && isMoving(deployment));
  const moved = moving.reduce((sum, deployment) => sum + deployment.replicas_updated, 0);
  follow(slot(element, "deployments"), newestFirst, "deployment-template", (d) => d.id, (item, d) => {
    write(slot(item, "version"), `Version ${d.version}`);
    badge(slot(item, "state"), d.state);
    // What a rollout has updated no longer runs the version that served before.
    const running = d === serves ? d.replicas - moved : d.replicas_updated;
    const share = `${running} of ${plural(d.replicas, "replica")}`;
    slot(item, "replicas").hidden = d !== serves && !isMoving(d);
    write(slot(item, "share"), share);
    const bar = slot(item, "bar");
    bar.max = d.replicas;
    bar.value = running;
    bar.dataset.tone = TONES[d.state];
    bar.setAttribute("aria-label", `Version ${d.version} runs on ${share}`);
    write(slot(item, "id"), d.id);
  });
  leftOut(slot(element, "left-out"), endpoint.deployments_left_out, "older deployment");
}

function isMoving(deployment) {
  return deployment.state === "in_progress" || deployment.state === "rolling_back";
}

function showArchitecture(element, { org, architecture }) {
  const newestFirst = [...architecture.versions].reverse();
  write(slot(element, "architecture"), architecture.id);
  write(slot(element, "architecture-org"), org);
  slot(element, "no-versions").hidden = newestFirst.length > 0;
  slot(element, "table").hidden = newestFirst.length === 0;
  follow(slot(element, "versions"), newestFirst, "version-template", (v) => v.id, (row, version) => {
    write(slot(row, "version"), String(version.id));
    badge(slot(row, "sync"), version.sync);
    showAliases(slot(row, "aliases"), version.aliases);
    write(slot(row, "suffix"), version.fingerprint_suffix ?? "");
    write(slot(row, "weights"), version.weight_uri);
  });
  leftOut(slot(element, "left-out"), architecture.versions_left_out, "older version");
}

function showRequest(row, entry, started) {
  write(slot(row, "time"), clockTime(started + entry.at).slice(11, 19));
  write(slot(row, "method"), entry.method);
  write(slot(row, "path"), entry.unreadable ?? entry.path);
  write(slot(row, "status"), entry.status === null ? "no answer" : String(entry.status));
  write(slot(row, "fault"), entry.fault === null ? "" : describe(entry.fault));
}

/** A fault in words: `lose answer`, `trickle: bytes 1, milliseconds 5`, `status 429`. */
function describe(fault) {
  if (typeof fault === "string") return words(fault);
  const [[name, settings]] = Object.entries(fault);
  const given = Object.entries(settings ?? {}).filter(([, value]) => value !== null);
  const list = given.map(([key, value]) => `${words(key)} ${clipped(value)}`);
  if (given.some(([key]) => key === name)) return list.join(", ");
  return list.length === 0 ? words(name) : `${words(name)}: ${list.join(", ")}`;
}

function clipped(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Unix seconds as `2025-01-12 16:40:00 UTC`. */
function clockTime(unix) {
  const date = new Date(unix * 1000);
  if (Number.isNaN(date.getTime())) return "beyond the calendar";
  return date.toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC");
}

function span(total) {
  const parts = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  let rest = Math.floor(total);
  const said = parts.map(([unit, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return [count, unit];
  });
  const first = said.findIndex(([count]) => count > 0);
  return said.slice(first < 0 ? -1 : first).map((part) => part.join(" ")).join(" ");
}

/** The last that was sent, and when it came. */
let shown = null;
let heard = performance.now();
let isLive = false;

function show(view) {
  const { world, requests } = view;
  const architectures = world.orgs.flatMap((org) =>
    org.architectures.map((architecture) => ({ org: org.name, architecture })));
  const aliases = (endpoint) => architectures
    .filter(({ org, architecture }) => org === endpoint.org && architecture.id === endpoint.architecture)
    .flatMap(({ architecture }) => architecture.versions)
    .find((version) => version.id === endpoint.serving)?.aliases ?? [];
  announce(world);
  follow(byId("orgs"), world.orgs, "org-template", (org) => org.name, showOrg);
  follow(byId("endpoints"), world.endpoints, "endpoint-template", (endpoint) => endpoint.id,
    (element, endpoint) => showEndpoint(element, endpoint, aliases(endpoint)));
  follow(byId("architectures"), architectures, "architecture-template",
    ({ org, architecture }) => `${org}/${architecture.id}`, showArchitecture);
  follow(byId("requests"), requests, "request-template", (_, index) => index,
    (row, entry) => showRequest(row, entry, world.started));
  byId("no-endpoints").hidden = world.endpoints.length > 0;
  byId("no-architectures").hidden = architectures.length > 0;
  byId("no-requests").hidden = requests.length > 0;
  byId("requests-card").hidden = requests.length === 0;
  write(byId("speed"), view.speed === 0 ? "moved by hand" : `${view.speed} × real time`);
  shown = view;
  document.querySelector("main").hidden = false;
}

/** Tells those who listen rather than look what has changed state. */
let told = null;
function announce(world) {
  const states = new Map();
  for (const { name, architectures } of world.orgs) {
    for (const { id, versions } of architectures) {
      for (const version of versions) {
        const key = `${name}/${id}, version ${version.id}: sync`;
        states.set(key, words(version.sync));
      }
    }
  }
  for (const { id, deployments } of world.endpoints) {
    for (const deployment of deployments) {
      const key = `${id}, deployment ${deployment.id}, version ${deployment.version}: rollout`;
      states.set(key, words(deployment.state));
    }
  }
  const changes = [...states].filter(([key, state]) => told && told.get(key) !== state);
  told = states;
  if (changes.length > 0) {
    write(byId("news"), changes.map(([key, state]) => `${key.replace(/ deployment [^,]*,/, "")} ${state}`).join(". "));
  }
}

/** Between messages the time goes on at the simulator's speed. */
function tick() {
  if (!shown) return;
  const since = isLive ? (performance.now() - heard) / 1000 * shown.speed : 0;
  const now = shown.world.now + since;
  write(byId("time"), clockTime(shown.world.started + now));
  write(byId("elapsed"), span(now));
}

let source = null;

function connect() {
  source?.close();
  heard = performance.now();
  source = new EventSource("_simulator/events");
  source.onmessage = (event) => {
    heard = performance.now();
    show(JSON.parse(event.data));
    connection(true);
    tick();
  };
  source.onerror = () => connection(false);
}

function connection(live) {
  isLive = live;
  const element = byId("connection");
  element.dataset.tone = live ? "good" : "bad";
  const asOf = shown ? ` What is shown is as of ${clockTime(shown.world.started + shown.world.now)}.` : "";
  write(element, live ? "Live" : `Connection lost. Trying again…${asOf}`);
  document.body.classList.toggle("lost", !live);
}

/** The browser connects again by itself, but not after every kind of failure. */
function watch() {
  if (document.hidden) return;
  const silent = performance.now() - heard > SILENCE;
  if (silent) connection(false);
  if (silent || source?.readyState === EventSource.CLOSED) connect();
}

// A hidden page gives its connection back: a browser opens only six to one server.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) source?.close();
  else connect();
});
write(byId("base-url"), new URL(".", location.href).href.replace(/\/$/, ""));
if (!document.hidden) connect();
setInterval(watch, RETRY);
setInterval(tick, 250);
