/** The names of a room's roles, and what a role may do on the page. */
import { t } from "./texts.js";

/** @type {Record<string, string>} */
const NAMES = { admin: t("admin"), owner: t("owner"), moderator: t("moderator"), member: t("member") };

/** @param {string} role as the server says it */
export const roleName = (role) => NAMES[role] ?? role;

const MODERATORS = new Set(["moderator", "owner", "admin"]);

/** @param {string} role whether it may delete and pin what others said */
export const mayModerate = (role) => MODERATORS.has(role);
