// socket.io as in its chat tutorial: clients join a room, and a message is emitted to the room.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  socket.on("join", (room, author, joined) => {
    socket.join(room);
    socket.data = { room, author };
    joined();
  });
  socket.on("message", ({ text }) => {
    const { room, author } = socket.data;
    io.to(room).emit("message", { room, author, text, at: Date.now() });
  });
});

http.listen(Number(process.env.PORT), "127.0.0.1");
