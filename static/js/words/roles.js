/** The names of a room's roles. */
import { t } from "./texts.js";

/** @type {Record<string, string>} */
const NAMES = { admin: t("admin"), owner: t("owner"), moderator: t("moderator"), member: t("member") };

/** @param {string} role as the server says it */
export const roleName = (role) => NAMES[role] ?? role;
