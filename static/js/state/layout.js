/**
 * From the state to the rows of the timeline: dividers, groups, folded runs of service lines,
 * private lines, unsent ones. Pure. The timeline compares rows by `key` and `shape` and updates
 * only what differs.
 */
import { withBase } from "../local/address.js";
import { dayLabel, dayOf } from "../words/dates.js";
import { FOLDED, isHidden, PAST } from "./lines.js";
import { overlay } from "./overlay.js";
import { renameCount } from "../words/names.js";
import { n, t } from "../words/texts.js";

const TOGETHER = 5 * 60_000;

/**
 * @typedef {import("./types.js").Line} Line
 * @typedef {object} Row
 * @property {string} key the same for what is the same line, from one layout to the next
 * @property {"day"|"new"|"message"|"me"|"service"|"run"|"gone"|"ignored"|"notice"} kind
 * @property {string} shape what decides how it looks, beside the line itself
 * @property {any} [line] a Line, Pending or Notice
 * @property {Line[]} [lines] of a run, of deleted posts, or of people whom the reader ignores
 * @property {boolean} [folds] a deleted post, which the next one may join
 * @property {string} [label] of a day
 * @property {string} [author]
 * @property {boolean} [own]
 * @property {boolean} [continues] the same author as just before: no name again
 * @property {string} [you] the reader's name
 * @property {string} [link] of a stored post: its own address
 * @property {string} [fate] of a pending one: "unsent", "refusal", or "" while that needs no words
 */

/** @param {import("./store.js").State} state @param {Date} now @returns {Row[]} */
export function layout(state, now = new Date()) {
  /** @type {Row[]} */
  const rows = [];
  const you = state.you.name;
  const base = withBase(`/rooms/${encodeURIComponent(state.room.name)}`);
  const shown = overlay(state);
  let day = "";
  let marked = state.newAfter === null;
  /** @type {boolean|undefined} whether the "New" line belongs among the lines */ let fits;
  let anyBefore = false;
  let notice = 0;
  /** @type {{author: string, time: number}|null} the post that the next one may continue */
  let group = null;

  const onDay = (/** @type {string} */ at) => {
    const its = dayOf(new Date(at));
    // Only forwards: a clock that was set back doesn't divide a day twice.
    if (its <= day) return;
    day = its;
    group = null;
    const label = dayLabel(day, now);
    rows.push({ key: `day:${day}`, kind: "day", shape: label, label });
  };

  // A command that was refused belongs to the time when it was written; a text may still be sent.
  const isPast = (/** @type {any} */ { stage, after }) => stage === "refused" && after !== undefined;
  const past = state.pending.filter(isPast);

  const noticesBefore = (/** @type {number} */ seq) => {
    while (past.length && Number(past[0].after) < seq) own(/** @type {any} */ (past.shift()));
    for (; notice < state.notices.length && state.notices[notice].after < seq; notice += 1) {
      const line = state.notices[notice];
      rows.push({ key: `notice:${line.id}`, kind: "notice", shape: "", line });
      group = null;
    }
  };

  const post = (
    /** @type {any} */ line,
    /** @type {string} */ author,
    /** @type {string} */ shape,
    fate = "",
  ) => {
    const time = Date.parse(line.at);
    const kind = line.kind === "me" ? "me" : "message";
    const continues = kind === "message" && group?.author === author && time - group.time <= TOGETHER;
    group = kind === "message" ? { author, time } : null;
    // A post keeps the key of its pending entry, and so its node.
    const key = line.nonce ? `${kind}:${line.nonce}` : `seq:${line.seq}`;
    rows.push({
      key,
      kind,
      shape: `${shape}${continues ? "+" : ""}`,
      line,
      author,
      own: author === you,
      you,
      link: line.number && !line.stage ? `${base}/${line.number}` : undefined,
      continues,
      fate,
    });
  };

  const own = (/** @type {import("./types.js").Pending} */ entry) => {
    onDay(entry.at);
    // What waits for some milliseconds on a good connection needs no clock.
    const late =
      (entry.stage === "waiting" || entry.stage === "sent") &&
      (state.connection !== "connected" || state.held);
    const fate = late ? "unsent" : entry.stage === "refused" ? "refusal" : "";
    post(shown(entry), you, `unsettled ${entry.stage}${fate}${entry.reason ?? ""}`, fate);
  };

  for (const line of state.lines) {
    if (PAST.has(line.kind) && !state.past) continue;
    noticesBefore(line.seq);
    onDay(line.at);
    if (!marked && line.number && line.number > /** @type {number} */ (state.newAfter)) {
      // Where the first unread isn't loaded the line belongs further up.
      fits ??= line.number === /** @type {number} */ (state.newAfter) + 1 || anyBefore || !state.more;
      marked = !line.deleted && !isHidden(state, line);
      if (marked && fits) {
        rows.push({ key: "new", kind: "new", shape: "" });
        group = null;
      }
    }
    if (line.number) anyBefore = true;
    if (isHidden(state, line)) {
      group = null;
      const last = rows.at(-1);
      const lines = last?.kind === "ignored" ? /** @type {Line[]} */ (last.lines) : [];
      lines.push(line);
      if (lines.length === 1) rows.push({ key: `ignored:${line.seq}`, kind: "ignored", shape: "", lines });
      Object.assign(/** @type {Row} */ (rows.at(-1)), { line, shape: `${lines.length}` });
      continue;
    }
    if (line.number) {
      const current = shown(line);
      const last = rows.at(-1);
      const folds =
        Boolean(current.deleted) && line.number !== state.around && !state.uncovered.has(line.number);
      if (folds && last?.folds) {
        const lines = [...(last.lines ?? [last.line]), current];
        const shape = `gone ${lines.length}`;
        Object.assign(last, { kind: "gone", line: current, lines, shape, continues: false });
        group = null;
        continue;
      }
      post(current, line.author, `stored${current.changed ?? ""}`);
      /** @type {Row} */ (rows.at(-1)).folds = folds;
      continue;
    }
    group = null;
    const last = rows.at(-1);
    if (FOLDED.has(line.kind) && last?.lines && (last.kind === "service" || last.kind === "run")) {
      last.lines.push(line);
      Object.assign(last, { kind: "run", shape: `${last.lines.length}` });
    } else {
      const lines = FOLDED.has(line.kind) ? [line] : undefined;
      rows.push({ key: `seq:${line.seq}`, kind: "service", shape: "", line, lines });
    }
  }
  noticesBefore(Infinity);
  for (const entry of state.pending) if (!isPast(entry)) own(entry);
  const renames = renameCount();
  if (renames) for (const row of rows) row.shape += ` ${renames}`;
  return rows;
}

