// The controls of the virtual village: asks for its state and sends orders. No framework: it is a page of switches.
const ASK_MS = 500;
/** The village stands in China, wherever the browser is: its page and the cameras show the same time. */
const TIME = { hour12: false, timeZone: "Asia/Shanghai" };
const byId = (id) => document.getElementById(id);

async function order(what, details = {}) {
  const answer = await fetch("orders", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ what, ...details }),
  });
  await refresh();
  return (await answer.json()).done;
}

async function summonWalker() {
  const said = (await order("walker")) ? "他来了，十几秒后走到塘边" : "他已经在路上了";
  byId("walker-said").textContent = said;
}

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

/** Makes rows once and updates them afterwards, so that a playing sound or a focused button is left alone. */
function keyed(list, items, make) {
  const rows = new Map([...list.children].map((row) => [row.dataset.key, row]));
  for (const item of items) {
    let row = rows.get(item.id);
    if (!row) {
      row = make(item);
      row.dataset.key = item.id;
      list.append(row);
    }
    row.update(item);
  }
}

function amplifierRow({ id, name, wiring }) {
  const relay = element("span", { className: "lamp" });
  const words = element("span");
  const heard = element("p", { className: "heard" });
  const audio = element("audio", { controls: true, preload: "metadata", hidden: true });
  const breaking = element(
    "select",
    { ariaLabel: `${name}的毛病`, hidden: true },
    element("option", { value: "none", textContent: "功放和喇叭都好" }),
    element("option", { value: "silent", textContent: "喇叭线断了" }),
    element("option", { value: "other-sound", textContent: "响的是别的声音" }),
  );
  breaking.onchange = () => order("horn", { id, fault: breaking.value });
  const row = element(
    "li",
    {},
    element(
      "div",
      { className: "device" },
      element("strong", { textContent: name }),
      element("span", {}, relay, words),
    ),
    element("div", { className: "hint", textContent: wiring }),
    heard,
    audio,
    breaking,
  );
  let shown;
  row.update = ({ relayOn, sounding, last, fault }) => {
    breaking.hidden = fault === undefined;
    if (fault !== undefined) breaking.value = fault;
    relay.classList.toggle("on", relayOn);
    words.textContent = sounding ? "正在响" : relayOn ? "继电器吸合" : "继电器断开";
    heard.textContent = last ? heardWords(last) : "还没有响过";
    if (last?.sound !== undefined && last.sound !== shown && audio.paused) {
      shown = last.sound;
      audio.src = `sounds/${id}/${last.sound}`;
      audio.hidden = false;
    }
  };
  return row;
}

function heardWords({ at, seconds, clipped, track }) {
  const time = new Date(at).toLocaleTimeString("zh-CN", TIME);
  const what = track === undefined ? `${seconds.toFixed(1)} 秒` : `第 ${track} 段录音，${seconds} 秒`;
  return `${time} 响了 ${what}${clipped ? "，开头被切掉" : ""}`;
}

function switchRow({ name, wiring }) {
  const lamp = element("span", { className: "lamp" });
  const words = element("span");
  const row = element(
    "li",
    {},
    element(
      "div",
      { className: "device" },
      element("strong", { textContent: name }),
      element("span", {}, lamp, words),
    ),
    element("div", { className: "hint", textContent: wiring }),
  );
  row.update = ({ on, timesOn }) => {
    lamp.classList.toggle("on", on);
    words.textContent = on ? "正在响" : timesOn > 0 ? `停了，响过 ${timesOn} 次` : "没有响过";
  };
  return row;
}

function cameraRow({ id, name }) {
  const words = element("span", { className: "hint" });
  const button = element("button", { type: "button" });
  const row = element("li", { className: "device" }, element("span", {}, name, " ", words), button);
  row.update = ({ plugged, viewers }) => {
    words.textContent = plugged ? `${viewers} 路在取流` : "网线已拔";
    button.textContent = plugged ? "拔网线" : "插回";
    button.onclick = () => order("camera", { id, plugged: !plugged });
  };
  return row;
}

function slider(id, value, words = (number) => `${number.toFixed(1)} 米`) {
  const input = byId(id);
  if (document.activeElement !== input) input.value = value;
  byId(`${id}-value`).textContent = words(Number(input.value));
}

function show(state) {
  keyed(byId("amplifiers"), state.amplifiers, amplifierRow);
  keyed(byId("switches"), state.switches, switchRow);
  keyed(byId("cameras"), state.cameras, cameraRow);
  slider("pond", state.pondLevelMetres);
  slider("reservoir", state.reservoirLevelMetres);
  slider("rain", state.rainMmPerHour, (number) => (number === 0 ? "没有雨" : `每小时 ${number} 毫米`));
  byId("sos").textContent = state.sosPressed ? "松开求助按钮" : "按下求助按钮";
  byId("sos").setAttribute("aria-pressed", String(state.sosPressed));
  byId("sos").onclick = () => order("sos", { pressed: !state.sosPressed });
  for (const button of byId("fibre").children) {
    button.setAttribute("aria-pressed", String(button.dataset.mode === state.fibre));
  }
  const { events, evidence, gaps, chainOk, newest } = state.township;
  const faults = `${gaps === 0 ? "没有缺号" : `缺 ${gaps} 处`}，${chainOk ? "链完整" : "链断了"}`;
  byId("township").textContent = `乡镇收到 ${events} 条事件、${evidence} 张图片；${faults}`;
  byId("received").replaceChildren(
    ...newest.map(({ seq, type }) =>
      element("li", { textContent: `${seq}  ${type.replace("org.cunshao.", "")}` }),
    ),
  );
}

async function refresh() {
  try {
    show(await (await fetch("state")).json());
    byId("offline").hidden = true;
  } catch {
    byId("offline").hidden = false;
  }
}

byId("walker").onclick = summonWalker;
byId("power").onclick = () => order("power");
for (const id of ["pond", "reservoir"]) {
  byId(id).oninput = (event) => order(id, { metres: Number(event.target.value) });
}
byId("rain").oninput = (event) => order("rain", { mmPerHour: Number(event.target.value) });
for (const button of byId("fibre").children)
  button.onclick = () => order("fibre", { mode: button.dataset.mode });
void refresh();
setInterval(refresh, ASK_MS);
