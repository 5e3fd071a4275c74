/** The files of messages in words. chat/doors/message_files.py says the same. */
import { n, t } from "./texts.js";

/** @typedef {import("../state/types.js").SharedFile} SharedFile */
/** @typedef {import("../state/types.js").FileKind} FileKind */

/** Types of text that don't begin with "text/". */
const TEXTS =
  /^application\/(?:(?:[\w.]+\+)?(?:json|xml|yaml)|javascript|x-(?:sh|httpd-php|ndjson|yaml|tex)|toml|sql)$/;

/** @param {{type: string, width?: number|null, thumbnail?: string|null}} file @returns {FileKind} */
export function kindOf({ type, width, thumbnail }) {
  if (type.startsWith("image/") && width && thumbnail) return "picture";
  if (type.startsWith("video/")) return "video";
  if (type.startsWith("audio/")) return "sound";
  return type.startsWith("text/") || TEXTS.test(type) ? "text" : "other";
}

/** What stands for them where there is no text. @param {FileKind} kind */
export function kindInWords(kind) {
  if (kind === "picture") return t("a picture");
  if (kind === "video") return t("a video");
  return kind === "sound" ? t("a recording") : t("a file");
}

/** As it is read out. @param {SharedFile} file */
export const spokenFile = (file) => `${kindInWords(kindOf(file))}, ${file.description || file.name}`;

/** @param {SharedFile[]|undefined} files @returns {FileKind|undefined} of the first */
export const kindOfFiles = (files) => (files?.length ? kindOf(files[0]) : undefined);

/** @param {number} bytes */
export function sizeInWords(bytes) {
  if (bytes < 1024) return n("{count} byte", "{count} bytes", bytes);
  const isSmall = bytes < 1024 * 1024;
  const unit = isSmall ? 1024 : 1024 * 1024;
  const tenths = Math.floor((10 * bytes + unit / 2) / unit);
  const whole = String(Math.floor(tenths / 10));
  if (tenths >= 100) return isSmall ? t("{size} KB", { size: whole }) : t("{size} MB", { size: whole });
  const rest = String(tenths % 10);
  return isSmall
    ? t("{whole}.{tenths} KB", { whole, tenths: rest })
    : t("{whole}.{tenths} MB", { whole, tenths: rest });
}