/** What one or several people did. @type {Record<string, (people: number) => string>} */
const VERBS = {
  joined: (people) => n("joined", "joined", people),
  came: (people) => n("came", "came", people),
  went: (people) => n("went", "went", people),
  left: (people) => n("left", "left", people),
};

/**
 * What somebody did, in order. Joining includes coming in, and leaving for good includes going away.
 * @param {string[]} kinds of their lines
 */
function doings(kinds) {
  const did = Object.keys(VERBS).filter(
    (kind) =>
      kinds.includes(kind) &&
      !(kind === "came" && kinds.includes("joined")) &&
      !(kind === "went" && kinds.includes("left") && !kinds.includes("came")),
  );
  // Who has left and come back is here.
  const isBack = did.includes("left") && kinds.lastIndexOf("joined") > kinds.lastIndexOf("left");
  return isBack ? did.reverse() : did;
}

/** @typedef {{names: string[], others: number, verbs: string}} Clause */

/**
 * The words of a folded run, each with whose they are: "carol joined, bob left".
 * @param {Line[]} lines
 * @returns {Clause[]}
 */
export function summarise(lines) {
  /** @type {Map<string, string[]>} */
  const kindsOf = new Map();
  for (const { author, kind } of lines) kindsOf.set(author, [...(kindsOf.get(author) ?? []), kind]);
  /** @type {Map<string, string[]>} */
  const namesOf = new Map();
  for (const [name, kinds] of kindsOf) {
    const did = doings(kinds).join(" ");
    namesOf.set(did, [...(namesOf.get(did) ?? []), name]);
  }
  return [...namesOf].map(([did, names]) => {
    // One or several: languages that count by the last digit (21) agree with a list of people
    // otherwise.
    const verbs = did.split(" ").map((kind) => VERBS[kind](names.length > 1 ? 2 : 1));
    const shown = names.length > 3 ? names.slice(0, 1) : names;
    return {
      names: shown,
      others: names.length - shown.length,
      verbs:
        verbs.length > 1
          ? t("{list} and {last}", { list: verbs.slice(0, -1).join(", "), last: verbs[verbs.length - 1] })
          : verbs[0],
    };
  });
}
