/** The picture of a room, where it has one. */

/**
 * @param {HTMLElement} image
 * @param {{name: string, picture?: number}} room
 */
export function showRoomPicture(image, { name, picture }) {
  image.hidden = !picture;
  const address = picture && `/rooms/${encodeURIComponent(name)}/picture?size=64&v=${picture}`;
  if (!address) image.removeAttribute("src");
  else if (image.getAttribute("src") !== address) image.setAttribute("src", address);
}
