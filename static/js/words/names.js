/** What people are called where they are shown. Pure. */
import { t } from "./texts.js";

/** What the server calls everybody whose account is deleted. No name holds a space. */
export const DELETED = "deleted user";

/** In the reader's language, where it is nobody's name. @param {string} name */
export const shownName = (name) => (name === DELETED ? t("deleted user") : name);
