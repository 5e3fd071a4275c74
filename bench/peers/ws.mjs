// Node's `ws` as in its README: send() to each client of the room.
import { WebSocketServer } from "ws";

const rooms = new Map();

function members(room) {
  if (!rooms.has(room)) rooms.set(room, new Set());
  return rooms.get(room);
}

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.env.PORT) });

server.on("connection", (socket, request) => {
  const url = new URL(request.url, "http://localhost");
  const room = url.pathname.split("/").pop();
  const author = url.searchParams.get("name");
  members(room).add(socket);
  socket.on("error", console.error);
  socket.on("close", () => members(room).delete(socket));
  socket.on("message", (data) => {
    const message = JSON.stringify({ room, author, text: JSON.parse(data).text, at: Date.now() });
    for (const member of members(room)) {
      if (member.readyState === socket.OPEN) member.send(message);
    }
  });
  socket.send(JSON.stringify({ joined: room }));
});
