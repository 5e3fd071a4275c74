/**
 * Texts as people search for them: without case and accents. helpers/text/folding.py does the same.
 * Pure.
 */
const MARKS = /[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u2068\u2069]+/g;
/** Latin letters that Unicode doesn't take apart. @type {Record<string, string>} */
const PLAIN = {
  ł: "l",
  ø: "o",
  đ: "d",
  ð: "d",
  ħ: "h",
  ı: "i",
  ŧ: "t",
  ß: "ss",
  æ: "ae",
  œ: "oe",
  þ: "th",
};

/** As it may be typed: `O'Neil` is `oneil`. @param {string} text */
export const withoutApostrophes = (text) => text.replace(/['’ʼ`]/g, "");

/** @param {string} text */
export const fold = (text) =>
  text
    .toLowerCase()
    .normalize("NFKD")
    .replace(MARKS, "")
    .replace(/[łøđðħıŧßæœþ]/g, (letter) => PLAIN[letter])
    .normalize("NFC");
