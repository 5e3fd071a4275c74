/** Emoji to browse, by subject. Any other is found by its name; the server has the names. */
import { t } from "./texts.js";

/** @type {{name: string, label: () => string, emoji: string}[]} */
const SETS = [
  {
    name: "faces",
    label: () => t("Faces"),
    emoji: `
      😀 😃 😄 😁 😆 😅 🤣 😂 🙂 🙃 😉 😊 😇 🥰 😍 🤩 😘 😋 😛 😜 🤪 🤗 🤭 🤫
      🤔 🫡 🤐 🤨 😐 😶 😏 😒 🙄 😬 😌 😔 😴 🤒 🤕 🤢 🥵 🥶 😵 🤯 🥳 😎 🤓 🧐
      😕 🙁 😮 😳 🥺 😢 😭 😱 😤 😡 😈 💀 💩 🤡 👻 🤖`,
  },
  {
    name: "hands",
    label: () => t("Hands and people"),
    emoji: `
      👍 👎 👌 🤌 ✌️ 🤞 🤟 🤙 👈 👉 👆 👇 ☝️ ✋ 👋 👏 🙌 🫶 🤝 🙏 💪 ✍️ 👀 🧠
      🙋 🤦 🤷 🙇 💁 🙅 🙆 🏃 💃 🕺 🧑‍💻 👶`,
  },
  {
    name: "hearts",
    label: () => t("Hearts and signs"),
    emoji: `
      ❤️ 🧡 💛 💚 💙 💜 🖤 🤍 💔 💯 💥 ✨ ⭐ 🔥 💤 ✅ ☑️ ✔️ ❌ ❓ ❗ ‼️ ⚠️ 🚫
      ⛔ ➕ ➖ ➡️ ⬅️ ⬆️ ⬇️ 🔄 ♻️ 🔴 🟠 🟡 🟢 🔵 🟣 ⚪ ⚫ 🏁`,
  },
  {
    name: "nature",
    label: () => t("Nature"),
    emoji: `
      🐶 🐱 🐭 🐹 🐰 🦊 🐻 🐼 🐨 🐯 🦁 🐮 🐷 🐸 🐵 🙈 🙉 🙊 🐔 🐧 🐦 🦆 🦉 🐝
      🦋 🐌 🐞 🐢 🐍 🐙 🐬 🐳 🌵 🎄 🌲 🌱 🍀 🌷 🌹 🌻 🌍 🌙 ☀️ ⛅ 🌧️ ⚡ ❄️ 🌈`,
  },
  {
    name: "food",
    label: () => t("Food and drink"),
    emoji: `
      🍏 🍋 🍌 🍉 🍇 🍓 🍒 🍑 🥑 🍅 🌶️ 🥕 🌽 🥐 🍞 🧀 🥚 🥞 🍔 🍟 🍕 🌮 🥗 🍝
      🍜 🍣 🍪 🎂 🍰 🍫 🍿 ☕ 🍵 🍺 🍷 🥂`,
  },
  {
    name: "doing",
    label: () => t("Doing and places"),
    emoji: `
      🎉 🎊 🎈 🎁 🏆 🥇 ⚽ 🏀 🎾 🏓 🎯 🎮 🎲 🎸 🎨 🎬 🎧 🚗 🚲 🚀 ✈️ 🚆 🚢 🏠
      🏢 🏖️ 🏔️ ⛺ 🗺️ 🌃`,
  },
  {
    name: "things",
    label: () => t("Things"),
    emoji: `
      💻 🖥️ ⌨️ 📱 📷 💡 🔋 🔌 🧪 🔬 🔧 🔨 🛠️ ⚙️ 🔒 🔑 🐛 📦 📌 📎 ✂️ 📝 📅 📈
      📉 📊 📚 🔍 ✉️ 📣 🔔 ⏰ ⏳ 💰 🎓 🩹`,
  },
];

/** @returns {{name: string, label: string, emoji: string[]}[]} */
export const emojiSets = () =>
  SETS.map(({ name, label, emoji }) => ({ name, label: label(), emoji: emoji.trim().split(/\s+/) }));
