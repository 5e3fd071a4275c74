/** What somebody chose to say of themselves, as the command that says it. */

/** The hour at which "until tomorrow" ends. */
const MORNING = 8;
const NIGHT_ENDS = 4;

/** Until tomorrow morning, as a duration of a command. @param {Date} now */
export function untilTomorrow(now) {
  // After midnight it means the coming morning.
  const days = now.getHours() < NIGHT_ENDS ? 0 : 1;
  const then = new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, MORNING);
  return `${Math.ceil((then.getTime() - now.getTime()) / 60_000)}m`;
}

/** The command that sets a status. @param {FormData} form @param {Date} now */
export function statusCommand(form, now) {
  const status = form.get("status");
  if (status === "away") return `/away ${String(form.get("text") ?? "").trim()}`.trim();
  if (status === "dnd")
    return `/dnd ${form.get("for") === "tomorrow" ? untilTomorrow(now) : form.get("for")}`;
  return "/back";
}
